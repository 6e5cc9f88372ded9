//! Futexes.
//!
//! Waiters stand in one table, each in its own stack frame, and sleep on their thread's
//! semaphore. Whoever takes a waiter out of the table raises its semaphore, exactly once: so a
//! waiter that finds itself taken when its time is over waits for that. A signal raises the semaphore
//! of the thread that it is sent to as well; so a waiter that wakes looks whether it was taken.

use super::record::{Record, current};
use crate::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::errno::{EAGAIN, EINTR, EINVAL, ENOSYS, ETIMEDOUT, Errno, Result, fail};
use crate::signal;
use crate::time::{self, Deadline, Since};
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use l4re::Cap;
use l4re::semaphore::Semaphore;
use l4re_sys::{Timeout, TimeoutS};
use linux_raw_sys::general::{
    FUTEX_BITSET_MATCH_ANY, FUTEX_CLOCK_REALTIME, FUTEX_CMP_REQUEUE, FUTEX_OP_ADD, FUTEX_OP_ANDN,
    FUTEX_OP_CMP_EQ, FUTEX_OP_CMP_GE, FUTEX_OP_CMP_GT, FUTEX_OP_CMP_LE, FUTEX_OP_CMP_LT,
    FUTEX_OP_CMP_NE, FUTEX_OP_OPARG_SHIFT, FUTEX_OP_OR, FUTEX_OP_SET, FUTEX_OP_XOR,
    FUTEX_PRIVATE_FLAG, FUTEX_REQUEUE, FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAKE,
    FUTEX_WAKE_BITSET, FUTEX_WAKE_OP,
};

/// How many lists the table has.
const LISTS: usize = 64;

struct Waiter {
    word: u64,
    bits: u32,
    /// Whether it stands in the table.
    waits: bool,
    wakeup: Cap<Semaphore>,
    next: *mut Waiter,
}

/// The waiters of words of one hash, first come first.
#[derive(Clone, Copy)]
struct List {
    first: *mut Waiter,
    last: *mut Waiter,
}

/// The table, and its lock: a byte of its own, since a thread's last instructions release it.
struct Table {
    locked: AtomicBool,
    lists: UnsafeCell<[List; LISTS]>,
}

// SAFETY: the lists, and the waiters in them, are only touched by who holds the lock (`Guard`).
unsafe impl Sync for Table {}

static TABLE: Table = Table {
    locked: AtomicBool::new(false),
    lists: UnsafeCell::new(
        [List {
            first: null_mut(),
            last: null_mut(),
        }; LISTS],
    ),
};

/// The table, locked.
struct Guard;

impl Guard {
    fn lock() -> Guard {
        while TABLE.locked.swap(true, Ordering::Acquire) {
            l4re::sync::relax();
        }
        Guard
    }

    fn list(&mut self, word: u64) -> &mut List {
        let hash = (word >> 2).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
        // SAFETY: the lock is held, and `self` is borrowed for as long as the list.
        unsafe { &mut (&mut *TABLE.lists.get())[hash as usize % LISTS] }
    }

    fn push(&mut self, waiter: *mut Waiter) {
        // SAFETY: waiters are valid while they are in the table, and the lock is held.
        unsafe {
            (*waiter).waits = true;
            (*waiter).next = null_mut();
            let list = self.list((*waiter).word);
            match list.last.as_mut() {
                Some(last) => last.next = waiter,
                None => list.first = waiter,
            }
            list.last = waiter;
        }
    }

    /// Takes the first waiter for `word` that `wanted` accepts out of the table.
    fn pop(&mut self, word: u64, wanted: impl Fn(&Waiter) -> bool) -> Option<*mut Waiter> {
        let list = self.list(word);
        let mut before: *mut Waiter = null_mut();
        let mut at = list.first;
        // SAFETY: waiters stand on the stacks of threads that wait until they are taken out of the
        // list, under its lock, which is held here.
        unsafe {
            while let Some(waiter) = at.as_mut() {
                if waiter.word == word && wanted(waiter) {
                    match before.as_mut() {
                        Some(before) => before.next = waiter.next,
                        None => list.first = waiter.next,
                    }
                    if list.last == at {
                        list.last = before;
                    }
                    waiter.waits = false;
                    return Some(at);
                }
                before = at;
                at = waiter.next;
            }
        }
        None
    }

