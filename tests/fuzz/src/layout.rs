//! What parent and child agree on: the child's memory, and its capabilities.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU64, Ordering};
use l4re::sys::CapIdx;

/// Threads of the child.
pub const THREADS: usize = 2;

/// The logarithm of the size of the child's memory, to which it is aligned.
pub const ORDER: u32 = 16;
const PAGES: usize = 1 << (ORDER - 12);
/// Pages of a thread's stack.
const STACK: usize = 4;
const PAGE: usize = 4096;

#[repr(align(65536))]
struct Memory(UnsafeCell<[[u8; PAGE]; PAGES]>);

// SAFETY: the parent reaches it through the atomics of `Control`, and by pointers while the
// child's thread is stopped; the child through pointers.
unsafe impl Sync for Memory {}

/// The child's memory: the page of [`Control`], the stacks, and pages to play with.
static MEMORY: Memory = Memory(UnsafeCell::new([[0; PAGE]; PAGES]));

/// The first address of the child's memory, which is at the same place in parent and child.
pub fn start() -> u64 {
    MEMORY.0.get() as u64
}

/// Whether an address lies in the child's memory.
pub fn contains(at: u64) -> bool {
    (start()..start() + (PAGES * PAGE) as u64).contains(&at)
}

/// The end of a thread's stack.
pub fn stack_end(thread: usize) -> u64 {
    start() + ((1 + (thread + 1) * STACK) * PAGE) as u64
}

/// A page that is nobody's stack.
pub fn play_page(i: u64) -> u64 {
    let first = 1 + THREADS * STACK;
    start() + ((first as u64 + i % (PAGES - first) as u64) * PAGE as u64)
}

/// What the threads of the child look at. The child may overwrite it: the parent believes
/// nothing that it reads here.
#[repr(C)]
pub struct Control {
    /// What the random numbers begin with.
    pub seed: AtomicU64,
    /// The next call of each thread.
    pub next: [AtomicU64; THREADS],
    /// The call that each thread stops before.
    pub end: [AtomicU64; THREADS],
    /// The address of each thread's UTCB.
    pub utcb: [AtomicU64; THREADS],
    /// The base of segment fs of the neighbour, who is another task's thread.
    pub fs_base: AtomicU64,
    /// What the last child got for its greeting.
    pub answer: AtomicU64,
}

/// The page that both look at.
pub fn control() -> &'static Control {
    // SAFETY: the page is large enough and aligned; whatever is in it is a value of atomics.
    unsafe { &*MEMORY.0.get().cast::<Control>() }
}

impl Control {
    /// Sets a value.
    pub fn set(cell: &AtomicU64, value: u64) {
        cell.store(value, Ordering::Relaxed);
    }

    /// Reads a value.
    pub fn get(cell: &AtomicU64) -> u64 {
        cell.load(Ordering::Relaxed)
    }
}

/// The child's capabilities.
pub mod cap {
    use super::CapIdx;

    const fn cap(index: u64) -> CapIdx {
        CapIdx::from_index(index)
    }

    /// Its own task.
    pub const TASK: CapIdx = cap(1);
    /// A factory with a limit.
    pub const FACTORY: CapIdx = cap(2);
    /// Its threads, one behind the other.
    pub const THREAD: CapIdx = cap(3);
    /// The gates to the pager of its threads, one behind the other.
    pub const PAGER: CapIdx = cap(5);
    /// A gate to the parent's echo service.
    pub const ECHO: CapIdx = cap(7);
    /// A gate to its own second thread, with the server's rights.
    pub const GATE: CapIdx = cap(8);
    /// An interrupt, bound to its first thread.
    pub const IRQ: CapIdx = cap(9);
    /// A semaphore.
    pub const SEMAPHORE: CapIdx = cap(10);
    /// A task without threads.
    pub const OTHER_TASK: CapIdx = cap(11);
    /// A thread group.
    pub const GROUP: CapIdx = cap(12);
    /// A factory of a few objects.
    pub const SMALL_FACTORY: CapIdx = cap(13);
    /// A gate that nobody is bound to.
    pub const LOOSE_GATE: CapIdx = cap(14);
    /// An interrupt that nobody is bound to.
    pub const LOOSE_IRQ: CapIdx = cap(15);
    /// A thread that is bound to no task.
    pub const LOOSE_THREAD: CapIdx = cap(16);
    /// The logarithm of the number of slots that the child starts with.
    pub const ORDER: u32 = 5;
    /// Where the child puts what it makes.
    pub const NEW: u64 = 1 << ORDER;
    /// How many slots it uses for that.
    pub const NEW_COUNT: u64 = 64;
}
