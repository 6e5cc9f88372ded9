//! The allocator of capability slots.
//!
//! A bit map that threads change by compare-and-swap: no locks, so that it can be used
//! wherever a thread may be stopped, and no heap, so that the heap can use it.

use crate::error::{Error, Result};
use crate::hosted;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use l4re_sys::CapIdx;

/// How many slots the allocator has.
pub const SLOTS: usize = 16 * 1024;

const BITS: usize = u64::BITS as usize;
const WORDS: usize = SLOTS / BITS;

struct Table {
    /// The index of the first slot; 0 until [`init`].
    first: AtomicU64,
    /// A set bit is a slot in use.
    used: [AtomicU64; WORDS],
    /// Where the next search starts.
    hint: AtomicUsize,
}

static TABLE: Table = Table::new();

impl Table {
    const fn new() -> Self {
        Table {
            first: AtomicU64::new(0),
            used: [const { AtomicU64::new(0) }; WORDS],
            hint: AtomicUsize::new(0),
        }
    }

    /// Whether slots are not this table's to give: there has been no [`init`].
    fn is_foreign(&self) -> bool {
        self.first.load(Ordering::Acquire) == 0
    }

    fn alloc(&self) -> Option<u64> {
        let first = self.first.load(Ordering::Acquire);
        if first == 0 {
            return None;
        }
        let hint = self.hint.load(Ordering::Relaxed);
        for i in (hint..WORDS).chain(0..hint.min(WORDS)) {
            let Some(word) = self.used.get(i) else {
                continue;
            };
            let mut bits = word.load(Ordering::Relaxed);
            while bits != u64::MAX {
                let bit = bits.trailing_ones();
                let taken = bits | 1 << bit;
                match word.compare_exchange_weak(bits, taken, Ordering::Acquire, Ordering::Relaxed)
                {
                    Ok(_) => {
                        self.hint.store(i, Ordering::Relaxed);
                        return Some(first + (i * BITS) as u64 + u64::from(bit));
                    }
                    Err(now) => bits = now,
                }
            }
        }
        None
    }

    fn free(&self, index: u64) {
        let first = self.first.load(Ordering::Acquire);
        let Some(at) = index.checked_sub(first).map(|at| at as usize) else {
            return;
        };
        if let Some(word) = self.used.get(at / BITS) {
            word.fetch_and(!(1 << (at % BITS)), Ordering::Release);
            self.hint.fetch_min(at / BITS, Ordering::Relaxed);
        }
    }
}

/// Tells the allocator where the free slots start, as the environment says
/// ([`Env::first_free_cap`](l4re_sys::Env::first_free_cap)). Only the first call counts.
pub fn init(first: u64) {
    let _ = TABLE
        .first
        .compare_exchange(0, first, Ordering::Release, Ordering::Relaxed);
}

/// A free slot.
///
/// # Errors
/// [`Error::NoCapSlot`] if none is left.
pub fn alloc() -> Result<CapIdx> {
    TABLE
        .alloc()
        .map(CapIdx::from_index)
        .or_else(|| TABLE.is_foreign().then(hosted::alloc_cap)?)
        .ok_or(Error::NoCapSlot)
}

/// Gives a slot back. What is in it must be gone: the next owner would find it.
pub fn free(cap: CapIdx) {
    if TABLE.is_foreign() {
        hosted::free_cap(cap);
    } else {
        TABLE.free(cap.index());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn slots_are_distinct_and_come_back() {
        let table = Table::new();
        assert_eq!(table.alloc(), None);
        table.first.store(100, Ordering::Relaxed);
        let all: BTreeSet<u64> = (0..SLOTS).map(|_| table.alloc().unwrap()).collect();
        assert_eq!(all.len(), SLOTS);
        assert_eq!(all.first(), Some(&100));
        assert_eq!(table.alloc(), None);
        table.free(100 + 777);
        assert_eq!(table.alloc(), Some(100 + 777));
        // Not the allocator's: nothing happens.
        table.free(5);
        table.free(100 + SLOTS as u64);
        assert_eq!(table.alloc(), None);
    }
}
