//! Data that many read, or one writes.
#![allow(unsafe_code)]

use super::{Parking, Wait};
use crate::atomic::AtomicU32;
use crate::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use crate::time::Instant;
use core::time::Duration;

/// Somebody writes.
const WRITES: u32 = 1 << 31;
/// Somebody may wait.
const WAITED_FOR: u32 = 1 << 30;
/// The number of those that read.
const READERS: u32 = WAITED_FOR - 1;

/// Data that any number of threads read at a time, or one writes. Who wants to write comes
/// before those that come to read later.
///
/// ```
/// use l4re::sync::RwLock;
///
/// let names = RwLock::new(vec!["a"]);
/// names.write().push("b");
/// let (one, two) = (names.read(), names.read());
/// assert_eq!(one.len(), two.len());
/// assert!(names.try_write().is_none());
/// ```
pub type RwLock<T> = lock_api::RwLock<RawRwLock, T>;

/// Lets read the data of a [`RwLock`] until dropped.
pub type RwLockReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, RawRwLock, T>;

/// Lets write the data of a [`RwLock`] until dropped.
pub type RwLockWriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, RawRwLock, T>;

/// What a [`RwLock`] is without data.
#[derive(Debug)]
pub struct RawRwLock {
    state: Parking,
    /// Those that wait to write: nobody starts reading meanwhile.
    writers: AtomicU32,
}

impl RawRwLock {
    fn try_read(&self) -> bool {
        let mut state = self.state.value().load(Relaxed);
        while state & WRITES == 0 && state & READERS != READERS && self.writers.load(SeqCst) == 0 {
            let value = self.state.value();
            match value.compare_exchange_weak(state, state + 1, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    fn try_write(&self) -> bool {
        let mut state = self.state.value().load(Relaxed);
        while state & !WAITED_FOR == 0 {
            let value = self.state.value();
            match value.compare_exchange_weak(state, state | WRITES, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Waits until `get` succeeds. Whether it did in time. `may_wait` says whether the lock is as
    /// somebody will leave it with a wake-up.
    #[cold]
    fn wait_for(
        &self,
        until: Option<Instant>,
        get: impl Fn(&Self) -> bool,
        may_wait: impl Fn(u32) -> bool,
    ) -> bool {
        let mut late = false;
        loop {
            // Who gives the lock back, or gives up waiting, from now on sees the mark.
            let state = self.state.value().fetch_or(WAITED_FOR, SeqCst) | WAITED_FOR;
            if get(self) {
                return true;
            }
            if late {
                return false;
            }
            if may_wait(state) {
                late = self.state.wait(state, until) == Wait::TimedOut;
            }
        }
    }

    fn read_until(&self, until: Option<Instant>) -> bool {
        // Those that read also wait for those that want to write, who wake them.
        self.try_read() || self.wait_for(until, Self::try_read, |_| true)
    }

    fn write_until(&self, until: Option<Instant>) -> bool {
        if self.try_write() {
            return true;
        }
        self.writers.fetch_add(1, SeqCst);
        // A lock that was free a moment ago may be so again, with nobody there but readers that wait for
        // this one.
        let got = self.wait_for(until, Self::try_write, |state| state & !WAITED_FOR != 0);
        self.writers.fetch_sub(1, SeqCst);
        if !got {
            // Readers may have waited for this one alone.
            self.wake_all();
        }
        got
    }

    #[cold]
    fn wake_all(&self) {
        self.state.value().fetch_and(!WAITED_FOR, SeqCst);
        self.state.wake(usize::MAX);
    }
}

// SAFETY: `WRITES` is set only where nobody reads or writes, readers are counted only where
// nobody writes.
unsafe impl lock_api::RawRwLock for RawRwLock {
    const INIT: Self = RawRwLock {
        state: Parking::new(0),
        writers: AtomicU32::new(0),
    };

    type GuardMarker = lock_api::GuardSend;

    fn lock_shared(&self) {
        self.read_until(None);
    }

    fn try_lock_shared(&self) -> bool {
        self.try_read()
    }

    unsafe fn unlock_shared(&self) {
        let before = self.state.value().fetch_sub(1, SeqCst);
        if before & READERS == 1 && before & WAITED_FOR != 0 {
            self.wake_all();
        }
    }

    fn lock_exclusive(&self) {
        self.write_until(None);
    }

    fn try_lock_exclusive(&self) -> bool {
        self.try_write()
    }

    unsafe fn unlock_exclusive(&self) {
        if self.state.value().fetch_and(!WRITES, SeqCst) & WAITED_FOR != 0 {
            self.wake_all();
        }
    }

    fn is_locked(&self) -> bool {
        self.state.value().load(Relaxed) & !WAITED_FOR != 0
    }
}

// SAFETY: `WRITES` is set only where nobody reads or writes, readers are counted only where nobody
// writes, whether they waited with a time limit or without.
unsafe impl lock_api::RawRwLockTimed for RawRwLock {
    type Duration = Duration;
    type Instant = Instant;

    fn try_lock_shared_for(&self, time: Duration) -> bool {
        self.read_until(Some(Instant::now() + time))
    }

    fn try_lock_shared_until(&self, until: Instant) -> bool {
        self.read_until(Some(until))
    }

    fn try_lock_exclusive_for(&self, time: Duration) -> bool {
        self.write_until(Some(Instant::now() + time))
    }

    fn try_lock_exclusive_until(&self, until: Instant) -> bool {
        self.write_until(Some(until))
    }
}
