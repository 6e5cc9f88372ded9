//! The kernel has one processor: tests that use its objects run one after the other.

use std::sync::{Mutex, MutexGuard, PoisonError};

static PROCESSOR: Mutex<()> = Mutex::new(());

/// Waits for the processor; it is the caller's for as long as the guard lives. What a failed
/// test left behind is for its message to explain: the next one goes on.
pub fn processor() -> MutexGuard<'static, ()> {
    PROCESSOR.lock().unwrap_or_else(PoisonError::into_inner)
}
