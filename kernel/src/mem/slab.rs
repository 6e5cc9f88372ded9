//! Type-stable memory for kernel objects.
//!
//! A slot, once it holds a `T`, holds a `T` for ever: it goes from one life to the next,
//! never to another type. All fields of such types are cells. That is why a `&'static T`
//! into a slab is always sound to use, even after its object was deleted; whether the
//! object is still the one that was meant is answered by its generation
//! (`obj::Handle`).

use super::frames;
use core::cell::Cell;

/// What lives in a slab.
pub trait Slot: Sized + 'static {
    /// A slot that no object lives in.
    const VACANT: Self;
    /// The place for the free list's link.
    fn next_free(&self) -> &Cell<Option<&'static Self>>;
}

/// The slots of one type.
pub struct Slab<T: Slot> {
    free: Cell<Option<&'static T>>,
}

// SAFETY: as for `util::global::Global`: one processor, interrupts off.
unsafe impl<T: Slot> Sync for Slab<T> {}

impl<T: Slot> Slab<T> {
    const PER_PAGE: usize = frames::PAGE_SIZE / size_of::<T>();

    /// A slab without memory.
    pub const fn new() -> Self {
        const {
            assert!(size_of::<T>() <= frames::PAGE_SIZE && align_of::<T>() <= frames::PAGE_SIZE);
        }
        Self {
            free: Cell::new(None),
        }
    }

    /// Takes a slot; its contents are those of its last life, or `VACANT`.
    #[inline]
    pub fn take(&self) -> Option<&'static T> {
        if self.free.get().is_none() {
            self.grow()?;
        }
        let slot = self.free.get()?;
        self.free.set(slot.next_free().take());
        Some(slot)
    }

    /// Gives a slot back that `take` gave.
    pub fn give(&self, slot: &'static T) {
        slot.next_free().set(self.free.replace(Some(slot)));
    }

    fn grow(&self) -> Option<()> {
        let page = frames::alloc(0)?.cast::<T>();
        for i in 0..Self::PER_PAGE {
            // SAFETY: the page is ours for ever and holds PER_PAGE values of T, each of
            // which is written before a reference to it is made.
            let slot: &'static T = unsafe {
                let place = page.add(i);
                place.write(T::VACANT);
                place.as_ref()
            };
            self.give(slot);
        }
        Some(())
    }
}
