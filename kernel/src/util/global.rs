//! Kernel-global data.

use core::cell::{RefCell, RefMut};

/// Data of which the kernel has one.
///
/// A borrow that is still open when the next one is made is a defect of the kernel and
/// stops it; user input cannot cause one, because no borrow lives across a call into
/// another room.
pub struct Global<T>(RefCell<T>);

// SAFETY: the kernel runs on one processor with interrupts off, so that no second
// thread of control can hold the reference that `Sync` would let it have.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    /// Makes the datum.
    pub const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    /// Borrows the datum for the length of a statement or a few.
    #[inline]
    pub fn borrow(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }
}
