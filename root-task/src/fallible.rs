//! Values in memory that can be refused: for all that is kept for clients.
//!
//! What the standard library has of the kind ends the program when there is no memory; here the
//! answer is [`Error::ENOMEM`], and the client gets it.

use alloc::alloc::alloc;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::alloc::Layout;
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use crate::error::{Error, Result};

/// A value in memory of its own.
///
/// # Errors
/// [`Error::ENOMEM`].
pub fn boxed<T>(value: T) -> Result<Box<T>> {
    const { assert!(size_of::<T>() != 0) };
    // SAFETY: the layout has a size.
    let place = unsafe { alloc(Layout::new::<T>()) }.cast::<T>();
    let place = NonNull::new(place).ok_or(Error::ENOMEM)?;
    // SAFETY: the memory is from the global allocator, with the layout of `T`, as `Box` has it.
    unsafe {
        place.write(value);
        Ok(Box::from_raw(place.as_ptr()))
    }
}

struct Inner<T> {
    count: Cell<usize>,
    value: T,
}

/// A value that several parts of the program keep; it goes with the last one. As
/// `alloc::rc::Rc`, but making one can fail.
pub struct Shared<T> {
    inner: NonNull<Inner<T>>,
    owns: PhantomData<Inner<T>>,
}

impl<T> Shared<T> {
    /// A value with one keeper.
    ///
    /// # Errors
    /// [`Error::ENOMEM`].
    pub fn new(value: T) -> Result<Self> {
        let inner = boxed(Inner {
            count: Cell::new(1),
            value,
        })?;
        Ok(Shared {
            inner: NonNull::from(Box::leak(inner)),
            owns: PhantomData,
        })
    }

    /// Whether both are the same value, not merely equal ones.
    pub fn is(&self, other: &Self) -> bool {
        self.inner == other.inner
    }

    /// Whether nobody else keeps the value.
    pub fn is_only(&self) -> bool {
        self.count().get() == 1
    }

    fn count(&self) -> &Cell<usize> {
        // SAFETY: the value stays while it has keepers, of which this is one.
        unsafe { &self.inner.as_ref().count }
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value stays while it has keepers, of which this is one.
        unsafe { &self.inner.as_ref().value }
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        // As many keepers as there are addresses do not fit into memory.
        self.count().set(self.count().get() + 1);
        Shared {
            inner: self.inner,
            owns: PhantomData,
        }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        let count = self.count().get() - 1;
        self.count().set(count);
        if count == 0 {
            // SAFETY: it was made by `boxed`, and this was the last keeper.
            drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
        }
    }
}

