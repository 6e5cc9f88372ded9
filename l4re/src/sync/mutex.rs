//! Mutual exclusion.
#![allow(unsafe_code)]

use super::{Parking, Wait};
use crate::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::time::Instant;
use core::time::Duration;

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody may wait.
const WAITED_FOR: u32 = 2;

/// Data that one thread uses at a time.
///
/// Taking a mutex that is free is one atomic operation, and so is giving it back. Threads that
/// have to wait get it in the order of their priorities. It is not poisoned: a panic ends the
/// program.
///
/// ```
/// use l4re::sync::Mutex;
/// use core::time::Duration;
///
/// let total = Mutex::new(1);
/// *total.lock() += 1;
/// let held = total.try_lock_for(Duration::from_millis(5)).unwrap();
/// assert_eq!(*held, 2);
/// ```
///
/// [`lock`](lock_api::Mutex::lock) waits as long as it takes,
/// [`try_lock`](lock_api::Mutex::try_lock) not at all, and
/// [`try_lock_for`](lock_api::Mutex::try_lock_for) for a time.
pub type Mutex<T> = lock_api::Mutex<RawMutex, T>;

/// Holds a [`Mutex`] until dropped.
pub type MutexGuard<'a, T> = lock_api::MutexGuard<'a, RawMutex, T>;

/// Holds a [`Mutex`], and refers to a part of its data.
pub type MappedMutexGuard<'a, T> = lock_api::MappedMutexGuard<'a, RawMutex, T>;

/// What a [`Mutex`] is without data.
#[derive(Debug)]
pub struct RawMutex {
    state: Parking,
}

impl RawMutex {
    #[cold]
    fn wait_and_lock(&self, until: Option<Instant>) -> bool {
        loop {
            // Whoever comes by here may leave others behind that wait.
            if self.state.value().swap(WAITED_FOR, Acquire) == FREE {
                return true;
            }
            if self.state.wait(WAITED_FOR, until) == Wait::TimedOut {
                return self.state.value().swap(WAITED_FOR, Acquire) == FREE;
            }
        }
    }
}

// SAFETY: who has changed the state from `FREE` is the only one until it is `FREE` again.
unsafe impl lock_api::RawMutex for RawMutex {
    const INIT: Self = RawMutex {
        state: Parking::new(FREE),
    };

    type GuardMarker = lock_api::GuardSend;

    #[inline]
    fn lock(&self) {
        if !self.try_lock() {
            self.wait_and_lock(None);
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        let state = self.state.value();
        state.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
    }

    #[inline]
    unsafe fn unlock(&self) {
        if self.state.value().swap(FREE, Release) == WAITED_FOR {
            self.state.wake(1);
        }
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.state.value().load(Relaxed) != FREE
    }
}

// SAFETY: who has changed the state from `FREE` is the only one until it is `FREE` again, whether
// it waited with a time limit or without.
unsafe impl lock_api::RawMutexTimed for RawMutex {
    type Duration = Duration;
    type Instant = Instant;

    fn try_lock_for(&self, time: Duration) -> bool {
        use lock_api::RawMutex as _;
        self.try_lock() || self.wait_and_lock(Some(Instant::now() + time))
    }

    fn try_lock_until(&self, until: Instant) -> bool {
        use lock_api::RawMutex as _;
        self.try_lock() || self.wait_and_lock(Some(until))
    }
}
