//! Region maps.

use crate::ctypes::*;
use crate::re::rpc::{self, code};
use core::ffi::c_char;
use l4re::ipc::Buffers;
use l4re::msg::{Reader, Writer};
use l4re::region::{Rm, RmFlags};
use l4re::task::Task;
use l4re::{Cap, Error, Result};
use l4re_sys::consts::PAGE_SIZE;
use l4re_sys::re::rm as op;
use l4re_sys::{ObjRights, proto};

fn call(rm: l4_cap_idx_t, message: &Writer) -> Result<Reader> {
    rpc::call(rm, proto::RM, message, Buffers::None)
}

/// The program's own region map.
fn own() -> l4_cap_idx_t {
    rpc::env().map_or(l4_cap_idx_t::INVALID, |env| env.rm().idx())
}

/// Reserves an area: at `start`, or with `L4RE_RM_F_SEARCH_ADDR` at a free place from there on,
/// aligned to `1 << align` bytes; `start` becomes where. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_reserve_area(
    start: &mut l4_addr_t,
    size: c_ulong,
    flags: l4re_rm_flags_t,
    align: c_uchar,
) -> c_int {
    l4re_rm_reserve_area_srv(own(), start, size, flags, align)
}

/// As `l4re_rm_reserve_area`, in a region map.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_reserve_area_srv(
    rm: l4_cap_idx_t,
    start: &mut l4_addr_t,
    size: c_ulong,
    flags: l4re_rm_flags_t,
    align: c_uchar,
) -> c_int {
    let flags = RmFlags::from_bits_retain(flags);
    let area = Cap::<Rm>::new(rm).reserve_area(*start, size as usize, flags, align);
    code(area.map(|at| {
        *start = at;
        0
    })) as c_int
}

/// Frees an area. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_free_area(addr: l4_addr_t) -> c_int {
    l4re_rm_free_area_srv(own(), addr)
}

/// As `l4re_rm_free_area`, in a region map.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_free_area_srv(rm: l4_cap_idx_t, addr: l4_addr_t) -> c_int {
    // SAFETY: C's caller frees an area that it has reserved.
    let freed = unsafe { Cap::<Rm>::new(rm).free_area(addr) };
    code(freed.map(|()| 0)) as c_int
}

/// Attaches `size` bytes of a dataspace from `offs` on: at `start`, or with
/// `L4RE_RM_F_SEARCH_ADDR` at a free place from there on, aligned to `1 << align` bytes; `start`
/// becomes where. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_attach(
    start: &mut *mut c_void,
    size: c_ulong,
    flags: l4re_rm_flags_t,
    mem: l4re_ds_t,
    offs: l4re_rm_offset_t,
    align: c_uchar,
) -> c_int {
    l4re_rm_attach_srv(own(), start, size, flags, mem, offs, align)
}

/// As `l4re_rm_attach`, in a region map.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_attach_srv(
    rm: l4_cap_idx_t,
    start: &mut *mut c_void,
    size: c_ulong,
    flags: l4re_rm_flags_t,
    mem: l4re_ds_t,
    offs: l4re_rm_offset_t,
    align: c_uchar,
) -> c_int {
    code(attach(rm, start, size, flags, mem, offs, align, "", 0)) as c_int
}

/// As `l4re_rm_attach`, with the name of a file and the place in it, for debuggers.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_attach_w_info(
    start: &mut *mut c_void,
    size: c_ulong,
    flags: l4re_rm_flags_t,
    mem: l4re_ds_t,
    offs: l4re_rm_offset_t,
    align: c_uchar,
    name: Str,
    backing_offset: l4re_ds_offset_t,
) -> c_int {
    let rm = own();
    l4re_rm_attach_w_info_srv(
        rm,
        start,
        size,
        flags,
        mem,
        offs,
        align,
        name,
        backing_offset,
    )
}

/// As `l4re_rm_attach_w_info`, in a region map.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_attach_w_info_srv(
    rm: l4_cap_idx_t,
    start: &mut *mut c_void,
    size: c_ulong,
    flags: l4re_rm_flags_t,
    mem: l4re_ds_t,
    offs: l4re_rm_offset_t,
    align: c_uchar,
    name: Str,
    backing_offset: l4re_ds_offset_t,
) -> c_int {
    let name = name.text().unwrap_or("");
    let result = attach(
        rm,
        start,
        size,
        flags,
        mem,
        offs,
        align,
        name,
        backing_offset,
    );
    code(result) as c_int
}

fn attach(
    rm: l4_cap_idx_t,
    start: &mut *mut c_void,
    size: u64,
    flags: l4re_rm_flags_t,
    mem: l4re_ds_t,
    offs: u64,
    align: u8,
    name: &str,
    backing_offset: u64,
) -> Result<i64> {
    let flags = RmFlags::from_bits_retain(flags);
    let pages = size.checked_next_multiple_of(PAGE_SIZE as u64);
    let size = pages.filter(|size| *size != 0).ok_or(Error::INVALID)?;
    let empty = flags.contains(RmFlags::RESERVED) || !flags.intersects(RmFlags::RWX);
    let mem = if empty || !mem.is_valid() {
        l4_cap_idx_t::INVALID
    } else {
        // The lower bits may tell rights (`L4_CAP_FPAGE_RW`); here the flags do.
        l4_cap_idx_t::from_index(mem.index())
    };
    let mut w = Writer::new();
    w.put(op::ATTACH)
        .put(start.expose_provenance())
        .put(size)
        .put(flags.bits())
        .put(offs)
        .put(align)
        .put(mem)
        .string(name)
        .put(backing_offset);
    if mem.is_valid() {
        let rights = if flags.contains(RmFlags::W) {
            ObjRights::RW
        } else {
            ObjRights::R
        };
        w.cap(Cap::<()>::new(mem), rights);
    }
    let at: u64 = call(rm, &w)?.get()?;
    *start = core::ptr::with_exposed_provenance_mut(at as usize);
    Ok(0)
}

