//! Semaphores for threads that wait.

use super::SpinLock;
use crate::OwnedCap;
use crate::atomic::program_static;
use crate::semaphore::Semaphore;
use crate::start;

/// How many semaphores are kept for the next who waits.
const KEPT: usize = 64;

program_static! {
    /// Semaphores whose count is 0 and that nobody uses. No heap: the heap's locks may need them.
    static SPARE: SpinLock<heapless::Vec<OwnedCap<Semaphore>, KEPT>> =
        SpinLock::new(heapless::Vec::new());
}

/// A semaphore with the count 0, for one thread to wait at; none if there is no memory for it.
pub fn take() -> Option<OwnedCap<Semaphore>> {
    if let Some(spare) = SPARE.lock().pop() {
        return Some(spare);
    }
    start::try_env()?.factory().create_semaphore().ok()
}

/// Gives a semaphore back, whose count is 0 again.
pub fn give_back(semaphore: OwnedCap<Semaphore>) {
    // Dropped behind the lock if there is no place for it.
    let too_many = SPARE.lock().push(semaphore);
    drop(too_many);
}