/// Where a shared value is, without counting as a keeper.
pub(crate) struct Kept<T>(NonNull<Inner<T>>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kept<T> {}

impl<T> Kept<T> {
    /// The place of a value.
    pub(crate) fn of(shared: &Shared<T>) -> Self {
        Kept(shared.inner)
    }

    /// The value.
    ///
    /// # Safety
    /// It has a keeper as long as the reference is used.
    pub(crate) unsafe fn get<'a>(self) -> &'a T {
        // SAFETY: a value with a keeper is there (caller's contract).
        unsafe { &self.0.as_ref().value }
    }

    /// One more keeper of the value.
    ///
    /// # Safety
    /// The value has a keeper.
    pub(crate) unsafe fn share(self) -> Shared<T> {
        // SAFETY: the value has a keeper (contract of this function); the one that is counted here
        // is the result.
        let kept = unsafe { self.keep() };
        Shared {
            inner: kept.0,
            owns: PhantomData,
        }
    }

    /// Counts as a keeper from now on.
    ///
    /// # Safety
    /// The value has a keeper.
    pub(crate) unsafe fn keep(self) -> Self {
        // SAFETY: a value with a keeper is there (caller's contract).
        let count = unsafe { &self.0.as_ref().count };
        count.set(count.get() + 1);
        self
    }

    /// Does not count as a keeper any more; the value may go.
    ///
    /// # Safety
    /// It did, by [`Kept::keep`], and nothing uses the value on account of that.
    pub(crate) unsafe fn let_go(self) {
        drop(Shared {
            inner: self.0,
            owns: PhantomData,
        });
    }
}

/// Values in a row.
pub struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> List<T> {
    /// None.
    pub const fn new() -> Self {
        List(Vec::new())
    }

    /// None, with room for `capacity`.
    ///
    /// # Errors
    /// [`Error::ENOMEM`].
    pub fn with_room(capacity: usize) -> Result<Self> {
        let mut list = Self::new();
        list.reserve(capacity)?;
        Ok(list)
    }

    /// Makes room for so many more.
    ///
    /// # Errors
    /// [`Error::ENOMEM`].
    pub fn reserve(&mut self, more: usize) -> Result<()> {
        self.0.try_reserve(more).map_err(|_| Error::ENOMEM)
    }

    /// Adds a value behind the others.
    ///
    /// # Errors
    /// [`Error::ENOMEM`].
    pub fn push(&mut self, value: T) -> Result<()> {
        self.reserve(1)?;
        self.0.push(value);
        Ok(())
    }

    /// Adds values behind the others.
    ///
    /// # Errors
    /// [`Error::ENOMEM`]; then none is added.
    pub fn extend(&mut self, values: &[T]) -> Result<()>
    where
        T: Clone,
    {
        self.reserve(values.len())?;
        self.0.extend_from_slice(values);
        Ok(())
    }

    /// A copy of values.
    ///
    /// # Errors
    /// [`Error::ENOMEM`].
    pub fn copy_of(values: &[T]) -> Result<Self>
    where
        T: Clone,
    {
        let mut list = Self::new();
        list.reserve_exact(values.len())?;
        list.0.extend_from_slice(values);
        Ok(list)
    }

    fn reserve_exact(&mut self, more: usize) -> Result<()> {
        self.0.try_reserve_exact(more).map_err(|_| Error::ENOMEM)
    }

    /// Takes the last value out.
    pub fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    /// Takes a value out; the last one comes into its place. `None` if there is none.
    pub fn swap_remove(&mut self, index: usize) -> Option<T> {
        (index < self.0.len()).then(|| self.0.swap_remove(index))
    }

    /// Keeps those that fulfil a condition.
    pub fn retain(&mut self, condition: impl FnMut(&T) -> bool) {
        self.0.retain(condition);
    }

    /// Leaves at most the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Leaves none; the memory stays for more.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Lets text be written to a list by `core::fmt`; an error means that there is no memory.
impl fmt::Write for List<u8> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.extend(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tell<'a>(&'a Cell<u32>);

    impl Drop for Tell<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn a_shared_value_goes_with_its_last_keeper() {
        let gone = Cell::new(0);
        let one = Shared::new(Tell(&gone)).unwrap();
        let two = one.clone();
        let other = Shared::new(Tell(&gone)).unwrap();
        assert!(one.is(&two) && !one.is(&other));
        drop(other);
        assert_eq!(gone.get(), 1);
        let kept = Kept::of(&one);
        // SAFETY: both keepers are there.
        let kept = unsafe { kept.keep() };
        drop(one);
        drop(two);
        assert_eq!(gone.get(), 1);
        // SAFETY: it is kept, and then not used any more.
        unsafe {
            assert_eq!(kept.get().0.get(), 1);
            kept.let_go();
        }
        assert_eq!(gone.get(), 2);
    }

    #[test]
    fn lists() {
        let mut list = List::copy_of(&[1, 2]).unwrap();
        list.push(3).unwrap();
        list.extend(&[4, 5]).unwrap();
        assert_eq!(list.swap_remove(0), Some(1));
        assert_eq!(list.swap_remove(4), None);
        assert_eq!(*list, [5, 2, 3, 4]);
        list.retain(|n| n % 2 == 0);
        assert_eq!((list.pop(), list.len()), (Some(4), 1));
    }
}
