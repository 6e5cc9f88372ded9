//! Which slots of the root task's own capability table are free.

use alloc::vec::Vec;

use l4re_sys::CapIdx;

/// Slots below are the kernel's and the loader's.
const FIRST: u64 = 0x20;
/// As many slots are used at most: what kernels have room for.
const LAST: u64 = 1 << 19;

/// The free slots.
pub struct CapSlots {
    next: u64,
    free: Vec<u32>,
}

impl Default for CapSlots {
    fn default() -> Self {
        CapSlots {
            next: FIRST,
            free: Vec::new(),
        }
    }
}

impl CapSlots {
    /// A free slot.
    pub fn alloc(&mut self) -> Option<CapIdx> {
        if let Some(index) = self.free.pop() {
            return Some(CapIdx::from_index(index.into()));
        }
        if self.next > LAST {
            return None;
        }
        self.next += 1;
        Some(CapIdx::from_index(self.next - 1))
    }

    /// Gives a slot back, which must be empty. Where there is no memory to note it, it is lost.
    pub fn free(&mut self, slot: CapIdx) {
        if self.free.try_reserve(1).is_ok() {
            self.free.push(slot.index() as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_come_back() {
        let mut slots = CapSlots::default();
        let (a, b) = (slots.alloc().unwrap(), slots.alloc().unwrap());
        assert_ne!(a, b);
        slots.free(a);
        assert_eq!(slots.alloc(), Some(a));
    }
}
