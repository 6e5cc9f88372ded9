//! Flexpages.

use super::consts::l4_trunc_size;
use crate::ctypes::*;
use l4re_sys::fpage::{ADDR_MASK, ADDR_SHIFT};
use l4re_sys::{FpageType, MapItem, MemRights, ObjRights, item};

/// `1 << order` bytes of memory at `address`, with rights `L4_FPAGE_*`.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage(address: l4_addr_t, order: c_uint, rights: c_uchar) -> l4_fpage_t {
    l4_fpage_t::memory(address, order, MemRights::from_bits_retain(rights))
}

/// Everything: as a receive window, whatever the sender sends.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_all() -> l4_fpage_t {
    l4_fpage_t::all()
}

/// No flexpage.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_invalid() -> l4_fpage_t {
    l4_fpage_t::INVALID
}

/// `1 << order` ports from `port` on.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_iofpage(port: c_ulong, order: c_uint) -> l4_fpage_t {
    l4_fpage_t::io(port as u16, order)
}

/// `1 << order` capabilities from `obj` on, with rights `L4_CAP_FPAGE_*`.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_obj_fpage(
    obj: l4_cap_idx_t,
    order: c_uint,
    rights: c_uchar,
) -> l4_fpage_t {
    l4_fpage_t::obj(obj, order, ObjRights::from_bits_retain(rights))
}

/// Not 0 if the right to write is among the rights.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_is_fpage_writable(fp: l4_fpage_t) -> c_int {
    (fp.rights() & MemRights::W.bits()) as c_int
}

/// The first word of an item: hot spot, caching (`L4_FPAGE_CACHEABLE` and others) and
/// `L4_MAP_ITEM_GRANT` or 0.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_map_control(
    spot: l4_umword_t,
    cache: c_uchar,
    grant: c_uint,
) -> l4_umword_t {
    MapItem::map(spot, l4_fpage_t::INVALID).control
        | ((cache as u64) << item::CACHE_SHIFT)
        | grant as u64
}

/// The first word of an item that is a range of capabilities.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_map_obj_control(spot: l4_umword_t, grant: c_uint) -> l4_umword_t {
    l4_map_control(spot, 0, grant)
}

/// The rights.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_rights(f: l4_fpage_t) -> c_uint {
    f.rights() as c_uint
}

/// The type (`L4_FPAGE_SPECIAL`, `L4_FPAGE_MEMORY`, `L4_FPAGE_IO`, `L4_FPAGE_OBJ`).
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_type(f: l4_fpage_t) -> c_uint {
    use l4re_sys::fpage::{TYPE_IO, TYPE_MEMORY, TYPE_OBJ, TYPE_SPECIAL};
    let kind = match f.kind() {
        FpageType::Special => TYPE_SPECIAL,
        FpageType::Memory => TYPE_MEMORY,
        FpageType::Io => TYPE_IO,
        FpageType::Obj => TYPE_OBJ,
    };
    kind as c_uint
}

/// The logarithm (base 2) of the size.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_size(f: l4_fpage_t) -> c_uint {
    f.order()
}

/// The number of the first page, port or capability.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_page(f: l4_fpage_t) -> c_ulong {
    f.page_number()
}

/// The address of the first byte.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_memaddr(f: l4_fpage_t) -> l4_addr_t {
    f.addr()
}

/// The first capability.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_obj(f: l4_fpage_t) -> l4_cap_idx_t {
    f.cap()
}

/// The first port.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_ioport(f: l4_fpage_t) -> c_ulong {
    (f.raw() & ADDR_MASK) >> ADDR_SHIFT
}

/// The same range with other rights.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_set_rights(src: l4_fpage_t, new_rights: c_uchar) -> l4_fpage_t {
    src.with_rights(new_rights)
}

/// Whether `1 << log2size` bytes at `addr` are all in the flexpage.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_contains(
    fpage: l4_fpage_t,
    addr: l4_addr_t,
    log2size: c_uint,
) -> c_int {
    let (first, behind) = (fpage.addr() as u128, span_end(fpage.addr(), fpage.order()));
    (first <= addr as u128 && span_end(addr, log2size) <= behind) as c_int
}

/// The first address behind `1 << order` bytes.
const fn span_end(start: u64, order: u32) -> u128 {
    let order = if order < u64::BITS { order } else { u64::BITS };
    start as u128 + (1u128 << order)
}

/// The order of the largest flexpage around `addr` that has at least `1 << order` bytes, lies
/// within `min_addr` and `max_addr`, and has the hot spot (an offset; all ones: none) fit.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_fpage_max_order(
    order: c_uchar,
    addr: l4_addr_t,
    min_addr: l4_addr_t,
    max_addr: l4_addr_t,
    hotspot: l4_addr_t,
) -> c_uchar {
    /// The largest order that is looked for.
    const LARGEST: u8 = 30;
    let mut order = order;
    while order < LARGEST {
        let base = l4_trunc_size(addr, order + 1);
        let last = base.wrapping_add((2 << order) - 1);
        let fits = base >= min_addr && last <= max_addr.wrapping_sub(1);
        let below = (2 << order) - 1;
        if !fits || hotspot == u64::MAX || (addr ^ hotspot) & below != 0 {
            break;
        }
        order += 1;
    }
    order
}

/// Whether this is a flexpage at all.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_is_fpage_valid(fp: l4_fpage_t) -> c_int {
    fp.is_valid() as c_int
}