/// Detaches the region that holds `addr`, and unmaps its memory. 0 (the dataspace is not
/// attached any more), 1 (it still is, elsewhere), or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_detach(addr: *mut c_void) -> c_int {
    l4re_rm_detach_ds(addr, None)
}

/// As `l4re_rm_detach`; `ds` becomes the dataspace's capability.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_detach_ds(addr: *mut c_void, ds: Option<&mut l4re_ds_t>) -> c_int {
    l4re_rm_detach_ds_unmap(addr, ds, l4_cap_idx_t::TASK)
}

/// As `l4re_rm_detach`, with the task that the memory is unmapped from.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_detach_unmap(addr: l4_addr_t, task: l4_cap_idx_t) -> c_int {
    l4re_rm_detach_srv(own(), addr, None, task)
}

/// As `l4re_rm_detach_ds`, with the task that the memory is unmapped from.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_detach_ds_unmap(
    addr: *mut c_void,
    ds: Option<&mut l4re_ds_t>,
    task: l4_cap_idx_t,
) -> c_int {
    l4re_rm_detach_srv(own(), addr.expose_provenance() as u64, ds, task)
}

/// As `l4re_rm_detach_ds`, in a region map; the memory is unmapped from `task` if that is valid.
/// `ds` may be null.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_detach_srv(
    rm: l4_cap_idx_t,
    addr: l4_addr_t,
    ds: Option<&mut l4re_ds_t>,
    task: l4_cap_idx_t,
) -> c_int {
    let detach = || -> Result<i64> {
        let mut w = Writer::new();
        w.put(op::DETACH)
            .put(addr)
            .put(1u64)
            .put(op::DETACH_OVERLAP);
        let mut r = call(rm, &w)?;
        let (start, size): (u64, u64) = (r.get()?, r.get()?);
        let was = r.get()?;
        if let Some(ds) = ds {
            *ds = was;
        }
        let label = r.label();
        if label & op::UNMAPPED_RANGE == 0 && task.is_valid() {
            // SAFETY: C's caller answers for what was there (the crate's documentation).
            unsafe { l4re::region::unmap_range(Cap::<Task>::new(task), start, size) };
        }
        Ok(label & !(op::UNMAPPED_RANGE | op::DETACH_AGAIN))
    };
    code(detach()) as c_int
}

/// What is attached from `addr` on: all arguments become what the region is like. 0 (a region),
/// 1 (a reserved area), or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_find(
    addr: &mut l4_addr_t,
    size: &mut c_ulong,
    offset: &mut l4re_rm_offset_t,
    flags: &mut l4re_rm_flags_t,
    m: &mut l4re_ds_t,
) -> c_int {
    l4re_rm_find_srv(own(), addr, size, offset, flags, m)
}

/// As `l4re_rm_find`, in a region map.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_find_srv(
    rm: l4_cap_idx_t,
    addr: &mut l4_addr_t,
    size: &mut c_ulong,
    offset: &mut l4re_rm_offset_t,
    flags: &mut l4re_rm_flags_t,
    m: &mut l4re_ds_t,
) -> c_int {
    let found = Cap::<Rm>::new(rm).find(*addr, *size as usize);
    code(found.map(|found| {
        *addr = found.start;
        *size = found.size;
        *offset = found.offset;
        *flags = found.flags.bits();
        *m = found.dataspace;
        found.is_area.into()
    })) as c_int
}

/// The name of the file that is attached at `addr` (cut to `len` bytes with its end), and the
/// place in it. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_get_info(
    addr: l4_addr_t,
    name: *mut c_char,
    len: c_uint,
    backing_offset: &mut l4re_rm_offset_t,
) -> c_int {
    l4re_rm_get_info_srv(own(), addr, name, len, backing_offset)
}

/// As `l4re_rm_get_info`, in a region map.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_get_info_srv(
    rm: l4_cap_idx_t,
    addr: l4_addr_t,
    name: *mut c_char,
    len: c_uint,
    backing_offset: &mut l4re_rm_offset_t,
) -> c_int {
    let mut ask = || -> Result<i64> {
        let mut w = Writer::new();
        w.put(op::GET_INFO).put(addr);
        let mut r = call(rm, &w)?;
        let mut text = [0; 256];
        let size = r.bytes(&mut text)?.min(text.len());
        *backing_offset = r.get()?;
        copy_string(room(name, len as usize), text.get(..size).unwrap_or(&[]));
        Ok(r.label())
    };
    code(ask()) as c_int
}

/// Has the program's own region map written to its log, where the server can.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_show_lists() {
    l4re_rm_show_lists_srv(own());
}

/// As `l4re_rm_show_lists`, of a region map.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_rm_show_lists_srv(rm: l4_cap_idx_t) {
    super::debug::l4re_debug_obj_debug(rm, 0);
}
