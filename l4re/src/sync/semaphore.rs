//! Counting.

use super::{Parking, Wait};
use crate::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::time::Instant;
use core::time::Duration;

/// A number of things that threads can have, and wait for. (The kernel's own, which programs can
/// share, is [`crate::semaphore::Semaphore`].)
///
/// ```
/// use l4re::sync::Semaphore;
/// use core::time::Duration;
///
/// let places = Semaphore::new(1);
/// places.acquire();
/// assert!(!places.try_acquire());
/// assert!(!places.try_acquire_for(Duration::ZERO));
/// places.release(1);
/// assert!(places.try_acquire());
/// ```
#[derive(Debug)]
pub struct Semaphore {
    count: Parking,
}

impl Semaphore {
    /// There are `count`.
    pub const fn new(count: u32) -> Self {
        Semaphore {
            count: Parking::new(count),
        }
    }

    /// Takes one if there is one.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        let count = self.count.value();
        count
            .try_update(Acquire, Relaxed, |count| count.checked_sub(1))
            .is_ok()
    }

    /// Takes one, waiting until there is one.
    #[inline]
    pub fn acquire(&self) {
        if !self.try_acquire() {
            self.wait(None);
        }
    }

    /// Takes one if there is one within `time`.
    #[inline]
    pub fn try_acquire_for(&self, time: Duration) -> bool {
        self.try_acquire() || self.wait(Some(Instant::now() + time))
    }

    #[cold]
    fn wait(&self, until: Option<Instant>) -> bool {
        loop {
            let late = self.count.wait(0, until) == Wait::TimedOut;
            if self.try_acquire() {
                return true;
            }
            if late {
                return false;
            }
        }
    }

    /// Gives `n` back, or adds them. (No more than `u32::MAX` are counted.)
    pub fn release(&self, n: u32) {
        let count = self.count.value();
        let _ = count.try_update(Release, Relaxed, |count| Some(count.saturating_add(n)));
        self.count.wake(n as usize);
    }
}
