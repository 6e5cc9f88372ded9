//! Stacks.
#![allow(unsafe_code)]

use crate::dataspace::Dataspace;
use crate::region::{Area, RmFlags};
use crate::{Error, OwnedCap, Result, start};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};

/// A stack with a guard page below.
pub struct Stack {
    /// Guard and stack; none when they are given back.
    area: Option<Area>,
    end: usize,
    _ds: OwnedCap<Dataspace>,
}

impl Stack {
    /// A stack of `size` bytes, rounded up to whole pages.
    pub fn new(size: usize) -> Result<Self> {
        let env = start::env();
        let size = size
            .max(PAGE_SIZE)
            .checked_next_multiple_of(PAGE_SIZE)
            .ok_or(Error::NO_MEMORY)?;
        let whole = size.checked_add(PAGE_SIZE).ok_or(Error::NO_MEMORY)?;
        let ds = env.mem_alloc().dataspace(size)?;
        let area = Area::to_attach(whole, PAGE_SHIFT)?;
        let bottom = (area.start() + PAGE_SIZE) as u64;
        let flags = RmFlags::RW | RmFlags::IN_AREA;
        let align = PAGE_SHIFT as u8;
        // SAFETY: the place is in the area just reserved; the dataspace is kept until the
        // stack is dropped.
        unsafe {
            env.rm()
                .attach_at(bottom, size, flags, ds.cap(), 0, align)?
        };
        Ok(Stack {
            end: area.start() + whole,
            area: Some(area),
            _ds: ds,
        })
    }

    /// The address behind it.
    pub fn end(&self) -> usize {
        self.end
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let Some(area) = self.area.take() else { return };
        let bottom = (area.start() + PAGE_SIZE) as u64;
        // SAFETY: the thread that used the stack is deleted (`Resources`).
        if unsafe { start::env().rm().detach(bottom) }.is_err() {
            // The area is not free as long as something is there.
            area.leak();
        }
    }
}
