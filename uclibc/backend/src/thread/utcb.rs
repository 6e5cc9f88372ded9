//! UTCBs of threads.

use crate::errno::Result;
use crate::lock::Mutex;
use alloc::vec::Vec;
use l4re::region::RmFlags;
use l4re::task::Task;
use l4re::{Cap, start};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::{Fpage, MemRights, utcb};

/// UTCBs that no thread has.
static FREE: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// A UTCB of a thread's own; free again when dropped.
#[derive(Debug)]
pub struct Slot {
    /// Its address.
    pub addr: u64,
}

impl Slot {
    /// A free UTCB, of new memory if there is none.
    pub fn take() -> Result<Self> {
        if let Some(addr) = FREE.lock().pop() {
            return Ok(Slot { addr });
        }
        // A page of memory shared with the kernel holds several. The place is reserved, so that
        // the region map gives it to nobody else.
        let rm = start::env().rm();
        let flags = RmFlags::RESERVED | RmFlags::SEARCH_ADDR;
        let page = rm.reserve_area(0, PAGE_SIZE, flags, PAGE_SHIFT as u8)?;
        let fpage = Fpage::page(page, MemRights::RW);
        // SAFETY: the place has just been reserved, so nothing is there.
        if let Err(e) = unsafe { Cap::<Task>::THIS.add_ku_mem(fpage) } {
            let _ = rm.free_area(page);
            return Err(e.into());
        }
        let mut free = FREE.lock();
        free.extend((1..PAGE_SIZE / utcb::SIZE).map(|i| page + (i * utcb::SIZE) as u64));
        Ok(Slot { addr: page })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        FREE.lock().push(self.addr);
    }
}
