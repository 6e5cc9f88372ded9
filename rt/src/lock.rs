//! The lock of the run-time system.

/// Waits as [`l4re::sync::relax`] tells: by sleeping.
pub struct Sleep;

impl spin::relax::RelaxStrategy for Sleep {
    fn relax() {
        l4re::sync::relax();
    }
}

/// A mutual exclusion whose waiters sleep.
pub type Mutex<T> = spin::mutex::SpinMutex<T, Sleep>;
