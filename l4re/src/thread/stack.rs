//! Stacks.
#![allow(unsafe_code)]

use crate::dataspace::Dataspace;
use crate::region::RmFlags;
use crate::{Error, OwnedCap, Result, start};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};

/// A stack with a guard page below.
pub struct Stack {
    guard: u64,
    size: usize,
    _ds: OwnedCap<Dataspace>,
}

impl Stack {
    /// A stack of `size` bytes, rounded up to whole pages.
    pub fn new(size: usize) -> Result<Self> {
        let rm = start::env().rm();
        let size = size
            .max(PAGE_SIZE)
            .checked_next_multiple_of(PAGE_SIZE)
            .ok_or(Error::NO_MEMORY)?;
        let whole = size.checked_add(PAGE_SIZE).ok_or(Error::NO_MEMORY)?;
        let ds = start::env().mem_alloc().dataspace(size)?;
        let align = PAGE_SHIFT as u8;
        let guard = rm.reserve_area(0, whole, RmFlags::SEARCH_ADDR, align)?;
        let bottom = guard + PAGE_SIZE as u64;
        let flags = RmFlags::RW | RmFlags::IN_AREA;
        // SAFETY: the place is in the area just reserved; the dataspace is kept until the
        // stack is dropped.
        let attached = unsafe { rm.attach_at(bottom, size, flags, ds.cap(), 0, align) };
        if let Err(e) = attached {
            // The area stays reserved if it cannot be freed: address space, no memory.
            let _ = rm.free_area(guard);
            return Err(e);
        }
        Ok(Stack {
            guard,
            size,
            _ds: ds,
        })
    }

    /// The address behind it.
    pub fn end(&self) -> usize {
        self.guard as usize + PAGE_SIZE + self.size
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let rm = start::env().rm();
        // SAFETY: the thread that used the stack is deleted (`Resources`).
        if unsafe { rm.detach(self.guard + PAGE_SIZE as u64) }.is_ok() {
            let _ = rm.free_area(self.guard);
        }
    }
}
