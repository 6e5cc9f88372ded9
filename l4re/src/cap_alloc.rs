//! The allocator of capability slots.
//!
//! A bit map that threads change by compare-and-swap: no locks, so that it can be used
//! wherever a thread may be stopped, and no heap, so that the heap can use it.

use crate::atomic::{AtomicU64, AtomicUsize, Ordering, program_static};
use crate::error::{Error, Result};
use crate::hosted;
use l4re_sys::CapIdx;

/// How many slots the allocator has.
pub const SLOTS: usize = 16 * 1024;

const BITS: usize = u64::BITS as usize;
const WORDS: usize = SLOTS / BITS;

type Bits = [AtomicU64; WORDS];

struct Table {
    /// The index of the first slot; 0 until [`init`].
    first: AtomicU64,
    /// A set bit is a slot in use.
    used: Bits,
    /// A set bit is a slot whose capability somebody owns.
    owned: Bits,
    /// A set bit is a slot whose capability is memory of the language: heap, stacks.
    private: Bits,
    /// A set bit is a slot whose capability is a thread's, by which it is deleted in the end.
    threads: Bits,
    /// Where the next search starts.
    hint: AtomicUsize,
}

program_static! {
    static TABLE: Table = Table::new();
}

impl Table {
    const fn new() -> Self {
        Table {
            first: AtomicU64::new(0),
            used: [const { AtomicU64::new(0) }; WORDS],
            owned: [const { AtomicU64::new(0) }; WORDS],
            private: [const { AtomicU64::new(0) }; WORDS],
            threads: [const { AtomicU64::new(0) }; WORDS],
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

    /// The number of a slot in the table; none if the slots are not this table's.
    fn number(&self, index: u64) -> Option<usize> {
        let first = self.first.load(Ordering::Acquire);
        let number = index.checked_sub(first).filter(|_| first != 0)?;
        usize::try_from(number)
            .ok()
            .filter(|number| *number < SLOTS)
    }

    fn free(&self, index: u64) {
        let Some(number) = self.number(index) else {
            return;
        };
        clear(&self.owned, number);
        clear(&self.private, number);
        clear(&self.threads, number);
        clear(&self.used, number);
        self.hint.fetch_min(number / BITS, Ordering::Relaxed);
    }

    /// Whether a slot is in use, and nobody owns what is in it.
    fn is_bare(&self, index: u64) -> bool {
        self.number(index)
            .is_some_and(|number| has(&self.used, number) && !has(&self.owned, number))
    }
}

fn has(bits: &Bits, number: usize) -> bool {
    let word = bits.get(number / BITS);
    word.is_some_and(|word| word.load(Ordering::Acquire) & 1 << (number % BITS) != 0)
}

fn set(bits: &Bits, number: usize) {
    if let Some(word) = bits.get(number / BITS) {
        word.fetch_or(1 << (number % BITS), Ordering::Release);
    }
}

fn clear(bits: &Bits, number: usize) {
    if let Some(word) = bits.get(number / BITS) {
        word.fetch_and(!(1 << (number % BITS)), Ordering::Release);
    }
}

/// Tells the allocator where the free slots start, as the environment says
/// ([`Env::first_free_cap`](l4re_sys::Env::first_free_cap)). Only the first call counts.
pub(crate) fn start_at(first: u64) {
    let _ = TABLE
        .first
        .compare_exchange(0, first, Ordering::Release, Ordering::Relaxed);
}

/// Tells the allocator where the free slots start, for tests on the fake kernel. Only the first call
/// counts.
#[cfg(not(target_os = "l4re"))]
pub fn init(first: u64) {
    start_at(first);
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
///
/// # Safety
/// The slot comes from [`alloc()`], and nobody uses it any more.
#[allow(unsafe_code)]
pub unsafe fn free(cap: CapIdx) {
    give_back(cap);
}

pub(crate) fn give_back(cap: CapIdx) {
    if TABLE.is_foreign() {
        hosted::free_cap(cap);
    } else {
        TABLE.free(cap.index());
    }
}

/// The capability in a slot is an [`OwnedCap`](crate::OwnedCap)'s from now on: it cannot be
/// replaced or moved by others.
pub(crate) fn own(cap: CapIdx) {
    if let Some(number) = TABLE.number(cap.index()) {
        set(&TABLE.owned, number);
    }
}

/// The capability in a slot is one to memory of the language from now on: it cannot be attached
/// again, passed on, or removed.
pub(crate) fn make_private(cap: CapIdx) {
    if let Some(number) = TABLE.number(cap.index()) {
        set(&TABLE.private, number);
    }
}

/// The capability in a slot is the one by which a thread is deleted in the end: it can only go
/// together with the thread.
pub(crate) fn pin_thread(cap: CapIdx) {
    if let Some(number) = TABLE.number(cap.index()) {
        set(&TABLE.threads, number);
    }
}

/// Whether a slot may be filled from elsewhere: it is the program's own, and empty for all that
/// others rely on. Where a C library has the slots, those that the program started with are not.
pub(crate) fn is_bare(cap: CapIdx) -> bool {
    if !cap.is_valid() || cap.is_reply() {
        return false;
    }
    if TABLE.is_foreign() {
        let env = crate::start::try_env();
        return env.is_none_or(|env| cap.index() >= env.raw().first_free_cap);
    }
    TABLE.is_bare(cap.index())
}

/// Whether somebody owns the capability in a slot.
pub(crate) fn is_owned(cap: CapIdx) -> bool {
    TABLE
        .number(cap.index())
        .is_some_and(|number| has(&TABLE.owned, number))
}

/// Whether the capability in a slot is one to memory of the language.
pub(crate) fn is_private(cap: CapIdx) -> bool {
    TABLE
        .number(cap.index())
        .is_some_and(|number| has(&TABLE.private, number))
}

/// Whether a capability is one that the program was given or has got, and none of what it does not
/// know of: memory of the language, or what the loader keeps in the program's task.
pub(crate) fn is_known(cap: CapIdx) -> bool {
    let Some(env) = crate::start::try_env() else {
        return true;
    };
    if let Some(number) = TABLE.number(cap.index()) {
        return has(&TABLE.used, number) && !has(&TABLE.private, number);
    }
    let others = TABLE.is_foreign() && cap.index() >= env.raw().first_free_cap;
    others || env.caps().any(|entry| entry.cap == cap)
}

/// Whether the capabilities in `1 << order` slots may be unmapped; `deletes`: and their objects
/// deleted.
pub(crate) fn may_unmap(cap: CapIdx, order: u32, deletes: bool) -> bool {
    let first = TABLE.first.load(Ordering::Acquire);
    if first == 0 {
        return true;
    }
    let end = (cap.index()).saturating_add(1u64.checked_shl(order).unwrap_or(u64::MAX));
    let mut slots = cap.index().max(first)..end.min(first + SLOTS as u64);
    slots.all(|index| {
        let number = (index - first) as usize;
        !has(&TABLE.private, number) && (deletes || !has(&TABLE.threads, number))
    })
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

    #[test]
    fn who_gets_a_slot_finds_it_bare() {
        let table = Table::new();
        table.first.store(100, Ordering::Relaxed);
        let index = table.alloc().unwrap();
        assert!(table.is_bare(index) && !table.is_bare(index + 1) && !table.is_bare(5));
        let number = table.number(index).unwrap();
        set(&table.owned, number);
        set(&table.private, number);
        assert!(!table.is_bare(index));
        table.free(index);
        assert_eq!(table.alloc(), Some(index));
        assert!(table.is_bare(index) && !has(&table.private, number));
    }
}
