//! Memory for kernel objects that a stale reference can do no harm with.
//!
//! Each kind of object has a window of addresses of its own. A page in it holds slots of
//! that kind only, for one account, which is charged for the page as a whole. When its last
//! slot is given back the page's frame goes back to the frame allocator, and the window shows
//! a page of zeros there, which cannot be written, until the next page of the same kind comes
//! to that place. So a `&'static T` into a window reads, for ever, a `T` or zeros, and all
//! fields of such types are cells for which zeros are a value. Whether the object is still
//! the one that was meant, its generation tells: 0 in a page of zeros, never the same
//! twice elsewhere (`obj::Handle`).

use super::account::Account;
use super::frames::PAGE_SIZE;
use crate::arch::window;
use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// How many kinds of slots there are, each with a window.
pub const KINDS: usize = 8;

/// What lives in a slab.
pub trait Slot: Sized + 'static {
    /// A slot that no object lives in.
    const VACANT: Self;
    /// The number of its window, below [`KINDS`]; no other type has the same.
    const KIND: usize;
    /// The place for the free list's link.
    fn next_free(&self) -> &Cell<Option<&'static Self>>;
}

/// What a page of slots ends with.
struct Page {
    /// Numbers of the neighbours in the account's list, counted from the window's start.
    next: Cell<u32>,
    prev: Cell<u32>,
    /// The number of the first free slot, plus one; 0: none is free.
    free: Cell<u16>,
    used: Cell<u16>,
    /// [`PageRef::sweep`] was here.
    swept: Cell<bool>,
}

/// No page.
const NONE: u32 = u32::MAX;

const ROOM: usize = PAGE_SIZE - size_of::<Page>();

/// Largest object of which so many fit into a page.
pub const fn largest(per_page: usize) -> usize {
    ROOM / per_page
}

/// The page with this number in the window of a kind.
fn page(kind: usize, number: u32) -> Option<&'static Page> {
    let place = window::address(kind, number)?.as_ptr().wrapping_add(ROOM);
    // SAFETY: numbers in lists are those of pages that the window shows, which end with a
    // `Page` of cells; a page that is given back is first taken out of its list.
    (number != NONE).then(|| unsafe { &*place.cast::<Page>() })
}

/// Pages of one kind that an account paid for: those with a free slot stand before those
/// without.
pub struct PageList {
    first: Cell<u32>,
    last: Cell<u32>,
}

impl PageList {
    /// No pages.
    #[allow(
        clippy::new_without_default,
        reason = "used in constants, where a default cannot be"
    )]
    pub const fn new() -> Self {
        Self {
            first: Cell::new(NONE),
            last: Cell::new(NONE),
        }
    }

    /// The first page.
    pub(super) fn first(&self, kind: usize) -> Option<PageRef> {
        let number = self.first.get();
        (number != NONE).then_some(PageRef { kind, number })
    }

    fn insert(&self, kind: usize, number: u32, at_front: bool) {
        let Some(new) = page(kind, number) else {
            return;
        };
        let (near, far) = if at_front {
            (&self.first, &self.last)
        } else {
            (&self.last, &self.first)
        };
        let neighbour = near.replace(number);
        let (towards, away) = if at_front {
            (&new.next, &new.prev)
        } else {
            (&new.prev, &new.next)
        };
        towards.set(neighbour);
        away.set(NONE);
        match page(kind, neighbour) {
            Some(neighbour) if at_front => neighbour.prev.set(number),
            Some(neighbour) => neighbour.next.set(number),
            None => far.set(number),
        }
    }

    fn remove(&self, kind: usize, number: u32) {
        let Some(old) = page(kind, number) else {
            return;
        };
        let (prev, next) = (old.prev.get(), old.next.get());
        match page(kind, prev) {
            Some(prev) => prev.next.set(next),
            None => self.first.set(next),
        }
        match page(kind, next) {
            Some(next) => next.prev.set(prev),
            None => self.last.set(prev),
        }
    }
}

/// A page of objects of some kind.
#[derive(Clone, Copy)]
pub struct PageRef {
    kind: usize,
    number: u32,
}

impl PageRef {
    /// Whether [`sweep`](Self::sweep) marked the page.
    pub fn is_swept(self) -> bool {
        page(self.kind, self.number).is_none_or(|page| page.swept.get())
    }

    /// Marks the page and puts it behind all others of its account, whose kind no slots are
    /// taken of any more.
    pub fn sweep(self, account: &Account) {
        if let Some(page) = page(self.kind, self.number)
            && let Some(list) = account.pages.get(self.kind)
        {
            page.swept.set(true);
            list.remove(self.kind, self.number);
            list.insert(self.kind, self.number, false);
        }
    }