    /// Wakes at most `count` waiters for `word`; returns how many.
    fn wake(&mut self, word: u64, count: u64, bits: u32) -> u64 {
        let mut woken = 0;
        while woken < count
            && let Some(waiter) = self.pop(word, |w| w.bits & bits != 0)
        {
            // SAFETY: the waiter's frame stays until its semaphore is raised.
            let wakeup = unsafe { (*waiter).wakeup };
            // A semaphore of one's own can always be raised.
            let _ = wakeup.up();
            woken += 1;
        }
        woken
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        TABLE.locked.store(false, Ordering::Release);
    }
}

/// Wakes all who wait for a word, and keeps the table locked. Returns the lock: a byte that is
/// to be made 0.
pub fn lock_and_wake_all(word: u64) -> *mut u8 {
    let mut guard = Guard::lock();
    guard.wake(word, u64::MAX, FUTEX_BITSET_MATCH_ANY);
    core::mem::forget(guard);
    TABLE.locked.as_ptr().cast()
}

fn load(word: u64) -> Result<u32> {
    Ok(atomic(word)?.load(Ordering::SeqCst))
}

fn atomic(word: u64) -> Result<&'static AtomicU32> {
    let place = core::ptr::with_exposed_provenance_mut::<u32>(word as usize);
    if place.is_null() || !place.is_aligned() {
        return fail(EINVAL);
    }
    // SAFETY: the word is a valid one of the program's (contract of the system call), and this code
    // uses it as an atomic alone.
    Ok(unsafe { AtomicU32::from_ptr(place) })
}

fn wait(word: u64, expected: u32, bits: u32, end: Option<Deadline>) -> Result {
    if bits == 0 {
        return fail(EINVAL);
    }
    let record = current()?;
    let mut waiter = Waiter {
        word,
        bits,
        waits: false,
        wakeup: record.wakeup.cap(),
        next: null_mut(),
    };
    let waiter = &raw mut waiter;
    {
        let mut guard = Guard::lock();
        if load(word)? != expected {
            return fail(EAGAIN);
        }
        guard.push(waiter);
    }
    sleep(record, waiter, end)
}

/// Sleeps until the waiter, which is in the table, is taken out, its time is over, or a signal
/// comes, which raises the semaphore, too.
fn sleep(record: &Record, waiter: *mut Waiter, end: Option<Deadline>) -> Result {
    loop {
        let timeout = end.map_or(TimeoutS::NEVER, Deadline::timeout);
        let raised = match record.wakeup.down(Timeout::new(TimeoutS::NEVER, timeout)) {
            Ok(()) => true,
            Err(error) if error.is_timeout() && end.is_some_and(Deadline::is_over) => false,
            Err(_) => continue,
        };
        let mut guard = Guard::lock();
        // SAFETY: the waiter is this frame's, and the table is locked. (Its word may have
        // changed by a requeue.)
        let (waits, word) = unsafe { ((*waiter).waits, (*waiter).word) };
        if !waits {
            drop(guard);
            // Who has taken it out meanwhile has raised the semaphore.
            while !raised && record.wakeup.down(Timeout::NEVER).is_err() {}
            return Ok(0);
        }
        let error = match raised {
            false => ETIMEDOUT,
            true if signal::interrupts(record) => EINTR,
            // Raised by a signal that is handled already.
            true => continue,
        };
        guard.pop(word, |w| core::ptr::eq(w, waiter));
        return fail(error);
    }
}

fn address(word: &AtomicU32) -> u64 {
    core::ptr::from_ref(word).expose_provenance() as u64
}

/// Waits until a word of the backend's own is woken; fails if it is not `seen` any more, if the
/// time is over, or for a signal.
pub fn wait_for_change(word: &'static AtomicU32, seen: u32, end: Option<Deadline>) -> Result {
    wait(address(word), seen, FUTEX_BITSET_MATCH_ANY, end)
}

/// Wakes all who wait for such a word.
pub fn wake_all(word: &'static AtomicU32) {
    Guard::lock().wake(address(word), u64::MAX, FUTEX_BITSET_MATCH_ANY);
}

