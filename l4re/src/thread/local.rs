//! Values that each thread has of its own.
#![allow(unsafe_code)]

use super::current::own_info;
use crate::atomic::AtomicUsize;
use crate::atomic::Ordering::Relaxed;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::cell::UnsafeCell;

/// The values of a thread, by the numbers of their [`Local`]s.
pub(super) struct Values(UnsafeCell<Vec<Option<Value>>>);

/// A value on the heap, which is used by its address while it is here: a `Box` may be used by
/// nothing else.
struct Value(*mut dyn Any);

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: it was a box (`Values::set`), and nobody uses the value any more: it goes when
        // its thread ends (`Values::clear`).
        drop(unsafe { Box::from_raw(self.0) });
    }
}

// SAFETY: only the thread whose they are uses them (`own_info`), and who drops them behind its
// end finds none (`clear`).
unsafe impl Sync for Values {}
// SAFETY: only the thread whose they are uses them (`own_info`), and who drops them behind its end
// finds none (`clear`).
unsafe impl Send for Values {}

impl Values {
    pub(super) fn new() -> Self {
        Values(UnsafeCell::new(Vec::new()))
    }

    /// A value's address.
    fn get(&self, number: usize) -> Option<*const dyn Any> {
        // SAFETY: the calling thread's, and no reference to the list outlives this.
        let values = unsafe { &*self.0.get() };
        let value = values.get(number)?.as_ref()?;
        Some(value.0)
    }

    /// Keeps a value; its address.
    fn set(&self, number: usize, value: Box<dyn Any>) -> *const dyn Any {
        // SAFETY: only the own thread uses the list, and no other reference into it lives; its
        // elements are nothing or boxes, whose content stays where it is.
        let values = unsafe { &mut *self.0.get() };
        let value = Box::into_raw(value);
        if values.len() <= number {
            values.resize_with(number + 1, || None);
        }
        if let Some(place) = values.get_mut(number) {
            // There is none: `Local::with` looks behind making the new one.
            *place = Some(Value(value));
        }
        value
    }

    /// Drops all values, those too that are made meanwhile. For the thread that ends.
    pub(super) fn clear(&self) {
        loop {
            // SAFETY: only the own thread uses the list, and no other reference into it lives: the
            // values are dropped behind that.
            let values = unsafe { core::mem::take(&mut *self.0.get()) };
            if values.is_empty() {
                return;
            }
            drop(values);
        }
    }
}

/// A value that each thread has of its own: made when the thread first uses it, dropped when the
/// thread ends (of the first thread: never).
///
/// ```
/// use core::cell::Cell;
/// use l4re::thread::Local;
///
/// static CALLS: Local<Cell<u32>> = Local::new(|| Cell::new(0));
///
/// CALLS.with(|calls| calls.set(calls.get() + 1));
/// assert_eq!(CALLS.with(Cell::get), 1);
/// ```
///
/// Data that need not be dropped can be had faster, with the compiler's attribute
/// `#[thread_local]` (unstable).
#[derive(Debug)]
pub struct Local<T: 'static> {
    make: fn() -> T,
    /// The number of the value, and 1; 0 until there is a first one.
    number: AtomicUsize,
}

static USED: AtomicUsize = AtomicUsize::new(1);

impl<T> Local<T> {
    /// Values that `make` makes.
    pub const fn new(make: fn() -> T) -> Self {
        Local {
            make,
            number: AtomicUsize::new(0),
        }
    }

    fn number(&self) -> usize {
        let number = self.number.load(Relaxed);
        if number != 0 {
            return number;
        }
        let new = USED.fetch_add(1, Relaxed);
        match self.number.compare_exchange(0, new, Relaxed, Relaxed) {
            Ok(_) => new,
            // Another thread was faster.
            Err(number) => number,
        }
    }

    /// Uses the calling thread's value.
    pub fn with<R>(&self, use_it: impl FnOnce(&T) -> R) -> R {
        let number = self.number();
        let find = || own_info(|info| info.values.get(number));
        let value = find().unwrap_or_else(|| {
            let new = (self.make)();
            // Making it may have used it.
            find().unwrap_or_else(|| {
                let new = Box::new(new);
                own_info(|info| info.values.set(number, new))
            })
        });
        // SAFETY: the value of this number is a `T`, since nobody else has the number. It is
        // dropped when the thread ends, not before this returns.
        use_it(unsafe { &*value.cast::<T>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::rc::Rc;
    use core::cell::{Cell, RefCell};

    static NAMES: Local<RefCell<Vec<&str>>> = Local::new(RefCell::default);
    static COUNT: Local<Cell<u32>> = Local::new(|| {
        // One that needs another.
        NAMES.with(|names| names.borrow_mut().push("count"));
        Cell::new(7)
    });

    #[test]
    fn each_thread_has_its_own() {
        assert_eq!(COUNT.with(Cell::get), 7);
        COUNT.with(|count| count.set(8));
        NAMES.with(|names| assert_eq!(*names.borrow(), ["count"]));
        std::thread::spawn(|| assert_eq!(COUNT.with(Cell::get), 7))
            .join()
            .unwrap();
        assert_eq!(COUNT.with(Cell::get), 8);
    }

    #[test]
    fn all_are_dropped_at_the_end() {
        static DROPS: AtomicUsize = AtomicUsize::new(0);
        struct Counted(#[allow(dead_code)] Rc<()>);
        impl Drop for Counted {
            fn drop(&mut self) {
                // Comes back while the values are dropped.
                LATE.with(|_| ());
                DROPS.fetch_add(1, Relaxed);
            }
        }
        struct Late;
        impl Drop for Late {
            fn drop(&mut self) {
                DROPS.fetch_add(10, Relaxed);
            }
        }
        static COUNTED: Local<Counted> = Local::new(|| Counted(Rc::default()));
        static LATE: Local<Late> = Local::new(|| Late);
        COUNTED.with(|_| ());
        own_info(|info| info.values.clear());
        assert_eq!(DROPS.load(Relaxed), 11);
        own_info(|info| info.values.clear());
        assert_eq!(DROPS.load(Relaxed), 11);
    }
}