    /// The slots of the page, taken or free. None if it is of another type.
    pub fn slots<T: Slot>(self) -> impl Iterator<Item = &'static T> {
        let count = if T::KIND == self.kind {
            Slab::<T>::PER_PAGE
        } else {
            0
        };
        let base = window::address(self.kind, self.number);
        base.into_iter().flat_map(move |base| {
            (0..count).map(move |n| {
                // SAFETY: the account's list has the page, so that the window shows it, with that
                // many slots of this type at its start.
                unsafe { base.cast::<T>().add(n).as_ref() }
            })
        })
    }
}

/// The slots of one type.
pub struct Slab<T: Slot>(PhantomData<T>);

// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl<T: Slot> Sync for Slab<T> {}

impl<T: Slot> Slab<T> {
    /// How many slots a page has.
    pub const PER_PAGE: usize = ROOM / size_of::<T>();

    /// The slab of a type; it has no state of its own.
    #[allow(
        clippy::new_without_default,
        reason = "used for statics, where a default cannot be"
    )]
    pub const fn new() -> Self {
        const {
            assert!(size_of::<T>() <= ROOM && align_of::<T>() <= PAGE_SIZE && T::KIND < KINDS);
        }
        Self(PhantomData)
    }

    /// Takes a slot at an account's cost; its contents are those of its last life, or
    /// `VACANT`.
    pub fn take(&self, account: &Account) -> Option<&'static T> {
        let list = account.pages.get(T::KIND)?;
        let first = list.first.get();
        let has_room = page(T::KIND, first).is_some_and(|page| page.free.get() != 0);
        let number = match has_room {
            true => first,
            false => self.grow(account, list)?,
        };
        let (base, page) = (window::address(T::KIND, number)?, page(T::KIND, number)?);
        let slot = Self::slot(base, page.free.get())?;
        let next = slot.next_free().take();
        page.free.set(next.map_or(0, Self::number));
        page.used.set(page.used.get() + 1);
        if next.is_none() {
            list.remove(T::KIND, number);
            list.insert(T::KIND, number, false);
        }
        Some(slot)
    }

    /// Gives a slot back that `take` gave for this account.
    pub fn give(&self, slot: &'static T, account: &Account) {
        // A reference to a slot is good for the slot alone: the page is found by its number.
        let place = core::ptr::from_ref(slot).cast::<u8>().cast_mut();
        let start = NonNull::new(place.map_addr(|addr| addr & !(PAGE_SIZE - 1)));
        let Some(number) = start.and_then(|start| window::number(T::KIND, start)) else {
            return;
        };
        let (Some(list), Some(base), Some(page)) = (
            account.pages.get(T::KIND),
            window::address(T::KIND, number),
            page(T::KIND, number),
        ) else {
            return;
        };
        let was_full = page.free.get() == 0;
        slot.next_free().set(Self::slot(base, page.free.get()));
        page.free.set(Self::number(slot));
        page.used.set(page.used.get() - 1);
        if page.used.get() == 0 {
            list.remove(T::KIND, number);
            let block = window::hide(T::KIND, base);
            // SAFETY: `grow` took the frame from this account. No slot of it is taken; stale
            // references read the page of zeros that the window shows from here on.
            unsafe { account.free(block, 0) };
        } else if was_full && !page.swept.get() {
            list.remove(T::KIND, number);
            list.insert(T::KIND, number, true);
        }
    }

    /// The slot that the page at `base`, which is shown, has under this number plus one.
    fn slot(base: NonNull<u8>, number: u16) -> Option<&'static T> {
        let n = usize::from(number).checked_sub(1)?;
        // SAFETY: the page is shown, and holds PER_PAGE values of T from its start on.
        (n < Self::PER_PAGE).then(|| unsafe { base.cast::<T>().add(n).as_ref() })
    }

    /// A slot's number in its page plus one.
    fn number(slot: &'static T) -> u16 {
        let offset = core::ptr::from_ref(slot).addr() & (PAGE_SIZE - 1);
        (offset / size_of::<T>()) as u16 + 1
    }

    /// A new page for an account; its number.
    fn grow(&self, account: &Account, list: &PageList) -> Option<u32> {
        let block = account.alloc_dirty(0)?;
        let base = window::show(T::KIND, block);
        for n in (0..Self::PER_PAGE).rev() {
            let next =
                (n + 1 < Self::PER_PAGE).then(|| base.cast::<T>().as_ptr().wrapping_add(n + 1));
            // SAFETY: the page is the account's, shown and writable, and holds PER_PAGE
            // values of T, each of which is written before a reference to it is made.
            unsafe {
                let place = base.cast::<T>().add(n);
                place.write(T::VACANT);
                place.as_ref().next_free().set(next.map(|next| &*next));
            }
        }
        let page = Page {
            next: Cell::new(NONE),
            prev: Cell::new(NONE),
            free: Cell::new(1),
            used: Cell::new(0),
            swept: Cell::new(false),
        };
        // SAFETY: the page is the account's, shown and writable; behind its slots there is room for
        // the record.
        unsafe { base.as_ptr().wrapping_add(ROOM).cast::<Page>().write(page) };
        let number = window::number(T::KIND, base)?;
        list.insert(T::KIND, number, true);
        Some(number)
    }
}