fn requeue(word: u64, wake: u64, other: u64, limit: u64, expected: Option<u32>) -> Result {
    let mut guard = Guard::lock();
    if let Some(expected) = expected
        && load(word)? != expected
    {
        return fail(EAGAIN);
    }
    let woken = guard.wake(word, wake, FUTEX_BITSET_MATCH_ANY);
    let mut moved = 0;
    while moved < limit
        && other != word
        && let Some(waiter) = guard.pop(word, |_| true)
    {
        // SAFETY: the waiter's frame stays, since nobody raises its semaphore.
        unsafe { (*waiter).word = other };
        guard.push(waiter);
        moved += 1;
    }
    Ok((woken + if expected.is_some() { moved } else { 0 }) as i64)
}

/// Changes the word `other` and wakes who waits for `word`, and, if what was in `other` compares
/// as `what` says, who waits for that.
fn wake_op(word: u64, wake: u64, other: u64, wake_other: u64, what: u32) -> Result {
    // A signed field of 12 bits.
    let field = |shift: u32| ((what << (20 - shift)) as i32 >> 20) as u32;
    let (arg, compared) = (field(12), field(0) as i32);
    let arg = if what >> 28 & FUTEX_OP_OPARG_SHIFT != 0 {
        1 << (arg & 31)
    } else {
        arg
    };
    let apply = |old: u32| match what >> 28 & 7 {
        FUTEX_OP_SET => Some(arg),
        FUTEX_OP_ADD => Some(old.wrapping_add(arg)),
        FUTEX_OP_OR => Some(old | arg),
        FUTEX_OP_ANDN => Some(old & !arg),
        FUTEX_OP_XOR => Some(old ^ arg),
        _ => None,
    };
    let mut guard = Guard::lock();
    let old = atomic(other)?
        .try_update(Ordering::SeqCst, Ordering::SeqCst, apply)
        .or_else(|_| fail(ENOSYS))? as i32;
    let matches = match what >> 24 & 15 {
        FUTEX_OP_CMP_EQ => old == compared,
        FUTEX_OP_CMP_NE => old != compared,
        FUTEX_OP_CMP_LT => old < compared,
        FUTEX_OP_CMP_LE => old <= compared,
        FUTEX_OP_CMP_GT => old > compared,
        FUTEX_OP_CMP_GE => old >= compared,
        _ => return fail(ENOSYS),
    };
    let mut woken = guard.wake(word, wake, FUTEX_BITSET_MATCH_ANY);
    if matches {
        woken += guard.wake(other, wake_other, FUTEX_BITSET_MATCH_ANY);
    }
    Ok(woken as i64)
}

/// A count of waiters, which callers give as an `int`; negative ones stand for one, as on Linux.
fn count(value: u64) -> u64 {
    u64::try_from(value as i32).unwrap_or(1)
}

/// The system call.
///
/// # Safety
/// The addresses are of words, and of a `timespec` where the operation takes one.
pub unsafe fn futex(args: [u64; 6]) -> Result {
    let [word, op, value, time, other, last] = args;
    let op = op as u32;
    let any = FUTEX_BITSET_MATCH_ANY;
    // The priority-inheriting kinds are not there; all programs are one process, so all futexes
    // are private.
    match op & !(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME) {
        FUTEX_WAIT => {
            // SAFETY: `time` is 0 or the address of a `timespec` (contract of this function).
            let end = unsafe { time::deadline(time, Since::Now)? };
            wait(word, value as u32, any, end)
        }
        FUTEX_WAIT_BITSET => {
            let since = match op & FUTEX_CLOCK_REALTIME {
                0 => Since::Start,
                _ => Since::Epoch,
            };
            // SAFETY: `time` is 0 or the address of a `timespec` (contract of this function).
            let end = unsafe { time::deadline(time, since)? };
            wait(word, value as u32, last as u32, end)
        }
        FUTEX_WAKE => Ok(Guard::lock().wake(word, count(value), any) as i64),
        FUTEX_WAKE_BITSET if last as u32 == 0 => fail(EINVAL),
        FUTEX_WAKE_BITSET => Ok(Guard::lock().wake(word, count(value), last as u32) as i64),
        FUTEX_REQUEUE => requeue(word, count(value), other, count(time), None),
        FUTEX_CMP_REQUEUE => requeue(word, count(value), other, count(time), Some(last as u32)),
        FUTEX_WAKE_OP => wake_op(word, count(value), other, count(time), last as u32),
        _ => Err(Errno(ENOSYS)),
    }
}
