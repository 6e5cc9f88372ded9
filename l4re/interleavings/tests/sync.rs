//! Locks, channels and what they are made of.
#![cfg(interleavings)]

use l4re::sync::{
    Condvar, Mutex, Once, OnceLock, Parking, RwLock, Semaphore, SpinLock, Wait, mpsc,
};
use l4re::time::Instant;
use l4re_interleavings::{Kernel, check, spawn};
use shuttle::thread::yield_now;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

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

fn soon() -> Instant {
    Instant::now() + Duration::from_micros(5)
}

/// What one thread may do at a time.
#[derive(Default)]
struct Alone(AtomicU32);

impl Alone {
    fn enter(&self) {
        assert_eq!(self.0.fetch_add(1, Ordering::Relaxed), 0, "not alone");
        yield_now();
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn a_mutex_lets_one_in() {
    check(|kernel| {
        let mutex = Arc::new(Mutex::new((Alone::default(), 0)));
        threads(kernel, 3, &mutex, |mutex, i| {
            for n in 0..2 {
                let mut guard = match (i + n) % 3 {
                    0 => match mutex.try_lock_until(soon()) {
                        Some(guard) => guard,
                        None => mutex.lock(),
                    },
                    1 => match mutex.try_lock() {
                        Some(guard) => guard,
                        None => mutex.lock(),
                    },
                    _ => mutex.lock(),
                };
                guard.0.enter();
                guard.1 += 1;
            }
        });
        assert_eq!(mutex.lock().1, 6);
    });
}

#[test]
fn a_spin_lock_lets_one_in() {
    check(|kernel| {
        let lock = Arc::new(SpinLock::new(Alone::default()));
        threads(kernel, 3, &lock, |lock, _| lock.lock().enter());
    });
}

#[test]
fn who_waits_at_a_parking_place_is_woken() {
    check(|kernel| {
        let place = Arc::new(Parking::new(0));
        let waits = |place: &Parking, until: Option<Duration>| {
            while place.value().load(Ordering::SeqCst) == 0 {
                let until = until.map(|time| Instant::now() + time);
                let waited = place.wait(0, until);
                assert!(until.is_some() || waited == Wait::Again);
            }
        };
        threads(kernel, 4, &place, move |place, i| match i {
            0 | 1 => waits(place, None),
            2 => waits(place, Some(Duration::from_micros(5))),
            _ => {
                place.value().store(1, Ordering::SeqCst);
                place.wake(usize::MAX);
            }
        });
    });
}

#[test]
fn each_unit_of_a_semaphore_reaches_one_who_waits() {
    check(|kernel| {
        // One is kept, the other goes on; who waits for a time may get one and give it back.
        let semaphore = Arc::new(Semaphore::new(0));
        threads(kernel, 4, &semaphore, |semaphore, i| match i {
            0 => semaphore.acquire(),
            1 => {
                if semaphore.try_acquire_for(Duration::from_micros(5)) {
                    semaphore.release(1);
                }
            }
            2 => semaphore.release(2),
            _ => {
                semaphore.acquire();
                semaphore.release(1);
            }
        });
        assert!(semaphore.try_acquire());
        assert!(!semaphore.try_acquire());
    });
}

#[test]
fn a_condition_wakes_who_waits_for_it() {
    check(|kernel| {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        threads(kernel, 3, &shared, |(number, changed), i| {
            let mut number = number.lock();
            match i {
                // Each waits for the other's change, and one of them for both.
                0 => {
                    *number += 1;
                    changed.notify_all();
                    changed.wait_while(&mut number, |number| *number < 2);
                }
                1 => {
                    changed.wait_while(&mut number, |number| *number < 1);
                    *number += 1;
                    drop(number);
                    changed.notify_all();
                }
                _ => {
                    let time = Duration::from_micros(5);
                    let done = changed.wait_while_for(&mut number, |number| *number < 2, time);
                    assert_eq!(done, *number >= 2);
                }
            }
        });
    });
}

#[test]
fn each_notification_of_one_wakes_one() {
    check(|kernel| {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        threads(kernel, 4, &shared, |(places, free), i| {
            if i < 2 {
                let mut places = places.lock();
                free.wait_while(&mut places, |places| *places == 0);
                *places -= 1;
            } else {
                *places.lock() += 1;
                free.notify_one();
            }
        });
    });
}

#[test]
fn a_writer_is_alone_and_readers_are_not_forgotten() {
    check(|kernel| {
        let lock = Arc::new(RwLock::new(Alone::default()));
        threads(kernel, 4, &lock, |lock, i| match i {
            0 => lock.write().enter(),
            // A writer that gives up must not keep readers away.
            1 => {
                if let Some(alone) = lock.try_write_until(soon()) {
                    alone.enter();
                }
            }
            2 => {
                let read = lock.read();
                yield_now();
                assert_eq!(read.0.load(Ordering::Relaxed), 0);
            }
            _ => {
                let read = match lock.try_read_until(soon()) {
                    Some(read) => read,
                    None => lock.read(),
                };
                yield_now();
                assert_eq!(read.0.load(Ordering::Relaxed), 0);
            }
        });
        assert!(lock.try_write().is_some());
    });
}

#[test]
fn who_writes_does_not_wait_for_those_that_wait_for_it() {
    check(|kernel| {
        let lock = Arc::new(RwLock::new(Alone::default()));
        threads(kernel, 3, &lock, |lock, i| match i {
            0 | 1 => (0..2).for_each(|_| lock.write().enter()),
            _ => drop(lock.read()),
        });
    });
}

#[test]
fn a_writer_that_gives_up_lets_readers_in() {
    check(|kernel| {
        // The first reader stays until the second has read, also if a writer has come between.
        let shared = Arc::new((RwLock::new(()), Semaphore::new(0)));
        threads(kernel, 3, &shared, |(lock, has_read), i| match i {
            0 => {
                let _read = lock.read();
                has_read.acquire();
            }
            1 => {
                drop(lock.read());
                has_read.release(1);
            }
            _ => drop(lock.try_write_until(soon())),
        });
    });
}

#[test]
fn what_is_done_once_is_done_before_others_go_on() {
    check(|kernel| {
        let shared = Arc::new((Once::new(), OnceLock::new(), AtomicU32::new(0)));
        threads(kernel, 3, &shared, |(once, value, tries), i| {
            once.call_once(|| {
                yield_now();
                tries.fetch_add(0x100, Ordering::Relaxed);
            });
            assert_eq!(tries.load(Ordering::Relaxed) & !0xff, 0x100);
            // The first attempt fails; whoever waited tries.
            let made = value.get_or_try_init(|| {
                yield_now();
                match tries.fetch_add(1, Ordering::Relaxed) & 0xff {
                    0 => Err(()),
                    _ => Ok(i),
                }
            });
            if let Ok(made) = made {
                assert_eq!(value.get(), Some(made));
            }
        });
        assert_eq!(shared.2.load(Ordering::Relaxed), 0x102);
    });
}

#[test]
fn a_channel_loses_nothing_and_tells_the_end() {
    check(|kernel| {
        for capacity in [1, usize::MAX] {
            let (sender, receiver) = mpsc::bounded(capacity);
            let senders: Vec<_> = (0..2)
                .map(|i| {
                    let sender = sender.clone();
                    spawn(kernel, move |_| {
                        for n in 0..2 {
                            sender.send((i, n)).unwrap();
                        }
                    })
                })
                .collect();
            drop(sender);
            let mut next = [0, 0];
            for (i, n) in receiver.iter() {
                assert_eq!(next[i], n, "in the order of each sender");
                next[i] += 1;
            }
            assert_eq!(next, [2, 2]);
            senders
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        }
    });
}

#[test]
fn a_sender_does_not_wait_for_a_receiver_that_has_gone() {
    check(|kernel| {
        let (sender, receiver) = mpsc::bounded(1);
        let thread = spawn(kernel, move |_| {
            let mut sent = 0;
            while sender.send(sent).is_ok() {
                sent += 1;
            }
            sent
        });
        let other = spawn(kernel, move |_| {
            receiver.recv_timeout(Duration::from_micros(5))
        });
        let got = other.join().unwrap();
        assert!(thread.join().unwrap() >= u32::from(got.is_ok()));
    });
}

/// A task that is woken in another thread.
struct Flag(Semaphore);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.release(1);
    }
}

#[test]
fn a_channel_wakes_the_task_that_waits() {
    check(|kernel| {
        let (sender, receiver) = mpsc::channel();
        let thread = spawn(kernel, move |_| {
            (0..2).for_each(|n| sender.send(n).unwrap())
        });
        let flag = Arc::new(Flag(Semaphore::new(0)));
        let waker = Waker::from(flag.clone());
        let mut got = Vec::new();
        loop {
            match receiver.poll_next(&mut Context::from_waker(&waker)) {
                Poll::Ready(Some(n)) => got.push(n),
                Poll::Ready(None) => break,
                Poll::Pending => flag.0.acquire(),
            }
        }
        assert_eq!(got, [0, 1]);
        thread.join().unwrap();
    });
}
