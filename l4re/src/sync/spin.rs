//! Locks for what takes but a few instructions.

use core::time::Duration;

/// How a thread waits for a spin lock: it sleeps.
///
/// Priorities are strict: a thread that spins would never let the holder of the lock run if
/// the holder's priority is lower and both are on one processor. While it sleeps, the holder
/// runs. Critical sections are short, so this is rare; the price of the rare case is the sleep.
/// The registers of the UTCB stay as they are, so that a lock can be taken while a message is
/// written or read.
pub fn relax() {
    crate::msg::preserve(|| crate::time::sleep(Duration::from_micros(100)));
}

/// Waits as [`relax`] tells: a strategy for the locks of the crate `spin`.
#[derive(Debug)]
pub struct Sleep;

impl spin::relax::RelaxStrategy for Sleep {
    fn relax() {
        relax();
    }
}

/// A lock whose waiters sleep for a while and try again: for what is done in a few instructions,
/// below the heap and the [`Mutex`](super::Mutex).
#[cfg(not(interleavings))]
pub type SpinLock<T> = spin::mutex::SpinMutex<T, Sleep>;

/// The same of the checker's atomics.
#[cfg(interleavings)]
pub type SpinLock<T> = lock_api::Mutex<checked::RawSpinLock, T>;

#[cfg(interleavings)]
#[allow(unsafe_code)]
mod checked {
    use crate::atomic::AtomicBool;
    use crate::atomic::Ordering::{Acquire, Release};

    #[derive(Debug)]
    pub struct RawSpinLock {
        held: AtomicBool,
    }

    // SAFETY: who has changed it to `true` is the only one until it is `false` again.
    unsafe impl lock_api::RawMutex for RawSpinLock {
        const INIT: Self = RawSpinLock {
            held: AtomicBool::new(false),
        };

        type GuardMarker = lock_api::GuardSend;

        fn lock(&self) {
            while !self.try_lock() {
                super::relax();
            }
        }

        fn try_lock(&self) -> bool {
            !self.held.swap(true, Acquire)
        }

        unsafe fn unlock(&self) {
            self.held.store(false, Release);
        }
    }
}
