//! Dataspaces.

use crate::ctypes::*;
use crate::re::rpc::{code, done};
use l4re::dataspace::Dataspace;
use l4re::{Cap, Error, Result};
use l4re_sys::MemRights;
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::re::dataspace::DsFlags;

fn cap(ds: l4re_ds_t) -> Cap<Dataspace> {
    Cap::new(ds)
}

/// Maps the part at `offset` to `local_addr`, in a flexpage as large as fits between `min_addr`
/// and `max_addr`, with rights `L4RE_DS_F_*`. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ds_map(
    ds: l4re_ds_t,
    offset: l4re_ds_offset_t,
    flags: l4re_ds_flags_t,
    local_addr: l4re_ds_map_addr_t,
    min_addr: l4re_ds_map_addr_t,
    max_addr: l4re_ds_map_addr_t,
) -> l4_ret_t {
    done(map_one(ds, offset, flags, local_addr, min_addr, max_addr).map(drop))
}

/// Maps the part at `offset` around `addr`. Returns the first address behind what was asked for.
fn map_one(ds: l4re_ds_t, offset: u64, flags: u64, addr: u64, min: u64, max: u64) -> Result<u64> {
    let page = addr & !(PAGE_SIZE as u64 - 1);
    let offset = offset & !(PAGE_SIZE as u64 - 1);
    let shift = PAGE_SHIFT as u8;
    // The dataspace must have its part at the same place in the flexpage as the window has it.
    let order = crate::sys::l4_fpage_max_order(shift, page, min, max, offset);
    let window = l4_fpage_t::memory(page, order.into(), MemRights::RWX);
    let spot = page;
    let flags = DsFlags::from_bits_retain(flags);
    // SAFETY: C's caller answers for what is at the place (the crate's documentation).
    let mapped = unsafe { cap(ds).map(offset, spot, flags, window) }?;
    // The server may have had less to map.
    let size = 1u64 << mapped.clamp(PAGE_SHIFT, order.into());
    (page & !(size - 1))
        .checked_add(size)
        .ok_or(Error::OUT_OF_RANGE)
}

/// Maps all that belongs between `min_addr` and `max_addr`, where the part at `offset` is at
/// `min_addr`. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ds_map_region(
    ds: l4re_ds_t,
    offset: l4re_ds_offset_t,
    flags: l4re_ds_flags_t,
    min_addr: l4re_ds_map_addr_t,
    max_addr: l4re_ds_map_addr_t,
) -> l4_ret_t {
    let min = min_addr & !(PAGE_SIZE as u64 - 1);
    let mut at = min;
    while at < max_addr {
        match map_one(ds, offset.wrapping_add(at - min), flags, at, min, max_addr) {
            Ok(next) => at = next.max(at.saturating_add(PAGE_SIZE as u64)),
            Err(error) => return done(Err(error)),
        }
    }
    0
}

/// Fills a part with zeros. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ds_clear(
    ds: l4re_ds_t,
    offset: l4re_ds_offset_t,
    size: l4re_ds_size_t,
) -> l4_ret_t {
    // SAFETY: C's caller answers for what the memory holds (the crate's documentation).
    done(unsafe { cap(ds).clear(offset, size) })
}

/// Allocates the memory of a part beforehand. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ds_allocate(
    ds: l4re_ds_t,
    offset: l4re_ds_offset_t,
    size: l4re_ds_size_t,
) -> l4_ret_t {
    done(cap(ds).allocate(offset, size))
}

/// Copies a part of another dataspace into this one. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ds_copy_in(
    ds: l4re_ds_t,
    dst_offs: l4re_ds_offset_t,
    src: l4re_ds_t,
    src_offs: l4re_ds_offset_t,
    size: l4re_ds_size_t,
) -> l4_ret_t {
    // SAFETY: changing the content of its dataspaces is the C caller's to answer for.
    done(unsafe { cap(ds).copy_in(dst_offs, cap(src), src_offs, size) })
}

/// The size in bytes; 0 if it cannot be told.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ds_size(ds: l4re_ds_t) -> l4re_ds_size_t {
    cap(ds).size().unwrap_or(0)
}

/// How the dataspace may be mapped (`L4RE_DS_F_*`); 0 if it cannot be told.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ds_flags(ds: l4re_ds_t) -> l4re_ds_flags_t {
    cap(ds).info().map_or(0, |info| info.flags.bits())
}

/// Size and flags. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ds_info(ds: l4re_ds_t, stats: &mut l4re_ds_stats_t) -> l4_ret_t {
    done(cap(ds).info().map(|info| {
        *stats = l4re_ds_stats_t {
            size: info.size,
            flags: info.flags.bits(),
        };
    }))
}

/// The range that the dataspace must be mapped to: 1 if there is one, 0 if not; or a negative
/// error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ds_map_info(
    ds: l4re_ds_t,
    min_addr: &mut l4_addr_t,
    max_addr: &mut l4_addr_t,
) -> l4_ret_t {
    let mut ask = || -> Result<i64> {
        let mut w = l4re::msg::Writer::new();
        w.put(l4re_sys::re::dataspace::MAP_INFO);
        let proto = l4re_sys::proto::DATASPACE;
        let mut r = crate::re::rpc::call(ds, proto, &w, l4re::ipc::Buffers::None)?;
        if r.label() > 0 {
            *min_addr = r.get()?;
            *max_addr = r.get()?;
        }
        Ok(r.label())
    };
    code(ask()) as l4_ret_t
}
