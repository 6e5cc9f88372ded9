//! The capabilities of a task: a table of two levels, the second made on demand.

use super::{Cap, Rights};
use crate::mem::account::Account;
use crate::mem::frames::PAGE_SIZE;
use crate::obj::{AnyObject, STAMP_STEP};
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
    object: Cell<Option<AnyObject>>,
    /// The object's stamp when the capability was made, and the rights below.
    stamp: Cell<u64>,
}

const RIGHTS: u64 = STAMP_STEP - 1;

impl Slot {
    /// What a page of zeros is made of.
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "every use is a new value's first state"
    )]
    const EMPTY: Self = Self {
        object: Cell::new(None),
        stamp: Cell::new(0),
    };

    #[inline(always)]
    fn cap(&self) -> Option<Cap> {
        let place = self.object.get()?;
        // What is left of an equal stamp is the rights.
        let rest = self.stamp.get() ^ place.header().stamp();
        (rest <= RIGHTS).then_some(Cap {
            place,
            rights: Rights(rest as u8),
        })
    }
}

type Leaf = [Slot; SLOTS];
type Root = [Cell<NonNull<Leaf>>; LEAVES];

/// What a table has where it has no memory: a leaf that is empty for ever. With it a
/// look-up need not ask whether there is one.
#[repr(C, align(4096))]
struct EmptyLeaf(Leaf);
// SAFETY: nothing is ever written to it (`CapTable::make_room` makes a leaf of its own first).
unsafe impl Sync for EmptyLeaf {}
static EMPTY_LEAF: EmptyLeaf = EmptyLeaf([const { Slot::EMPTY }; SLOTS]);

