//! The capabilities of a task: a table of two levels, the second made on demand.

use super::{Cap, Rights};
use crate::mem::frames::{self, PAGE_SIZE};
use crate::obj::Header;
use crate::util::budget::{Budget, Unfinished};
use core::cell::Cell;
use core::ptr::NonNull;

const SLOTS: usize = PAGE_SIZE / size_of::<Slot>();
const LEAVES: usize = PAGE_SIZE / size_of::<usize>();

/// How many capabilities a table can hold.
pub const MAX_CAPS: usize = SLOTS * LEAVES;

/// A place for a capability; all bits zero is an empty one.
#[repr(C)]
struct Slot {
    object: Cell<Option<&'static Header>>,
    generation: Cell<u32>,
    rights: Cell<u8>,
}

impl Slot {
    /// What a page of zeros is made of.
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "every use is a new value's first state"
    )]
    const EMPTY: Self = Self {
        object: Cell::new(None),
        generation: Cell::new(0),
        rights: Cell::new(0),
    };

    #[inline(always)]
    fn cap(&self) -> Option<Cap> {
        let header = self.object.get()?;
        (header.generation() == self.generation.get()).then(|| Cap {
            header,
            rights: Rights(self.rights.get()),
        })
    }
}

type Leaf = [Slot; SLOTS];
type Root = [Cell<NonNull<Leaf>>; LEAVES];

/// What a table has where it has no memory: a leaf that is empty for ever. With it a
/// look-up need not ask whether there is one.
#[repr(C, align(4096))]
struct EmptyLeaf(Leaf);
// SAFETY: nothing is ever written to it (`CapTable::set` makes a leaf of its own first).
unsafe impl Sync for EmptyLeaf {}
static EMPTY_LEAF: EmptyLeaf = EmptyLeaf([const { Slot::EMPTY }; SLOTS]);

/// The same for a root.
struct EmptyRoot(Root);
// SAFETY: as for `EmptyLeaf`.
unsafe impl Sync for EmptyRoot {}
static EMPTY_ROOT: EmptyRoot = EmptyRoot([const { Cell::new(empty_leaf()) }; LEAVES]);

const fn empty_leaf() -> NonNull<Leaf> {
    NonNull::from_ref(&EMPTY_LEAF.0)
}

const fn empty_root() -> NonNull<Root> {
    NonNull::from_ref(&EMPTY_ROOT.0)
}

/// The slot at a position of the table with this root.
#[inline(always)]
fn find<'a>(root: NonNull<Root>, position: usize) -> Option<&'a Slot> {
    // SAFETY: the pages belong to the table until `clear_all` ends its life, when no
    // `CapView` of it is left, or are the empty ones; they hold only cells.
    unsafe {
        let leaf = root.as_ref().get(position / SLOTS)?.get();
        Some(&leaf.as_ref()[position % SLOTS])
    }
}

/// A short way to a table, for the threads of its task.
///
/// Whoever ends a table's life first makes its views look away (`Thread::halt`).
pub struct CapView(Cell<NonNull<Root>>);

impl CapView {
    /// Of no table.
    pub const fn empty() -> Self {
        Self(Cell::new(empty_root()))
    }

    /// From now on of this table.
    pub fn look_at(&self, table: &CapTable) {
        self.0.set(table.root.get());
    }

    /// From now on of no table.
    pub fn look_away(&self) {
        self.0.set(empty_root());
    }

    /// The capability at a position, if there is one and its object lives.
    #[inline(always)]
    pub fn get(&self, position: usize) -> Option<Cap> {
        find(self.0.get(), position)?.cap()
    }
}

/// A task's capabilities.
pub struct CapTable {
    root: Cell<NonNull<Root>>,
}

impl CapTable {
    /// A table without memory: it can hold nothing.
    pub const fn vacant() -> Self {
        Self {
            root: Cell::new(empty_root()),
        }
    }

    /// Gives the table its first page. Costs [`PAGE_SIZE`] bytes.
    pub fn init(&self) -> Option<()> {
        let root: NonNull<Root> = frames::alloc(0)?.cast();
        for n in 0..LEAVES {
            // SAFETY: the page is ours, and holds that many cells; each is written
            // before a reference to the root is made.
            unsafe {
                root.cast::<Cell<NonNull<Leaf>>>()
                    .add(n)
                    .write(Cell::new(empty_leaf()))
            };
        }
        self.root.set(root);
        Some(())
    }

    fn has_memory(&self) -> bool {
        self.root.get() != empty_root()
    }

    /// The leaf of a position, if it has one of its own.
    fn leaf(&self, position: usize) -> Option<&Cell<NonNull<Leaf>>> {
        // SAFETY: as in `find`.
        let cell = unsafe { self.root.get().as_ref() }.get(position / SLOTS)?;
        (cell.get() != empty_leaf()).then_some(cell)
    }

    /// The slot of a position, if it has memory.
    fn slot(&self, position: usize) -> Option<&Slot> {
        self.leaf(position)?;
        find(self.root.get(), position)
    }

    /// The capability at a position, if there is one and its object lives.
    #[inline]
    pub fn get(&self, position: usize) -> Option<Cap> {
        find(self.root.get(), position)?.cap()
    }

    /// Whether a page must be paid for before `set` at this position.
    pub fn needs_page(&self, position: usize) -> bool {
        self.slot(position).is_none()
    }

