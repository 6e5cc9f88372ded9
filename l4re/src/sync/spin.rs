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
pub type SpinLock<T> = spin::mutex::SpinMutex<T, Sleep>;