/// The same for a root.
struct EmptyRoot(Root);
// SAFETY: nobody writes to it: a table that is to be changed gets a page of its own first.
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
    // SAFETY: the pages belong to the table until `clear` ends its life, when no
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

    /// Gives the table its first page, if it has none, at the cost of `account`. Views are of
    /// a table that has it.
    pub fn prepare(&self, account: &Account) -> Option<()> {
        if self.has_memory() {
            return Some(());
        }
        let root: NonNull<Root> = account.alloc_dirty(0)?.cast();
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
        // SAFETY: the root is the empty one or a page of this table's own, which stays until
        // `clear`; it holds only cells.
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

    /// Sees to it that a capability can be put at a position, at the cost of `account`.
    /// `None`: no memory, or no such position.
    fn make_room(&self, position: usize, account: &Account) -> Option<()> {
        if position >= MAX_CAPS {
            return None;
        }
        self.prepare(account)?;
        if self.slot(position).is_none() {
            // A page of zeros is a leaf of empty slots.
            let leaf = account.alloc(0)?.cast();
            // SAFETY: the root is a page of this table's own by now, which stays until `clear`; it
            // holds only cells.
            unsafe { self.root.get().as_ref() }
                .get(position / SLOTS)?
                .set(leaf);
        }
        Some(())
    }

    /// Puts a capability at a position, in place of what was there, at the cost of `account`.
    /// `None`: no memory, or no such position.
    pub fn set(&self, position: usize, cap: Cap, account: &Account) -> Option<()> {
        self.make_room(position, account)?;
        // Count the new one first: it may be the old one's object, held by it alone. If the
        // new one does not count, the object dies here: the slot is to say that it was the
        // one that lived until now, not the next one in its place.
        let stamp = cap.place.header().stamp();
        if !cap.rights.has(Rights::NO_REF) {
            cap.object().add_ref();
        }
        self.remove(position);
        let slot = self.slot(position)?;
        slot.object.set(Some(cap.place));
        slot.stamp.set(stamp | u64::from(cap.rights.0));
        Some(())
    }

    /// Takes rights (R, W, S, D) from a capability without removing it.
    pub fn restrict(&self, position: usize, revoke: u8) {
        if let Some(slot) = self.slot(position) {
            slot.stamp.set(slot.stamp.get() & !u64::from(revoke & 0xf));
        }
    }

    /// Empties a position.
    pub fn remove(&self, position: usize) {
        if let Some(slot) = self.slot(position) {
            Self::empty(slot);
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

    /// Empties the table and gives its memory back to `account`, which paid for it, as far as
    /// the budget goes.
    pub fn clear(&self, account: &Account, budget: &Budget) -> Result<(), Unfinished> {
        if !self.has_memory() {
            return Ok(());
        }
        // Leaves that are gone are passed over again by the next call.
        budget.pass(Budget::SCAN);
        // SAFETY: the root is the empty one or a page of this table's own, which is freed below,
        // behind its last use.
        let root = unsafe { self.root.get().as_ref() };
        for place in root.iter().filter(|place| place.get() != empty_leaf()) {
            budget.pass(Budget::SCAN);
            // SAFETY: the leaf is a page of this table's own, which is freed below, behind its last
            // use.
            for slot in unsafe { place.get().as_ref() } {
                if slot.cap().is_some() {
                    budget.spend(Budget::CHANGE)?;
                    Self::empty(slot);
                }
            }
            budget.spend(Budget::CHANGE)?;
            let leaf = place.replace(empty_leaf());
            // SAFETY: `make_room` took it from the account; it was taken out of the table, and
            // no reference into it is held any more.
            unsafe { account.free(leaf.cast(), 0) };
        }
        let root = self.root.replace(empty_root());
        // SAFETY: the root came from this account (`prepare`), and the table refers to it no more.
        unsafe { account.free(root.cast(), 0) };
        Ok(())
    }

    fn empty(slot: &Slot) {
        let cap = slot.cap();
        slot.object.set(None);
        if let Some(cap) = cap.filter(|cap| !cap.rights.has(Rights::NO_REF)) {
            cap.object().drop_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obj::Object;

    fn account(limit: u64) -> &'static Account {
        let account = Box::leak(Box::new(Account::none()));
        account.reset(limit);
        account
    }

    #[test]
    fn holds_what_was_put_in_and_costs_what_it_takes() {
        let _one = crate::util::one::processor();
        let table = CapTable::vacant();
        let account = account(3 * PAGE_SIZE as u64);
        let none = Account::none();
        let vcon = Cap::new(Object::Vcon, Rights::ALL);
        assert!(table.set(3, vcon, &none).is_none(), "no memory yet");
        assert_eq!(account.used(), 0);
        table.set(3, vcon, account).unwrap();
        table
            .set(70_000, Cap::new(Object::Icu, Rights(Rights::R)), account)
            .unwrap();
        table.make_room(4, &none).unwrap();
        assert!(table.get(3).unwrap().same_object(&vcon));
        assert_eq!(
            table.next_with_memory(256, MAX_CAPS),
            Some(70_000 / 256 * 256)
        );
        table.restrict(3, Rights::W | Rights::S);
        assert_eq!(table.get(3).unwrap().rights, Rights(0xef & !3));
        table.remove(3);
        assert!(table.get(3).is_none());
        assert!(table.set(MAX_CAPS, vcon, account).is_none());
        assert!(table.set(1_000, vcon, account).is_none(), "the limit");
        assert_eq!(account.used(), 3 * PAGE_SIZE as u64);
        let stays = (0..)
            .take_while(|_| table.clear(account, &Budget::of_one_stay()).is_err())
            .count();
        assert!(stays < 3);
        assert_eq!(account.used(), 0);
    }

    #[test]
    fn a_capability_that_does_not_count_goes_with_the_last_that_does() {
        let _one = crate::util::one::processor();
        let factory = crate::obj::factory::Factory::make_root(1 << 20).unwrap();
        let semaphore = crate::obj::create(&crate::obj::semaphore::SEMAPHORES, factory).unwrap();
        let object = Object::Semaphore(semaphore);
        let (table, account) = (CapTable::vacant(), account(1 << 20));
        let weak = Rights(Rights::ALL.0 | Rights::NO_REF);
        let set = |at, rights| table.set(at, Cap::new(object, rights), account).unwrap();
        set(1, Rights::ALL);
        set(2, weak);
        assert!(table.get(2).is_some());
        // Over the one that counts: nothing keeps the object any more.
        set(1, weak);
        assert!(table.get(1).is_none() && table.get(2).is_none());
    }
}
