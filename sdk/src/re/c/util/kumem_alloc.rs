//! Memory that is shared with the kernel.

use crate::ctypes::*;
use crate::re::rpc::code;
use l4re::region::{Rm, RmFlags};
use l4re::task::Task;
use l4re::{Cap, Error, Result};
use l4re_sys::MemRights;
use l4re_sys::consts::PAGE_SHIFT;

/// Adds `1 << pages_order` pages that are shared with the kernel (for UTCBs) to a task, at a
/// free place of its region map; `mem` becomes the address. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_util_kumem_alloc(
    mem: &mut l4_addr_t,
    pages_order: c_uint,
    task: l4_cap_idx_t,
    rm: l4_cap_idx_t,
) -> c_int {
    let mut alloc = || -> Result<i64> {
        let order = pages_order.saturating_add(PAGE_SHIFT);
        let size = 1usize.checked_shl(order).ok_or(Error::INVALID)?;
        let rm = Cap::<Rm>::new(rm);
        let flags = RmFlags::RESERVED | RmFlags::SEARCH_ADDR;
        let at = rm.reserve_area(0, size, flags, order as u8)?;
        let fpage = l4_fpage_t::memory(at, order, MemRights::RW);
        // SAFETY: the place has just been reserved, so nothing is there.
        if let Err(error) = unsafe { Cap::<Task>::new(task).add_ku_mem(fpage) } {
            // The area stays reserved if it cannot be freed: address space, no memory.
            // SAFETY: the area has just been reserved, and nobody else knows of it.
            let _ = unsafe { rm.free_area(at) };
            return Err(error);
        }
        *mem = at;
        Ok(0)
    };
    code(alloc()) as c_int
}
