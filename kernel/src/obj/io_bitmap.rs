//! Which I/O ports a task may use, as the processor wants it told.

use super::task::Task;
use crate::arch::cpu;
use crate::mem::frames::{self, PAGE_SIZE};
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
        for port in first..end.min(BYTES as u64 * 8) {
            // SAFETY: the bitmap has a bit for each port, and belongs to this task.
            unsafe {
                let byte = bitmap.as_ptr().add(port as usize / 8);
                let bit = 1 << (port % 8);
                *byte = if allowed { *byte & !bit } else { *byte | bit };
            }
        }
        cpu::io_changed(bitmap);
        Some(())
    }

    fn make(&self, task: &'static Task) -> Option<NonNull<u8>> {
        if !task.pay((PAGE_SIZE << ORDER) as u64) {
            return None;
        }
        let Some(bitmap) = frames::alloc(ORDER) else {
            task.give_back((PAGE_SIZE << ORDER) as u64);
            return None;
        };
        // SAFETY: just allocated, and this long.
        unsafe { bitmap.as_ptr().write_bytes(0xff, BYTES) };
        self.0.set(Some(bitmap));
        task.each_thread(|thread| thread.io_bitmap.set(Some(bitmap)));
        Some(bitmap)
    }

    /// Gives the memory up. No thread of the task runs any more.
    pub fn clear(&self) {
        if let Some(bitmap) = self.0.take() {
            cpu::io_gone(bitmap);
            // SAFETY: from `make`, for this order; nothing refers to it any more.
            unsafe { frames::free(bitmap, ORDER) };
        }
    }
}
