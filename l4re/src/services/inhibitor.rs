//! Inhibitors of shutdown and suspend.

use crate::error::Result;
use alloc::string::String;
use l4re_sys::proto;
use l4re_sys::re::inhibitor;

/// Locks that hold off what the machine is about to do (`L4Re::Inhibitor`, `l4/re/inhibitor`).
#[l4re::interface(unsafe, protocol = proto::INHIBITOR, name = "L4Re::Inhibitor")]
pub trait Inhibitor {
    /// Takes a lock; `reason` is for people.
    ///
    /// # Errors
    /// The error "no such device" if there is no such lock.
    #[op = inhibitor::ACQUIRE]
    fn acquire(&self, id: u64, reason: &str) -> Result<()>;

    /// Gives a lock up.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    #[op = inhibitor::RELEASE]
    fn release(&self, id: u64) -> Result<()>;

    /// The lock behind that of the number `id` (the first behind -1): sets `id` to its number, and
    /// returns its name.
    ///
    /// # Errors
    /// The error "no such device" behind the last.
    #[op = inhibitor::NEXT_LOCK_INFO]
    fn next_lock_info(&self, id: &mut i64) -> Result<String>;
}
