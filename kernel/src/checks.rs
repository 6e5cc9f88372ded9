//! What always holds between two system calls, for tests: the kernel checks it after every
//! system call and trap if it is built with the feature `checks`, and stops at the first
//! thing that is not so.

use crate::arch::cpu;
use crate::ipc::queue::WaitQueue;
use crate::ipc::state::Ipc;
use crate::obj::Object;
use crate::obj::thread::Thread;
use crate::sched;
use crate::util::list::{Linked, List};
use core::cell::Cell;

/// Tag of the link by which all threads are found.
pub struct AllTag;

struct All {
    threads: List<Thread, AllTag>,
    /// The one that is looked at next.
    next: Cell<Option<&'static Thread>>,
}
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for All {}
static ALL: All = All {
    threads: List::new(),
    next: Cell::new(None),
};

/// More elements than any list has in a test.
const MANY: usize = 1 << 20;

/// How many threads are looked at after a system call. Where there are more, their turns come
/// one after the other.
const AT_ONCE: usize = 64;

/// A thread was made.
pub fn born(thread: &'static Thread) {
    ALL.threads.push_back(thread);
}

/// A thread's slot is given back.
pub fn gone(thread: &'static Thread) {
    if ALL
        .next
        .get()
        .is_some_and(|next| core::ptr::eq(next, thread))
    {
        ALL.next.set(ALL.threads.next(thread));
    }
    Linked::<AllTag>::link(thread).unlink();
}

/// Whether no thread is left.
#[cfg(test)]
pub fn no_thread() -> bool {
    ALL.threads.is_empty()
}

/// Checks the current thread and up to 64 others.
pub fn state() {
    if let Some(current) = cpu::current()
        && Linked::<AllTag>::link(current).is_linked()
    {
        check(current);
    }
    for _ in 0..AT_ONCE {
        let Some(thread) = ALL.next.get().or_else(|| ALL.threads.first()) else {
            return;
        };
        check(thread);
        ALL.next.set(ALL.threads.next(thread));
        if ALL.next.get().is_none() {
            // Each is looked at once.
            return;
        }
    }
}

fn check(thread: &'static Thread) {
    let current = cpu::current().is_some_and(|c| core::ptr::eq(c, thread));
    let queued = sched::is_queued(thread);
    let (bound, linked) = (thread.bound().is_some(), thread.waiter.is_in_queue());
    let ipc = thread.ipc.get();
    // One that was deleted is not run again, until it is taken apart.
    let lives = Object::Thread(thread).lives();
    assert!(
        !lives || !thread.can_run() || current || queued,
        "a thread that can run is neither current nor queued"
    );
    assert!(
        thread.can_run() || !queued,
        "a thread that cannot run is queued"
    );
    assert!(
        !sched::timeout::is_set(thread) || !matches!(ipc, Ipc::None | Ipc::Ended),
        "a timeout runs for a thread that does not wait"
    );
    assert!(
        linked == matches!(ipc, Ipc::Down) || matches!(ipc, Ipc::Sending),
        "a thread is in a queue that it does not wait in, or the other way round"
    );
    assert!(
        bound || matches!(ipc, Ipc::None | Ipc::Ended),
        "a thread without a task is in an IPC"
    );
    assert!(
        bound == thread.binding.link.is_linked(),
        "a thread has a UTCB and no task, or the other way round"
    );
    assert!(
        !bound || thread.cr3() != 0,
        "a bound thread has no address space"
    );
    assert!(
        bound || thread.binding.io_bitmap.get().is_none(),
        "a thread without a task has ports"
    );
    assert!(thread.irqs.is_sound(MANY));
    if thread.has_ended() {
        assert!(
            !thread.group_link.is_linked(),
            "a thread that has ended is in a group"
        );
        // It ends in steps: the last one unbinds it, or gives a deleted thread's slot back.
        assert!(
            bound || !lives || thread.senders.is_empty() && thread.irqs.is_empty(),
            "messages wait for a thread that has ended"
        );
    }
    let mut sender = thread.senders.at_or_behind(0);
    while let Some(waits) = sender {
        assert!(
            matches!(waits.ipc.get(), Ipc::Sending),
            "a thread is among the senders and does not send"
        );
        sender = thread.senders.at_or_behind(WaitQueue::place_of(waits) + 1);
    }
}
