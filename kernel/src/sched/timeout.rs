//! Threads that wait until a point in time.

use crate::obj::thread::Thread;
use crate::util::list::List;
use core::cell::Cell;

/// Tag of the link by which a thread waits for its timeout.
pub struct TimeoutTag;

struct Timeouts(List<Thread, TimeoutTag>, Cell<()>);
// SAFETY: as for `util::global::Global`: one processor, interrupts off.
unsafe impl Sync for Timeouts {}
static TIMEOUTS: Timeouts = Timeouts(List::new(), Cell::new(()));

/// Lets `thread` be told at `deadline` (microseconds).
pub fn set(thread: &'static Thread, deadline: u64) {
    TIMEOUTS.0.remove(thread);
    thread.timeout_at.set(deadline);
    TIMEOUTS
        .0
        .insert_sorted(thread, |a, b| a.timeout_at.get() < b.timeout_at.get());
    super::arm(u64::MAX);
}

/// Calls it off.
#[inline]
pub fn clear(thread: &Thread) {
    TIMEOUTS.0.remove(thread);
}

/// The next point in time at which somebody is to be told.
pub fn first() -> u64 {
    TIMEOUTS.0.first().map_or(u64::MAX, |t| t.timeout_at.get())
}

/// Tells all whose time has come.
pub fn expire(now: u64) {
    while let Some(thread) = TIMEOUTS.0.first() {
        if thread.timeout_at.get() > now {
            return;
        }
        TIMEOUTS.0.remove(thread);
        thread.timed_out();
    }
}

/// Whether a timeout runs for the thread.
#[inline]
pub fn is_set(thread: &Thread) -> bool {
    let link: &crate::util::list::Link<Thread> =
        crate::util::list::Linked::<TimeoutTag>::link(thread);
    link.is_linked()
}
