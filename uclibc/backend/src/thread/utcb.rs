//! UTCBs of threads.

use crate::errno::Result;
use alloc::vec::Vec;
use l4re::sync::SpinLock;

/// UTCBs that no thread has.
static FREE: SpinLock<Vec<u64>> = SpinLock::new(Vec::new());

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
        let (addr, others) = l4re::thread::new_utcbs()?;
        FREE.lock().extend(others);
        Ok(Slot { addr })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        FREE.lock().push(self.addr);
    }
}
