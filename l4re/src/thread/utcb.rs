//! UTCBs of threads.
#![allow(unsafe_code)]

use crate::region::RmFlags;
use crate::sync::Mutex;
use crate::task::Task;
use crate::{Cap, Result, start};
use alloc::vec::Vec;
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::{Fpage, MemRights, utcb};

/// UTCBs that no thread has.
static FREE_UTCBS: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// A UTCB of a thread's own; free again when dropped.
pub struct UtcbSlot {
    /// Its address.
    pub addr: u64,
}

impl UtcbSlot {
    /// A free UTCB, of new memory if there is none.
    pub fn take() -> Result<Self> {
        if let Some(addr) = FREE_UTCBS.lock().pop() {
            return Ok(UtcbSlot { addr });
        }
        // A page of memory shared with the kernel holds several.
        let rm = start::env().rm();
        let flags = RmFlags::RESERVED | RmFlags::SEARCH_ADDR;
        let page = rm.reserve_area(0, PAGE_SIZE, flags, PAGE_SHIFT as u8)?;
        let fpage = Fpage::page(page, MemRights::RW);
        // SAFETY: the place has just been reserved, so nothing is there.
        if let Err(e) = unsafe { Cap::<Task>::THIS.add_ku_mem(fpage) } {
            let _ = rm.free_area(page);
            return Err(e);
        }
        let mut free = FREE_UTCBS.lock();
        free.extend((1..PAGE_SIZE / utcb::SIZE).map(|i| page + (i * utcb::SIZE) as u64));
        Ok(UtcbSlot { addr: page })
    }
}

impl Drop for UtcbSlot {
    fn drop(&mut self) {
        FREE_UTCBS.lock().push(self.addr);
    }
}