    /// Puts a capability at a position, in place of what was there. `None`: no memory,
    /// or no such position.
    pub fn set(&self, position: usize, cap: Cap) -> Option<()> {
        if position >= MAX_CAPS || !self.has_memory() {
            return None;
        }
        if self.slot(position).is_none() {
            // A page of zeros is a leaf of empty slots.
            let leaf = frames::alloc(0)?.cast();
            // SAFETY: as in `find`; the root is this table's own.
            unsafe { self.root.get().as_ref() }
                .get(position / SLOTS)?
                .set(leaf);
        }
        // Count the new one first: it may be the old one's object, held by it alone. If the
        // new one does not count, the object dies here: the slot is to say that it was the
        // one that lived until now, not the next one in its place.
        let generation = cap.header.generation();
        if !cap.rights.has(Rights::NO_REF) {
            cap.object().add_ref();
        }
        self.remove(position);
        let slot = self.slot(position)?;
        slot.object.set(Some(cap.header));
        slot.generation.set(generation);
        slot.rights.set(cap.rights.0);
        Some(())
    }

    /// Takes rights (R, W, S, D) from a capability without removing it.
    pub fn restrict(&self, position: usize, revoke: u8) {
        if let Some(slot) = self.slot(position) {
            slot.rights.set(slot.rights.get() & !(revoke & 0xf));
        }
    }

    /// Empties a position.
    pub fn remove(&self, position: usize) {
        let Some(cap) = self.get(position) else {
            return;
        };
        if let Some(slot) = self.slot(position) {
            slot.object.set(None);
        }
        if !cap.rights.has(Rights::NO_REF) {
            cap.object().drop_ref();
        }
    }

    /// The first position at or behind `from`, and below `end`, that has memory; used to
    /// pass over the holes of a large range.
    pub fn next_with_memory(&self, from: usize, end: usize) -> Option<usize> {
        let mut position = from;
        while position < end.min(MAX_CAPS) {
            if self.leaf(position).is_some() {
                return Some(position);
            }
            position = (position / SLOTS + 1) * SLOTS;
        }
        None
    }

    /// Empties the table as far as the budget goes.
    pub fn remove_all(&self, budget: &Budget) -> Result<(), Unfinished> {
        let mut position = 0;
        while let Some(p) = self.next_with_memory(position, MAX_CAPS) {
            if self.get(p).is_some() {
                budget.step()?;
                self.remove(p);
            }
            position = p + 1;
        }
        Ok(())
    }

    /// Empties the table and gives up its memory. Returns how many bytes that were.
    pub fn clear_all(&self) -> u64 {
        if !self.has_memory() {
            return 0;
        }
        let _ = self.remove_all(&Budget::unlimited());
        let root = self.root.replace(empty_root());
        let mut bytes = PAGE_SIZE as u64;
        // SAFETY: as in `find`; the root was taken out of the table above, so that no
        // reference into these pages can be made any more, and none is held.
        unsafe {
            for leaf in root.as_ref() {
                if leaf.get() != empty_leaf() {
                    frames::free(leaf.get().cast(), 0);
                    bytes += PAGE_SIZE as u64;
                }
            }
            frames::free(root.cast(), 0);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obj::Object;

    #[test]
    fn holds_what_was_put_in() {
        let table = CapTable::vacant();
        assert!(
            table.set(3, Cap::new(Object::Vcon, Rights::ALL)).is_none(),
            "no memory yet"
        );
        table.init().unwrap();
        assert!(table.needs_page(3) && table.get(3).is_none());
        table.set(3, Cap::new(Object::Vcon, Rights::ALL)).unwrap();
        table
            .set(70_000, Cap::new(Object::Icu, Rights(Rights::R)))
            .unwrap();
        assert!(!table.needs_page(4));
        assert!(
            table
                .get(3)
                .unwrap()
                .same_object(&Cap::new(Object::Vcon, Rights::ALL))
        );
        assert_eq!(
            table.next_with_memory(256, MAX_CAPS),
            Some(70_000 / 256 * 256)
        );
        table.restrict(3, Rights::W | Rights::S);
        assert_eq!(table.get(3).unwrap().rights, Rights(0xef & !3));
        table.remove(3);
        assert!(table.get(3).is_none());
        assert!(
            table
                .set(MAX_CAPS, Cap::new(Object::Icu, Rights::ALL))
                .is_none()
        );
        assert_eq!(table.clear_all(), 3 * PAGE_SIZE as u64);
    }

    #[test]
    fn a_capability_that_does_not_count_goes_with_the_last_that_does() {
        let factory = crate::obj::factory::Factory::make_root(1 << 20).unwrap();
        let semaphore = crate::obj::create(&crate::obj::semaphore::SEMAPHORES, factory).unwrap();
        let object = Object::Semaphore(semaphore);
        let table = CapTable::vacant();
        table.init().unwrap();
        table.set(1, Cap::new(object, Rights::ALL)).unwrap();
        let weak = Rights(Rights::ALL.0 | Rights::NO_REF);
        table.set(2, Cap::new(object, weak)).unwrap();
        assert!(table.get(2).is_some());
        // Over the one that counts: nothing keeps the object any more.
        table.set(1, Cap::new(object, weak)).unwrap();
        assert!(table.get(1).is_none() && table.get(2).is_none());
    }
}