const _: () = assert!(size_of::<Page>() == 16);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Small {
        number: Cell<u64>,
        next: Cell<Option<&'static Small>>,
    }
    impl Slot for Small {
        const VACANT: Self = Self {
            number: Cell::new(0),
            next: Cell::new(None),
        };
        const KIND: usize = KINDS - 2;
        fn next_free(&self) -> &Cell<Option<&'static Self>> {
            &self.next
        }
    }

    struct Large([Cell<u64>; 150], Cell<Option<&'static Large>>);
    impl Slot for Large {
        const VACANT: Self = Self([const { Cell::new(0) }; 150], Cell::new(None));
        const KIND: usize = KINDS - 3;
        fn next_free(&self) -> &Cell<Option<&'static Self>> {
            &self.1
        }
    }

    static SMALL: Slab<Small> = Slab::new();
    static LARGE: Slab<Large> = Slab::new();

    /// How many pages as many slots of a type need at least.
    fn least<T: Slot>(slots: usize) -> usize {
        slots.div_ceil(Slab::<T>::PER_PAGE)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 64 }))]
        /// Of two accounts each is charged for its own pages, all of them, and only while they
        /// have a slot in use; no slot is given to two.
        #[test]
        fn what_is_charged_is_what_is_taken(
            ops in prop::collection::vec((0u8..8, 0usize..2, any::<usize>()), 0..400),
        ) {
            let _one = crate::util::one::processor();
            let accounts: [Account; 2] = [Account::none(), Account::none()];
            for account in &accounts {
                account.reset(6 * PAGE_SIZE as u64);
            }
            let mut small: [Vec<&'static Small>; 2] = Default::default();
            let mut large: [Vec<&'static Large>; 2] = Default::default();
            let mut serial = 0;
            for (op, who, pick) in ops {
                let account = &accounts[who];
                match op {
                    0..3 => if let Some(slot) = SMALL.take(account) {
                        serial += 1;
                        slot.number.set(serial);
                        small[who].push(slot);
                    },
                    3..5 => if let Some(slot) = LARGE.take(account) {
                        large[who].push(slot);
                    } else {
                        prop_assert!(account.used() + PAGE_SIZE as u64 > account.limit());
                    },
                    5..7 if !small[who].is_empty() => {
                        let n = pick % small[who].len();
                        SMALL.give(small[who].swap_remove(n), account);
                    }
                    _ if !large[who].is_empty() => {
                        let n = pick % large[who].len();
                        LARGE.give(large[who].swap_remove(n), account);
                    }
                    _ => {}
                }
                let pages = (account.used() / PAGE_SIZE as u64) as usize;
                prop_assert!(account.used() <= account.limit());
                prop_assert!(pages >= least::<Small>(small[who].len()) + least::<Large>(large[who].len()));
                prop_assert!(pages <= small[who].len() + large[who].len());
                let mut numbers: Vec<u64> = small.iter().flatten().map(|s| s.number.get()).collect();
                numbers.sort_unstable();
                numbers.dedup();
                prop_assert_eq!(numbers.len(), small[0].len() + small[1].len());
            }
            for (who, account) in accounts.iter().enumerate() {
                small[who].drain(..).for_each(|slot| SMALL.give(slot, account));
                large[who].drain(..).for_each(|slot| LARGE.give(slot, account));
                prop_assert_eq!(account.used(), 0);
                prop_assert!(account.first_page(Small::KIND).is_none());
            }
        }
    }

    #[test]
    fn a_stale_reference_reads_zeros() {
        let _one = crate::util::one::processor();
        let account = Account::none();
        account.reset(PAGE_SIZE as u64);
        let slot = SMALL.take(&account).unwrap();
        slot.number.set(7);
        SMALL.give(slot, &account);
        assert_eq!((slot.number.get(), account.used()), (0, 0));
    }
}
