//! Threads that wait for a receiver, a gate or a semaphore: the highest priority first, and
//! among equals the one that came first. A thread keeps its place when its priority changes.

use crate::obj::thread::Thread;
use crate::util::tree::{InTree, Tree, TreeLink};
use core::cell::Cell;

/// Tag of the link by which a thread waits in a queue.
pub struct SenderTag;

/// A queue. Entering and leaving it take a number of steps that grows with the logarithm
/// of the number of those that wait.
pub struct WaitQueue(Tree<Thread, SenderTag>);

/// How many bits of a key tell who came first.
const TICKET_BITS: u32 = 56;

/// The key of a thread that comes now.
fn key(priority: u8) -> u64 {
    struct Ticket(Cell<u64>);
    // SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
    unsafe impl Sync for Ticket {}
    /// Comes to its end after two thousand years of a million arrivals a second.
    static TICKET: Ticket = Ticket(Cell::new(0));
    let ticket = TICKET.0.get() + 1;
    TICKET.0.set(ticket);
    u64::from(u8::MAX - priority) << TICKET_BITS | ticket & ((1 << TICKET_BITS) - 1)
}

/// What a thread has to wait in a queue with.
pub struct Waiter {
    link: TreeLink<Thread, SenderTag>,
    queue: Cell<Option<&'static WaitQueue>>,
}

impl Waiter {
    /// Waits in no queue.
    #[allow(
        clippy::new_without_default,
        reason = "used in constants, where a default cannot be"
    )]
    pub const fn new() -> Self {
        Self {
            link: TreeLink::new(),
            queue: Cell::new(None),
        }
    }
}

#[cfg(any(test, feature = "checks"))]
impl Waiter {
    /// Whether the thread is in a queue: the link and the queue agree about it.
    pub fn is_in_queue(&self) -> bool {
        let linked = self.link.is_linked();
        assert!(linked == self.queue.get().is_some());
        linked
    }
}

impl InTree<SenderTag> for Thread {
    #[inline]
    fn tree_link(&self) -> &TreeLink<Self, SenderTag> {
        &self.waiter.link
    }
}

/// Takes a thread out of the queue that it waits in, if it waits in one.
pub fn leave(thread: &Thread) {
    if let Some(queue) = thread.waiter.queue.take() {
        queue.0.remove(thread);
    }
}

impl WaitQueue {
    /// An empty queue.
    #[allow(
        clippy::new_without_default,
        reason = "used in constants, where a default cannot be"
    )]
    pub const fn new() -> Self {
        Self(Tree::new())
    }

    /// Whether nobody waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a thread, which leaves the queue that it waits in.
    pub fn push(&'static self, thread: &'static Thread) {
        leave(thread);
        self.0.insert(thread, key(thread.priority.get()));
        thread.waiter.queue.set(Some(self));
    }

    /// Takes the first one out.
    pub fn pop(&self) -> Option<&'static Thread> {
        let first = self.0.pop_first()?;
        first.waiter.queue.set(None);
        Some(first)
    }

    /// Takes a thread out. False if it does not wait here.
    pub fn remove(&self, thread: &Thread) -> bool {
        let here = (thread.waiter.queue.get()).is_some_and(|queue| core::ptr::eq(queue, self));
        if here {
            leave(thread);
        }
        here
    }

    /// The first one that stands at this place or behind it; 0 is before all of them.
    pub fn at_or_behind(&self, place: u64) -> Option<&'static Thread> {
        self.0.ceil(place)
    }

    /// The place of a thread that waits; no two have the same.
    pub fn place_of(thread: &Thread) -> u64 {
        thread.waiter.link.key()
    }
}
