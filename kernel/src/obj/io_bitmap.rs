//! Which I/O ports a task may use, as the processor wants it told.

use super::task::Task;
use crate::arch::cpu;
use crate::mem::account::Account;
use core::cell::Cell;
use core::ptr::NonNull;

/// Bytes of the bitmap: a bit for each port; set: not allowed.
pub const BYTES: usize = 8192;
const ORDER: usize = 1;

/// The bitmap of a task, if it has any port.
pub struct IoBitmap(Cell<Option<NonNull<u8>>>);

impl IoBitmap {
    /// No port.
    pub const fn vacant() -> Self {
        Self(Cell::new(None))
    }

    /// The bitmap, for the processor's tables.
    #[inline]
    pub fn get(&self) -> Option<NonNull<u8>> {
        self.0.get()
    }

    /// Allows or forbids the ports `first .. end`, at the cost of `task` for the first.
    pub fn allow(&self, task: &'static Task, first: u64, end: u64, allowed: bool) -> Option<()> {
        let bitmap = match self.0.get() {
            Some(bitmap) => bitmap,
            None if !allowed => return Some(()),
            None => self.make(task)?,
        };
        let end = end.min(BYTES as u64 * 8);
        let mut port = first;
        while port < end {
            // A word at a time: 64 ports, or those of them that are meant.
            let (word, from) = (port / 64, port % 64);
            let to = (end - word * 64).min(64);
            let mask = (u64::MAX >> (64 - (to - from))) << from;
            // SAFETY: the bitmap has a bit for each port, is aligned as pages are, and belongs
            // to this task.
            unsafe {
                let place = bitmap.cast::<u64>().add(word as usize);
                let before = place.read();
                place.write(if allowed {
                    before & !mask
                } else {
                    before | mask
                });
            }
            port = (word + 1) * 64;
        }
        cpu::io_changed(bitmap, first as usize / 8..(end as usize).div_ceil(8));
        Some(())
    }

    fn make(&self, task: &'static Task) -> Option<NonNull<u8>> {
        let bitmap = task.account().alloc_dirty(ORDER)?;
        // SAFETY: just allocated, and this long.
        unsafe { bitmap.cast::<u64>().write_bytes(0xff, BYTES / 8) };
        self.0.set(Some(bitmap));
        Some(bitmap)
    }

    /// Gives the memory up. No thread of the task runs any more.
    pub fn clear(&self, account: &Account) {
        if let Some(bitmap) = self.0.take() {
            cpu::io_gone(bitmap);
            // SAFETY: from `make`, for this order; nothing refers to it any more.
            unsafe { account.free(bitmap, ORDER) };
        }
    }
}
