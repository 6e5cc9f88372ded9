//! What is done once.
#![allow(unsafe_code)]

use super::Parking;
use crate::atomic::Ordering::{AcqRel, Acquire};
use core::cell::UnsafeCell;
use core::fmt;
use core::mem::MaybeUninit;

const TO_DO: u32 = 0;
const RUNS: u32 = 1;
const DONE: u32 = 2;

/// Something that is done once, whichever thread comes first.
///
/// ```
/// use l4re::sync::Once;
///
/// static SET_UP: Once = Once::new();
/// SET_UP.call_once(|| println!("only once"));
/// SET_UP.call_once(|| unreachable!());
/// assert!(SET_UP.is_done());
/// ```
#[derive(Debug)]
pub struct Once {
    state: Parking,
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}

/// Whoever waits may try if the work was not done.
struct Undo<'a>(&'a Once);

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        self.0.end(TO_DO);
    }
}

impl Once {
    /// It is still to be done.
    pub const fn new() -> Self {
        Once {
            state: Parking::new(TO_DO),
        }
    }

    /// Whether it has been done.
    #[inline]
    pub fn is_done(&self) -> bool {
        self.state.value().load(Acquire) == DONE
    }

    /// Does `work` if nothing was done yet. Returns when it has been done, by whichever thread.
    /// (`work` must not do so again by itself: that would wait for ever.)
    #[inline]
    pub fn call_once(&self, work: impl FnOnce()) {
        let done = self.try_call_once(|| {
            work();
            Ok::<(), core::convert::Infallible>(())
        });
        match done {
            Ok(()) => (),
            Err(never) => match never {},
        }
    }

    /// As [`call_once`](Self::call_once), where the work can fail: then the next one tries.
    ///
    /// # Errors
    /// The work's.
    #[inline]
    pub fn try_call_once<E>(&self, work: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        if self.is_done() {
            return Ok(());
        }
        self.work_or_wait(work)
    }

    #[cold]
    fn work_or_wait<E>(&self, work: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let state = self.state.value();
        loop {
            match state.compare_exchange(TO_DO, RUNS, AcqRel, Acquire) {
                Ok(_) => break,
                Err(DONE) => return Ok(()),
                Err(_) => {
                    self.state.wait(RUNS, None);
                }
            }
        }
        let undo = Undo(self);
        work()?;
        core::mem::forget(undo);
        self.end(DONE);
        Ok(())
    }

    fn end(&self, with: u32) {
        self.state
            .value()
            .store(with, crate::atomic::Ordering::SeqCst);
        self.state.wake(usize::MAX);
    }
}

/// A value that is made once.
///
/// ```
/// use l4re::sync::OnceLock;
///
/// static NAME: OnceLock<String> = OnceLock::new();
/// assert_eq!(NAME.get(), None);
/// assert_eq!(NAME.get_or_init(|| "server".into()), "server");
/// assert_eq!(NAME.set("client".into()), Err("client".into()));
/// ```
pub struct OnceLock<T> {
    once: Once,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: the value is written by one thread, and read by others when that is done (`Once`); it
// may be dropped by another thread than its maker.
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}
// SAFETY: the value is the cell's own.
unsafe impl<T: Send> Send for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// No value yet.
    pub const fn new() -> Self {
        OnceLock {
            once: Once::new(),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// The value, if it has been made.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        // SAFETY: when it is done, the value is there and never written again.
        (self.once.is_done()).then(|| unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// The value, if it has been made.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        // SAFETY: the value is there (`is_done`), and `&mut self` is the only reference.
        (self.once.is_done()).then(|| unsafe { self.value.get_mut().assume_init_mut() })
    }

    /// The value; made by `make` if it was not yet.
    #[inline]
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        match self.get_or_try_init(|| Ok::<T, core::convert::Infallible>(make())) {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// As [`get_or_init`](Self::get_or_init), where making it can fail: then the next one tries.
    ///
    /// # Errors
    /// Those of `make`.
    #[inline]
    pub fn get_or_try_init<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        self.once.try_call_once(|| {
            let value = make()?;
            // SAFETY: this is run by one thread, while nobody reads.
            unsafe { (*self.value.get()).write(value) };
            Ok(())
        })?;
        // SAFETY: it is done.
        Ok(unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// Sets the value.
    ///
    /// # Errors
    /// The value, if there was one already.
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.once.call_once(|| {
            if let Some(value) = value.take() {
                // SAFETY: `call_once` runs this once and alone; nobody reads the value before it is
                // done.
                unsafe { (*self.value.get()).write(value) };
            }
        });
        value.map_or(Ok(()), Err)
    }

    /// The value, if it has been made.
    pub fn into_inner(mut self) -> Option<T> {
        self.take()
    }

    /// Takes the value out: there is none any more.
    pub fn take(&mut self) -> Option<T> {
        let done = self.once.is_done();
        self.once = Once::new();
        // SAFETY: the value was there, and now belongs to the caller alone.
        done.then(|| unsafe { self.value.get_mut().assume_init_read() })
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for OnceLock<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnceLock").field(&self.get()).finish()
    }
}
