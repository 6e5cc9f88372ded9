//! The lock of the backend.

/// Waits by sleeping ([`l4re::sync::relax`] tells why).
pub struct Sleep;

impl spin::relax::RelaxStrategy for Sleep {
    fn relax() {
        l4re::sync::relax();
    }
}

/// A mutual exclusion whose waiters sleep. It is held for moments only, never while a thread
/// waits for something else.
pub type Mutex<T> = spin::mutex::SpinMutex<T, Sleep>;
