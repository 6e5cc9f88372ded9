//! Condition variables.
#![allow(unsafe_code)]

use super::{MutexGuard, Parking, Wait};
use crate::atomic::Ordering::SeqCst;
use crate::time::Instant;
use core::time::Duration;
use lock_api::RawMutex as _;

/// Waiting until the data of a [`Mutex`](super::Mutex) have become what one waits for.
///
/// ```
/// use l4re::sync::{Condvar, Mutex};
/// use core::time::Duration;
///
/// static READY: Mutex<bool> = Mutex::new(false);
/// static CHANGED: Condvar = Condvar::new();
///
/// // One thread:
/// *READY.lock() = true;
/// CHANGED.notify_all();
///
/// // Another one:
/// let mut ready = READY.lock();
/// CHANGED.wait_while(&mut ready, |ready| !*ready);
/// assert!(*ready);
/// # drop(ready);
/// # let mut ready = READY.lock();
/// assert!(CHANGED.wait_while_for(&mut ready, |ready| !*ready, Duration::from_secs(1)));
/// ```
#[derive(Debug)]
pub struct Condvar {
    /// How often it was notified.
    notified: Parking,
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

impl Condvar {
    /// Nobody waits.
    pub const fn new() -> Self {
        Condvar {
            notified: Parking::new(0),
        }
    }

    /// Gives the mutex back, waits until notified (or, rarely, for nothing), and takes it again.
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        self.wait_until(guard, None);
    }

    /// As [`wait`](Self::wait), for a time. Whether it was in time.
    pub fn wait_for<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, time: Duration) -> bool {
        self.wait_until(guard, Some(Instant::now() + time))
    }

    /// As [`wait`](Self::wait), until a point in time if there is one. Whether it was in time.
    pub fn wait_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        until: Option<Instant>,
    ) -> bool {
        let before = self.notified.value().load(SeqCst);
        // SAFETY: the guard holds the mutex, and does so again before anybody can use it.
        let mutex = unsafe { MutexGuard::mutex(guard).raw() };
        // SAFETY: the guard holds the mutex, which is locked again below, before anybody can use
        // the guard.
        unsafe { mutex.unlock() };
        let waited = self.notified.wait(before, until);
        mutex.lock();
        waited != Wait::TimedOut
    }

    /// Waits as long as `condition` says.
    pub fn wait_while<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) {
        while condition(guard) {
            self.wait(guard);
        }
    }

    /// Waits as long as `condition` says, but only for a time. Whether the condition has ended.
    pub fn wait_while_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
        time: Duration,
    ) -> bool {
        let until = Instant::now() + time;
        while condition(guard) {
            if !self.wait_until(guard, Some(until)) {
                return !condition(guard);
            }
        }
        true
    }

    /// Wakes one of those that wait: the most urgent.
    pub fn notify_one(&self) {
        self.notify(1);
    }

    /// Wakes all that wait.
    pub fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    fn notify(&self, n: usize) {
        self.notified.value().fetch_add(1, SeqCst);
        self.notified.wake(n);
    }
}
