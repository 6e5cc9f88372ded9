//! Models of futexes, for the checker: `cargo xtask interleavings`.

use crate::atomic::{AtomicU32, Ordering::SeqCst};
use crate::errno::{EAGAIN, EINTR, ETIMEDOUT, Errno};
use crate::{signal, thread};
use l4re_interleavings::{Kernel, check, spawn};
use l4re_sys::Timeout;
use linux_raw_sys::general::{FUTEX_CMP_REQUEUE, FUTEX_WAIT, FUTEX_WAKE, timespec};
use shuttle::thread::yield_now;
use std::sync::Arc;
use std::sync::atomic::AtomicU32 as Plain;
use std::vec::Vec;

/// A word of a program, as C has it.
#[derive(Default)]
struct Word(AtomicU32);

impl Word {
    fn address(&self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }

    fn futex(&self, op: u32, value: u32, time: u64, other: u64, last: u32) -> crate::errno::Result {
        let args = [
            self.address(),
            op.into(),
            value.into(),
            time,
            other,
            last.into(),
        ];
        // SAFETY: the words live until the threads that use them have ended; `time` is 0, a count, or the
        // address of a `timespec`.
        unsafe { thread::futex(args) }
    }

    fn wait(&self, seen: u32) -> crate::errno::Result {
        self.futex(FUTEX_WAIT, seen, 0, 0, 0)
    }

    fn wait_soon(&self, seen: u32) -> crate::errno::Result {
        let soon = timespec {
            tv_sec: 0,
            tv_nsec: 3000,
        };
        let time = (&raw const soon).expose_provenance() as u64;
        self.futex(FUTEX_WAIT, seen, time, 0, 0)
    }

    fn wake(&self, n: u32) -> i64 {
        self.futex(FUTEX_WAKE, n, 0, 0, 0).unwrap()
    }

    /// Takes the word as a lock: 0 is free, 1 held, 2 waited for.
    fn lock(&self) {
        if self.0.compare_exchange(0, 1, SeqCst, SeqCst).is_ok() {
            return;
        }
        while self.0.swap(2, SeqCst) != 0 {
            let waited = self.wait(2);
            assert!(matches!(waited, Ok(_) | Err(Errno(EAGAIN | EINTR))));
        }
    }

    fn unlock(&self) {
        if self.0.swap(0, SeqCst) == 2 {
            self.wake(1);
        }
    }
}

/// Runs `work` in `n` threads, which are numbered.
fn threads<S: Send + Sync + 'static>(
    kernel: &Kernel,
    n: usize,
    shared: &Arc<S>,
    work: impl Fn(&S, usize) + Copy + Send + 'static,
) {
    let threads = (0..n).map(|i| {
        let shared = shared.clone();
        spawn(kernel, move |_| work(&shared, i))
    });
    let threads: Vec<_> = threads.collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_lock_of_a_word_lets_one_in() {
    check(|kernel| {
        let shared = Arc::new((Word::default(), Plain::new(0)));
        threads(kernel, 3, &shared, |(lock, inside), _| {
            for _ in 0..2 {
                lock.lock();
                assert_eq!(inside.fetch_add(1, SeqCst), 0, "not alone");
                yield_now();
                inside.fetch_sub(1, SeqCst);
                lock.unlock();
            }
        });
    });
}

#[test]
fn who_is_woken_when_the_time_is_over_takes_the_token() {
    check(|kernel| {
        let word = Arc::new(Word::default());
        threads(kernel, 3, &word, |word, i| match i {
            0 => {
                let waited = word.wait_soon(0);
                assert!(matches!(waited, Ok(0) | Err(Errno(EAGAIN | ETIMEDOUT))));
                // Nobody else knows this word.
                assert_eq!(Word::default().wait_soon(0), Err(Errno(ETIMEDOUT)));
            }
            1 => {
                while word.0.load(SeqCst) == 0 {
                    let waited = word.wait(0);
                    assert!(matches!(waited, Ok(0) | Err(Errno(EAGAIN))));
                }
            }
            _ => {
                word.0.store(1, SeqCst);
                word.wake(u32::MAX >> 1);
            }
        });
    });
}

#[test]
fn who_is_moved_to_another_word_is_woken_there() {
    check(|kernel| {
        // A condition and its lock: one is woken, the others wait for the lock from then on.
        let shared = Arc::new((Word::default(), Word::default(), Plain::new(0)));
        threads(kernel, 4, &shared, |(condition, lock, woken), i| {
            if i < 3 {
                while condition.0.load(SeqCst) == 0 {
                    let waited = match i {
                        0 => condition.wait_soon(0),
                        _ => condition.wait(0),
                    };
                    assert!(matches!(waited, Ok(0) | Err(Errno(EAGAIN | ETIMEDOUT))));
                }
                woken.fetch_add(1, SeqCst);
            } else {
                condition.0.store(1, SeqCst);
                let moved = condition.futex(FUTEX_CMP_REQUEUE, 1, 8, lock.address(), 1);
                let moved = moved.unwrap();
                yield_now();
                assert!(lock.wake(8) <= moved);
            }
        });
        assert_eq!(shared.2.load(SeqCst), 3);
    });
}

#[test]
fn who_waits_for_the_end_of_a_thread_goes_on_when_its_word_is_0() {
    check(|kernel| {
        let word = Arc::new(Word(AtomicU32::new(7)));
        threads(kernel, 3, &word, |word, i| {
            if i < 2 {
                while word.0.load(SeqCst) != 0 {
                    let waited = word.wait(7);
                    assert!(matches!(waited, Ok(0) | Err(Errno(EAGAIN))));
                }
            } else {
                // As the last instructions of a thread do (`thread::exit`).
                let lock = thread::lock_and_wake_all(word.address());
                word.0.store(0, SeqCst);
                // SAFETY: the byte is the table's lock, which this thread holds.
                unsafe { crate::atomic::AtomicBool::from_ptr(lock.cast()) }.store(false, SeqCst);
            }
        });
    });
}

/// Takes what signals have left in the calling thread's semaphore.
fn silence() {
    let record = thread::current().unwrap();
    while record.wakeup.down(Timeout::BOTH_ZERO).is_ok() {}
}

#[test]
fn a_signal_ends_a_wait_and_takes_no_wake_up_away() {
    check(|kernel| {
        let shared = Arc::new((Word::default(), Plain::new(0)));
        threads(kernel, 2, &shared, |(word, id), i| {
            const SIGNAL: u64 = 10;
            extern "C" fn handler(_: i32) {}
            if i == 0 {
                id.store(thread::current().unwrap().id, SeqCst);
                while word.0.load(SeqCst) == 0 {
                    match word.wait(0) {
                        Ok(0) | Err(Errno(EAGAIN)) => {}
                        Err(Errno(EINTR)) => signal::deliver(),
                        other => panic!("{other:?}"),
                    }
                }
                while signal::interrupts(thread::current().unwrap()) {
                    signal::deliver();
                }
            } else {
                while id.load(SeqCst) == 0 {
                    yield_now();
                }
                let action = [handler as *const () as u64, 0, 0, 0];
                let place = (&raw const action).expose_provenance() as u64;
                // SAFETY: a `struct sigaction` of the kernel's is four words.
                unsafe { signal::action(SIGNAL, place, 0).unwrap() };
                let sent = signal::kill_thread(id.load(SeqCst).into(), SIGNAL);
                assert!(sent.is_ok());
                word.0.store(1, SeqCst);
                word.wake(1);
            }
            silence();
        });
    });
}
