//! Waiting for a number to change.
#![allow(unsafe_code)]

use super::{SpinLock, relax, spare};
use crate::atomic::AtomicU32;
use crate::atomic::Ordering::SeqCst;
use crate::cap::Cap;
use crate::msg;
use crate::semaphore::Semaphore;
use crate::start;
use crate::thread;
use crate::time::Instant;
use core::ptr::{self, null_mut};
use l4re_sys::{Timeout, TimeoutS};

/// Why [`Parking::wait`] has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// The number was another one, or somebody has woken the thread, or (rarely) nothing of it.
    Again,
    /// The time is over.
    TimedOut,
}

/// A thread that waits: on that thread's stack, in the list for as long as it is `queued`.
struct Waiter {
    next: *mut Waiter,
    /// The most urgent first.
    prio: u64,
    /// Where the thread waits. Nobody else counts here: exactly one token comes, from who has
    /// taken the waiter out of the list.
    semaphore: Cap<Semaphore>,
    queued: bool,
}

/// The waiters, the most urgent first, those of one priority in the order in which they came.
struct Queue {
    first: *mut Waiter,
}

// SAFETY: the waiters are used under the lock, or by who has taken them out of the list until
// it has given the token (`wake`).
unsafe impl Send for Queue {}

impl Queue {
    /// # Safety
    /// `new` points to a waiter that stays until it is not queued any more.
    unsafe fn insert(&mut self, new: *mut Waiter) {
        let mut at: *mut *mut Waiter = &mut self.first;
        // SAFETY: those in the list stay as long as they are in it, and so does `new`.
        unsafe {
            while !(*at).is_null() && (**at).prio >= (*new).prio {
                at = &raw mut (**at).next;
            }
            (*new).next = *at;
            (*new).queued = true;
            *at = new;
        }
    }

    /// Takes a waiter out; whether it was in the list.
    ///
    /// # Safety
    /// `waiter` points to a waiter of this list, or one that was.
    unsafe fn remove(&mut self, waiter: *mut Waiter) -> bool {
        let mut at: *mut *mut Waiter = &mut self.first;
        // SAFETY: those in the list stay as long as they are in it.
        unsafe {
            if !(*waiter).queued {
                return false;
            }
            while !(*at).is_null() && *at != waiter {
                at = &raw mut (**at).next;
            }
            if !(*at).is_null() {
                *at = (*waiter).next;
            }
            (*waiter).queued = false;
        }
        true
    }

    /// Takes the first `n` out, as a list.
    fn take(&mut self, n: usize) -> *mut Waiter {
        let first = self.first;
        let mut last: *mut *mut Waiter = &mut self.first;
        // SAFETY: those in the list stay as long as they are in it.
        unsafe {
            for _ in 0..n {
                if (*last).is_null() {
                    break;
                }
                (**last).queued = false;
                last = &raw mut (**last).next;
            }
            // `last` is either the head itself (nothing taken), or in the last one taken.
            let rest = ptr::replace(last, null_mut());
            let taken = if ptr::eq(last, &raw const self.first) {
                null_mut()
            } else {
                first
            };
            self.first = rest;
            taken
        }
    }
}

/// A number that threads change without a system call, and whose change they can wait for: what
/// a lock is made of, as `futex` elsewhere.
///
/// ```
/// use l4re::sync::{Parking, Wait};
/// use std::sync::atomic::Ordering;
///
/// static DOORS: Parking = Parking::new(0);
/// // Nobody waits for a number that it is not.
/// assert_eq!(DOORS.wait(1, None), Wait::Again);
/// DOORS.value().store(1, Ordering::Release);
/// DOORS.wake(usize::MAX);
/// ```
///
/// The most urgent waiter is woken first, as far as threads are made by
/// [`thread::spawn`](crate::thread::spawn), which knows their priorities.
#[derive(Debug)]
pub struct Parking {
    value: AtomicU32,
    queue: SpinLock<Queue>,
}

impl core::fmt::Debug for Queue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let empty = self.first.is_null();
        f.write_str(if empty {
            "nobody waits"
        } else {
            "somebody waits"
        })
    }
}

impl Parking {
    /// The number, and nobody who waits.
    pub const fn new(value: u32) -> Self {
        Parking {
            value: AtomicU32::new(value),
            queue: SpinLock::new(Queue { first: null_mut() }),
        }
    }

    /// The number.
    #[inline(always)]
    pub fn value(&self) -> &AtomicU32 {
        &self.value
    }

    /// Waits as long as the number is `expected`, but no longer than `until`. Who has changed
    /// the number has to [`wake`](Self::wake). The registers of the UTCB stay as they are.
    #[cold]
    pub fn wait(&self, expected: u32, until: Option<Instant>) -> Wait {
        if self.value.load(SeqCst) != expected {
            return Wait::Again;
        }
        msg::preserve(|| self.wait_at_semaphore(expected, until))
    }

