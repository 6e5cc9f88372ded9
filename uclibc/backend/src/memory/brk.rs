//! The program break: one area of the address space, filled with dataspaces as it grows.

use super::attach_anonymous;
use l4re::region::RmFlags;
use l4re::sync::SpinLock;
use l4re::{Result, start};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};

/// How much address space is asked for; less is taken if there is less.
const AREA_SIZE: usize = 64 << 30;
/// The least that is taken.
const MIN_AREA_SIZE: usize = 1 << 20;
/// The least that the memory grows by.
const MIN_GROWTH: usize = 64 << 10;
/// The most that it grows by beyond what is needed.
const MAX_GROWTH: usize = 16 << 20;

#[derive(Clone, Copy)]
struct Break {
    start: usize,
    /// The break.
    now: usize,
    /// The highest that the break has been: up to there memory may hold something.
    used: usize,
    /// The first address without memory.
    end: usize,
    /// The first address behind the area; 0 before it is reserved.
    area_end: usize,
}

static BREAK: SpinLock<Break> = SpinLock::new(Break {
    start: 0,
    now: 0,
    used: 0,
    end: 0,
    area_end: 0,
});

impl Break {
    fn reserve(&mut self) -> Result<()> {
        let rm = start::env().rm();
        let mut size = AREA_SIZE;
        loop {
            match rm.reserve_area(0, size, RmFlags::SEARCH_ADDR, PAGE_SHIFT as u8) {
                Ok(area) => {
                    let start = area as usize;
                    *self = Break {
                        start,
                        now: start,
                        used: start,
                        end: start,
                        area_end: start + size,
                    };
                    return Ok(());
                }
                Err(e) if size <= MIN_AREA_SIZE => return Err(e),
                Err(_) => size /= 8,
            }
        }
    }

    /// Sees to memory up to `to`, which is in the area.
    fn grow(&mut self, to: usize) -> Result<()> {
        if to <= self.end {
            return Ok(());
        }
        let need = (to - self.end).next_multiple_of(PAGE_SIZE);
        let wish = ((self.end - self.start) / 2)
            .clamp(MIN_GROWTH, MAX_GROWTH)
            .next_multiple_of(PAGE_SIZE);
        let room = self.area_end - self.end;
        let flags = RmFlags::RW | RmFlags::IN_AREA;
        let mut size = need.max(wish).min(room);
        // Where there is not as much as would be nice, what is needed may still be there.
        let ds = match attach_anonymous(self.end, size, flags) {
            Err(_) if size > need => {
                size = need;
                attach_anonymous(self.end, size, flags)?
            }
            result => result?,
        };
        ds.leak();
        self.end += size;
        Ok(())
    }

    fn set(&mut self, to: usize) -> Result<()> {
        if self.area_end == 0 {
            self.reserve()?;
        }
        // Linux answers with the old break where the new one cannot be, which includes 0: the
        // question.
        if !(self.start..=self.area_end).contains(&to) {
            return Ok(());
        }
        self.grow(to)?;
        // What was given back and is taken again is zeros once more.
        let dirty = self.used.min(to).saturating_sub(self.now);
        let at = core::ptr::with_exposed_provenance_mut::<u8>(self.now);
        // SAFETY: between the old break and the new one, as far as there is memory: nobody uses
        // it.
        unsafe { at.write_bytes(0, dirty) };
        self.now = to;
        self.used = self.used.max(to);
        Ok(())
    }
}

/// Sets the break, if it can be; returns where it is.
pub fn brk(to: u64) -> i64 {
    let mut state = BREAK.lock();
    // As Linux: the caller compares.
    let _ = state.set(to as usize);
    state.now as i64
}
