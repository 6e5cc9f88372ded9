//! Who runs: fixed priorities, round robin among equals.
//!
//! A thread that can run is either the current one or in a ready queue; one that cannot
//! is in none. So an IPC that switches from a thread that blocks to one that was blocked
//! touches no queue.

pub mod ready;
pub mod timeout;

use crate::arch::{clock, cpu};
use crate::obj::thread::Thread;
use crate::util::budget::Budget;
use core::cell::Cell;
use ready::ReadyQueue;

/// The time slice of a thread that was given none, in microseconds.
pub const DEFAULT_QUANTUM_US: u64 = 10_000;

struct Scheduler {
    ready: ReadyQueue<Thread>,
    /// When the current time slice ends, in microseconds.
    slice_end: Cell<u64>,
    /// When the timer will interrupt next.
    armed_for: Cell<u64>,
    /// Before this time no timeout takes effect.
    timeouts_from: Cell<u64>,
    idle_us: Cell<u64>,
    /// Something happened that the way out of a system call must look at: a thread was
    /// queued, or an object died.
    attention: Cell<bool>,
}

// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Scheduler {}

static SCHEDULER: Scheduler = Scheduler {
    ready: ReadyQueue::new(),
    slice_end: Cell::new(0),
    armed_for: Cell::new(u64::MAX),
    timeouts_from: Cell::new(0),
    idle_us: Cell::new(0),
    attention: Cell::new(false),
};

/// The highest priority among the threads in the queues; 0 when they are empty.
#[inline]
pub fn top_priority() -> u8 {
    SCHEDULER.ready.top_priority()
}

/// Queues a thread that was blocked and now can run.
pub fn wake(thread: &'static Thread) {
    if thread.can_run() && !SCHEDULER.ready.is_queued(thread) {
        demand_attention();
        SCHEDULER.ready.push_back(thread);
    }
}

/// Lets the way out of a system call look at queues and the dead.
#[inline]
pub fn demand_attention() {
    SCHEDULER.attention.set(true);
}

/// Whether there is anything to look at; asked once.
#[inline]
pub fn take_attention() -> bool {
    SCHEDULER.attention.replace(false)
}

/// Takes a thread from its ready queue, if it is in one.
pub fn remove(thread: &'static Thread) {
    SCHEDULER.ready.remove(thread);
}

/// Whether a thread is in a ready queue.
#[cfg(any(test, feature = "checks"))]
pub fn is_queued(thread: &Thread) -> bool {
    SCHEDULER.ready.is_queued(thread)
}

/// Gives a thread another priority. Where it waits to send it keeps its place.
pub fn set_priority(thread: &'static Thread, priority: u8) {
    let queued = SCHEDULER.ready.is_queued(thread);
    demand_attention();
    SCHEDULER.ready.remove(thread);
    timeout::keep_while(thread, || thread.priority.set(priority));
    if queued {
        SCHEDULER.ready.push_back(thread);
    }
}

/// Decides who runs next: `current`, if it still can and nobody more urgent is ready.
#[inline]
pub fn pick(current: &'static Thread) -> &'static Thread {
    // It may have been woken since it blocked.
    SCHEDULER.ready.remove(current);
    if current.can_run() {
        if top_priority() <= current.priority.get() {
            return current;
        }
        requeue(current);
    }
    next()
}

/// Puts a thread back that was preempted: with what is left of its slice it is the first
/// among its equals, without it the last.
fn requeue(thread: &'static Thread) {
    let left = SCHEDULER.slice_end.get().saturating_sub(clock::now_us());
    thread.slice_left_us.set(left);
    if left > 0 {
        SCHEDULER.ready.push_front(thread);
    } else {
        SCHEDULER.ready.push_back(thread);
    }
}

/// Ends the current thread's turn: its equals come first.
pub fn yield_now(current: &'static Thread) -> &'static Thread {
    SCHEDULER.ready.remove(current);
    if current.can_run() {
        if top_priority() < current.priority.get() {
            start_slice(current);
            return current;
        }
        SCHEDULER.ready.push_back(current);
    }
    next()
}

/// Runs `target` in the place of `current`, for the rest of its slice, unless somebody
/// more urgent is ready.
pub fn switch_from(current: &'static Thread, target: &'static Thread) -> &'static Thread {
    SCHEDULER.ready.remove(current);
    if current.can_run() && !core::ptr::eq(current, target) {
        requeue(current);
    }
    run_or_queue(target)
}

/// Goes on with `target`, which is in no queue, or with somebody more urgent.
#[inline]
pub fn run_or_queue(target: &'static Thread) -> &'static Thread {
    if !target.can_run() {
        return next();
    }
    if target.priority.get() >= top_priority() {
        SCHEDULER.ready.remove(target);
        cpu::switch_to(target);
        return target;
    }
    if !SCHEDULER.ready.is_queued(target) {
        SCHEDULER.ready.push_front(target);
    }
    next()
}

/// The most urgent ready thread; waits for one if there is none.
pub fn next() -> &'static Thread {
    loop {
        if let Some(thread) = SCHEDULER.ready.pop() {
            cpu::switch_to(thread);
            start_slice(thread);
            return thread;
        }
        // The dead that are left over are taken apart while nobody has better to do.
        if take_attention() {
            // Whatever came before has had its share of this stay.
            cpu::let_interrupts_in();
            let _ = crate::obj::reap(&Budget::of_one_stay());
            cpu::let_interrupts_in();
            continue;
        }
        cpu::charge();
        let from = clock::now_us();
        arm(u64::MAX);
        cpu::wait_for_interrupt();
        SCHEDULER
            .idle_us
            .set(SCHEDULER.idle_us.get() + (clock::now_us() - from));
        cpu::charge_nobody();
    }
}

/// The very first thread starts: it leaves its queue and gets its time slice.
pub fn first(thread: &'static Thread) {
    remove(thread);
    start_slice(thread);
}

/// How long no thread ran, in microseconds.
pub fn idle_us() -> u64 {
    SCHEDULER.idle_us.get()
}

fn start_slice(thread: &Thread) {
    let slice = match thread.slice_left_us.take() {
        0 => thread.quantum_us.get(),
        left => left,
    };
    let end = clock::now_us() + slice;
    SCHEDULER.slice_end.set(end);
    arm(end);
}

/// Sees to it that the timer interrupts no later than at `deadline` and the next
/// timeout. It may come earlier, which costs one interrupt and harms nothing.
pub fn arm(deadline: u64) {
    let deadline = deadline.min(timeout::first().max(SCHEDULER.timeouts_from.get()));
    if deadline < SCHEDULER.armed_for.get() {
        SCHEDULER.armed_for.set(deadline);
        clock::interrupt_at(deadline);
    }
}

/// How long the processor is left to threads before more timeouts take effect, if more of
/// them passed than one interrupt may see to; in microseconds.
const PAUSE_US: u64 = 20;

/// The timer interrupted: timeouts that passed take effect.
pub fn timer_interrupt() {
    SCHEDULER.armed_for.set(u64::MAX);
    if timeout::expire(clock::now_us(), &Budget::of_a_short_stay()).is_err() {
        SCHEDULER.timeouts_from.set(clock::now_us() + PAUSE_US);
    }
    arm(u64::MAX);
}

/// After an interrupt from user mode: is it still this thread's turn?
pub fn after_interrupt(current: &'static Thread) -> &'static Thread {
    if clock::now_us() >= SCHEDULER.slice_end.get() {
        yield_now(current)
    } else {
        arm(SCHEDULER.slice_end.get());
        pick(current)
    }
}