    fn wait_at_semaphore(&self, expected: u32, until: Option<Instant>) -> Wait {
        let Some(semaphore) = spare::take() else {
            // Without memory for a semaphore, a thread that waits looks from time to time.
            relax();
            // Without an environment there is no clock either.
            let clock = start::try_env().is_some();
            let over = until.is_some_and(|until| !clock || Instant::now() >= until);
            return if over { Wait::TimedOut } else { Wait::Again };
        };
        let mut waiter = Waiter {
            next: null_mut(),
            prio: thread::own_prio(),
            semaphore: semaphore.cap(),
            queued: false,
        };
        // From here on the waiter is used by this pointer alone.
        let waiter: *mut Waiter = &mut waiter;
        let result = self.enter_and_wait(waiter, expected, until);
        spare::give_back(semaphore);
        result
    }

    fn enter_and_wait(&self, waiter: *mut Waiter, expected: u32, until: Option<Instant>) -> Wait {
        {
            let mut queue = self.queue.lock();
            // Who changes the number before this looks here behind it; the lock's order makes
            // the waiter seen.
            if self.value.load(SeqCst) != expected {
                return Wait::Again;
            }
            // SAFETY: this function does not return before the waiter has left the list.
            unsafe { queue.insert(waiter) };
        }
        // SAFETY: the waiter is on this thread's stack, and its semaphore never changes.
        let semaphore = unsafe { (*waiter).semaphore };
        let timeout = match until {
            None => TimeoutS::NEVER,
            Some(until) => until.timeout(),
        };
        let error = match semaphore.down(Timeout::new(TimeoutS::NEVER, timeout)) {
            Ok(()) => return Wait::Again,
            Err(error) => error,
        };
        // SAFETY: the waiter is in this list, or was.
        let left = unsafe { self.queue.lock().remove(waiter) };
        if !left {
            // Somebody is about to wake this thread: the token has to be taken, since the
            // semaphore is somebody else's next.
            while semaphore.down(Timeout::NEVER).is_err() {
                relax();
            }
            return Wait::Again;
        }
        if error.is_timeout() {
            Wait::TimedOut
        } else {
            Wait::Again
        }
    }

    /// Wakes up to `n` of those that wait, the most urgent first.
    #[cold]
    pub fn wake(&self, n: usize) {
        let mut woken = self.queue.lock().take(n);
        while !woken.is_null() {
            // SAFETY: a waiter that has been taken out stays until it has got its token, which
            // is given last.
            let (next, semaphore) = unsafe { ((*woken).next, (*woken).semaphore) };
            woken = next;
            // There is no way for it to fail: the waiter owns the semaphore.
            let _ = semaphore.up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use l4re_sys::CapIdx;

    fn waiter(prio: u64, n: u64) -> Waiter {
        Waiter {
            next: null_mut(),
            prio,
            semaphore: Cap::new(CapIdx::from_index(n)),
            queued: false,
        }
    }

    fn indices(mut list: *mut Waiter) -> Vec<u64> {
        let mut found = Vec::new();
        // SAFETY: the waiters of the tests outlive the lists.
        while let Some(waiter) = unsafe { list.as_ref() } {
            found.push(waiter.semaphore.idx().index());
            list = waiter.next;
        }
        found
    }

    #[test]
    fn the_most_urgent_come_first_and_equals_in_turn() {
        let mut waiters =
            [(2, 1), (5, 2), (2, 3), (9, 4), (5, 5), (1, 6)].map(|(p, n)| waiter(p, n));
        let pointers = waiters.each_mut().map(|w| w as *mut Waiter);
        let mut queue = Queue { first: null_mut() };
        // SAFETY: the waiters live until the end of the test.
        unsafe {
            pointers.iter().for_each(|w| queue.insert(*w));
            assert_eq!(indices(queue.first), [4, 2, 5, 1, 3, 6]);
            assert!(queue.remove(pointers[4]));
            assert!(!queue.remove(pointers[4]));
            assert!(queue.remove(pointers[3]));
            assert!(queue.remove(pointers[5]));
        }
        assert_eq!(indices(queue.take(0)), [0; 0]);
        assert_eq!(indices(queue.take(2)), [2, 1]);
        // SAFETY: the waiters outlive the queue of this test, which one thread uses.
        unsafe {
            assert!(!queue.remove(pointers[1]));
            queue.insert(pointers[1]);
        }
        assert_eq!(indices(queue.take(usize::MAX)), [2, 3]);
        assert_eq!(indices(queue.take(1)), [0; 0]);
    }
}
