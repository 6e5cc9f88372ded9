//! UTCBs of threads.
#![allow(unsafe_code)]

use crate::atomic::program_static;
use crate::region::Area;
use crate::sync::Mutex;
use crate::task::Task;
use crate::{Cap, Result};
use alloc::vec::Vec;
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::{Fpage, MemRights, utcb};

/// Makes UTCBs for threads, on a page of memory that is shared with the kernel and reserved in
/// the region map for ever: the addresses of one, and of the others. For libraries that start
/// threads of their own; [`spawn`](super::spawn) has UTCBs by itself.
///
/// # Errors
/// What the region map, or [`add_ku_mem`](Cap::add_ku_mem), answers.
pub fn new_utcbs() -> Result<(u64, impl Iterator<Item = u64>)> {
    let area = Area::new(PAGE_SIZE, PAGE_SHIFT)?;
    let fpage = Fpage::page(area.start() as u64, MemRights::RW);
    // SAFETY: the place has just been reserved, so nothing is there.
    unsafe { Cap::<Task>::THIS.add_ku_mem(fpage)? };
    let page = area.leak() as u64;
    let others = (1..PAGE_SIZE / utcb::SIZE).map(move |i| page + (i * utcb::SIZE) as u64);
    Ok((page, others))
}

program_static! {
    /// UTCBs that no thread has.
    static FREE_UTCBS: Mutex<Vec<u64>> = Mutex::new(Vec::new());
}

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
        let (addr, others) = new_utcbs()?;
        FREE_UTCBS.lock().extend(others);
        Ok(UtcbSlot { addr })
    }
}

impl Drop for UtcbSlot {
    fn drop(&mut self) {
        FREE_UTCBS.lock().push(self.addr);
    }
}
