//! Which slots of the root task's own capability table are free.

use l4re_sys::CapIdx;

use crate::error::Result;
use crate::fallible::List;

/// Slots below are the kernel's and the loader's.
const FIRST: u64 = 0x20;
/// As many slots are used at most.
pub const MAX_SLOTS: u64 = 1 << 17;

const BITS: usize = u64::BITS as usize;

/// The free slots. They need no memory as they come and go.
pub struct CapSlots {
    /// A set bit is a slot in use.
    used: List<u64>,
    /// A set bit is a word of `used` without a free slot.
    full: List<u64>,
}

impl CapSlots {
    /// All slots below `end`, which the kernel has, but for those that are in use from the
    /// beginning.
    ///
    /// # Errors
    /// [`crate::error::Error::ENOMEM`].
    pub fn new(end: u64) -> Result<Self> {
        let end = end.min(MAX_SLOTS) as usize;
        let words = end.div_ceil(BITS);
        let mut used = List::with_room(words)?;
        for _ in 0..words {
            used.push(0)?;
        }
        let mut full = List::with_room(words.div_ceil(BITS))?;
        for group in 0..words.div_ceil(BITS) {
            // Words that are not there have no free slot.
            full.push(
                u64::MAX
                    .checked_shl((words - group * BITS) as u32)
                    .unwrap_or(0),
            )?;
        }
        let mut slots = CapSlots { used, full };
        for slot in (0..FIRST as usize).chain(end..words * BITS) {
            slots.take(slot);
        }
        Ok(slots)
    }

    fn take(&mut self, slot: usize) {
        let word = slot / BITS;
        if let (Some(used), Some(full)) = (self.used.get_mut(word), self.full.get_mut(word / BITS))
        {
            *used |= 1 << (slot % BITS);
            if *used == u64::MAX {
                *full |= 1 << (word % BITS);
            }
        }
    }

    /// A free slot.
    pub fn alloc(&mut self) -> Option<CapIdx> {
        let group = self.full.iter().position(|&full| full != u64::MAX)?;
        let word = group * BITS + self.full.get(group)?.trailing_ones() as usize;
        let slot = word * BITS + self.used.get(word)?.trailing_ones() as usize;
        self.take(slot);
        Some(CapIdx::from_index(slot as u64))
    }

    /// Gives a slot back, which must be empty.
    pub fn free(&mut self, slot: CapIdx) {
        let (word, bit) = (slot.index() as usize / BITS, slot.index() as usize % BITS);
        if let (Some(used), Some(full)) = (self.used.get_mut(word), self.full.get_mut(word / BITS))
        {
            *used &= !(1 << bit);
            *full &= !(1 << (word % BITS));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_as_many_as_the_kernel_has() {
        let mut slots = CapSlots::new(1000).unwrap();
        let mut seen = BTreeSet::new();
        while let Some(slot) = slots.alloc() {
            assert!((FIRST..1000).contains(&slot.index()) && seen.insert(slot.index()));
        }
        assert_eq!(seen.len() as u64, 1000 - FIRST);
        slots.free(CapIdx::from_index(70));
        slots.free(CapIdx::from_index(999));
        assert_eq!(slots.alloc(), Some(CapIdx::from_index(70)));
        assert_eq!(slots.alloc(), Some(CapIdx::from_index(999)));
        assert_eq!(slots.alloc(), None);
    }
}
