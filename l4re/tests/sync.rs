//! Locks and channels, used by real threads on a fake kernel that has semaphores.

#[allow(dead_code, reason = "others need more of it")]
mod common;

use l4re::sync::{Condvar, Mutex, Once, OnceLock, Parking, RwLock, Semaphore, Wait, mpsc};
use l4re::sys::fake::{self, Call, Reply};
use l4re::sys::{Fpage, Sysf, ipc_error, proto};
use l4re::time::Instant;
use l4re::{Env, start};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{self, LazyLock};
use std::time::{Duration, Instant as HostInstant};

/// The kernel: semaphores by their slots.
#[derive(Default)]
struct Kernel {
    counts: sync::Mutex<BTreeMap<u64, u64>>,
    changed: sync::Condvar,
}

static KERNEL: LazyLock<Kernel> = LazyLock::new(Kernel::default);
static START: LazyLock<HostInstant> = LazyLock::new(HostInstant::now);

/// The clock is the calling thread's: it goes on at system calls.
fn tick() {
    fake::set_clock(START.elapsed().as_micros() as u64 + 1);
}

impl Kernel {
    fn call(&self, call: Call) -> Reply {
        let reply = self.answer(call);
        tick();
        reply
    }

    fn answer(&self, call: Call) -> Reply {
        let mut counts = self.counts.lock().unwrap();
        let slot = (call.dest.0 & !Sysf::MASK) >> 12;
        match call.tag.label() {
            proto::FACTORY => {
                assert_eq!(call.utcb.mr(0) as i64, proto::SEMAPHORE);
                let old = counts.insert(call.utcb.br(0) >> 12, 0);
                assert_eq!(old, None, "a slot is used twice");
                Reply::label(0)
            }
            // Unmapping: of a semaphore that nobody waits at and that nobody has counted up.
            proto::TASK => {
                let slot = Fpage::from_raw(call.utcb.mr(2)).addr() >> 12;
                assert_eq!(counts.remove(&slot), Some(0));
                Reply::label(0)
            }
            proto::IRQ => {
                *counts.get_mut(&slot).expect("a semaphore") += 1;
                self.changed.notify_all();
                Reply::label(0)
            }
            proto::SEMAPHORE => {
                let recv = call.timeout.recv();
                let end = match recv.is_never() {
                    true => Duration::from_secs(60),
                    false => Duration::from_micros(recv.as_us()),
                };
                let none = |counts: &mut BTreeMap<u64, u64>| counts[&slot] == 0;
                let waited = self.changed.wait_timeout_while(counts, end, none);
                let (mut counts, _) = waited.unwrap();
                let count = counts.get_mut(&slot).expect("a semaphore");
                if *count == 0 {
                    assert!(!recv.is_never(), "nobody wakes a thread that waits");
                    return call.fail(ipc_error::RE_TIMEOUT);
                }
                *count -= 1;
                Reply::label(0)
            }
            // Sleeping.
            _ => {
                drop(counts);
                std::thread::yield_now();
                call.fail(ipc_error::RE_TIMEOUT)
            }
        }
    }
}

fn init() {
    static ENV: LazyLock<&'static Env> = LazyLock::new(common::env);
    start::init(*ENV);
    l4re::cap_alloc::init(0x1000);
}

/// Runs `f` in `n` threads, which are numbered.
fn threads(n: usize, f: impl Fn(usize) + Sync) {
    init();
    std::thread::scope(|scope| {
        for i in 0..n {
            let f = &f;
            scope.spawn(move || {
                tick();
                fake::with(|call| KERNEL.call(call), || f(i));
            });
        }
    });
}

#[test]
fn a_mutex_lets_one_in() {
    let total = Mutex::new(0u64);
    threads(4, |i| {
        for n in 0..5_000 {
            let mut total = match (i + n) % 3 {
                0 => total.lock(),
                1 => match total.try_lock_for(Duration::from_secs(30)) {
                    Some(total) => total,
                    None => panic!("it took too long"),
                },
                _ => loop {
                    if let Some(total) = total.try_lock_for(Duration::from_micros(20)) {
                        break total;
                    }
                },
            };
            let seen = *total;
            if n % 64 == 0 {
                std::thread::yield_now();
            }
            *total = seen + 1;
        }
    });
    assert_eq!(*total.lock(), 20_000);
}

#[test]
fn readers_and_writers() {
    let pair = RwLock::new((0u64, 0u64));
    threads(4, |i| {
        for n in 0..3_000 {
            if (n + i) % 4 == 0 {
                let mut pair = pair.write();
                pair.0 += 1;
                std::thread::yield_now();
                pair.1 += 1;
            } else if (n + i) % 16 == 1 {
                // Who gives up leaves nobody behind.
                if let Some(mut pair) = pair.try_write_for(Duration::from_micros(10)) {
                    *pair = (pair.0 + 1, pair.1 + 1);
                }
            } else {
                let pair = pair.read();
                assert_eq!(pair.0, pair.1);
            }
        }
    });
    let pair = pair.into_inner();
    assert!(pair.0 == pair.1 && pair.0 >= 3_000);
}

#[test]
fn no_notification_is_lost() {
    // Two hand a ball to each other; each notification is needed.
    let (ball, thrown) = (Mutex::new(0u32), Condvar::new());
    threads(2, |i| {
        for n in 0..5_000 {
            let mut ball = ball.lock();
            thrown.wait_while(&mut ball, |ball| *ball % 2 != i as u32);
            *ball += 1;
            assert_eq!(*ball, n * 2 + i as u32 + 1);
            thrown.notify_one();
        }
    });
}

#[test]
fn waits_that_end_in_time_or_not() {
    let (value, changed) = (Mutex::new(0u32), Condvar::new());
    let seen = AtomicUsize::new(0);
    threads(4, |i| {
        for _ in 0..2_000 {
            if i == 0 {
                *value.lock() += 1;
                changed.notify_one();
            } else {
                let mut value = value.lock();
                // So short that the end of the time and the notification meet.
                let in_time = changed.wait_for(&mut value, Duration::from_micros(1 + i as u64));
                seen.fetch_add(usize::from(in_time), Ordering::Relaxed);
            }
        }
    });
    threads(1, |_| {
        let start = Instant::now();
        let mut value = value.lock();
        assert!(!changed.wait_while_for(&mut value, |_| true, Duration::from_millis(20)));
        assert!(start.elapsed() >= Duration::from_millis(20));
    });
}

#[test]
fn something_is_done_once() {
    for _ in 0..200 {
        let (once, cell) = (Once::new(), OnceLock::new());
        let done = AtomicU32::new(0);
        threads(4, |i| {
            once.call_once(|| {
                std::thread::yield_now();
                done.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(done.load(Ordering::Relaxed), 1);
            let value = *cell.get_or_init(|| i);
            assert_eq!(cell.get(), Some(&value));
        });
    }
    let cell = OnceLock::new();
    assert_eq!(cell.get_or_try_init(|| Err::<u32, _>("no")), Err("no"));
    assert_eq!(cell.get_or_try_init(|| Ok::<_, &str>(5)), Ok(&5));
    assert_eq!(cell.into_inner(), Some(5));
}

#[test]
fn work_that_panics_is_tried_again() {
    let once = Once::new();
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        once.call_once(|| panic!("the work fails"))
    }));
    assert!(failed.is_err() && !once.is_done());
    once.call_once(|| ());
    assert!(once.is_done());
}

#[test]
fn a_semaphore_counts() {
    let (places, inside, most) = (Semaphore::new(2), AtomicU32::new(0), AtomicU32::new(0));
    threads(4, |_| {
        for _ in 0..2_000 {
            places.acquire();
            let now = inside.fetch_add(1, Ordering::Relaxed) + 1;
            most.fetch_max(now, Ordering::Relaxed);
            std::thread::yield_now();
            inside.fetch_sub(1, Ordering::Relaxed);
            places.release(1);
        }
    });
    assert!(most.load(Ordering::Relaxed) <= 2);
    threads(1, |_| {
        assert!(places.try_acquire() && places.try_acquire());
        assert!(!places.try_acquire_for(Duration::from_millis(2)));
    });
}

#[test]
fn channels_keep_order_and_lose_nothing() {
    for capacity in [1, 3, usize::MAX] {
        let (sender, receiver) = mpsc::bounded::<(usize, u32)>(capacity);
        let senders: Vec<_> = (0..3).map(|_| Mutex::new(Some(sender.clone()))).collect();
        drop(sender);
        let receiver = Mutex::new(Some(receiver));
        threads(4, |i| match i {
            3 => {
                let receiver = receiver.lock().take().unwrap();
                let mut next = [0; 3];
                for (from, n) in receiver.iter() {
                    assert_eq!(next[from], n);
                    next[from] += 1;
                }
                assert_eq!(next, [3_000; 3]);
                assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected));
            }
            _ => {
                let sender = senders[i].lock().take().unwrap();
                for n in 0..3_000 {
                    sender.send((i, n)).unwrap();
                }
            }
        });
    }
}

#[test]
fn channels_end_and_time_passes() {
    let (sender, receiver) = mpsc::bounded(1);
    sender.send(Box::new(1)).unwrap();
    let receiver = Mutex::new(Some(receiver));
    threads(2, |i| {
        if i == 0 {
            let short = sender.send_timeout(Box::new(2), Duration::from_millis(3));
            assert!(matches!(short, Err(mpsc::TrySendError::Full(value)) if *value == 2));
            // This one waits until the receiver goes, or finds it gone.
            assert!(sender.send(Box::new(3)).is_err());
        } else {
            std::thread::sleep(Duration::from_millis(30));
            drop(receiver.lock().take());
        }
    });
    threads(1, |_| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let late = receiver.recv_timeout(Duration::from_millis(3));
        assert_eq!(late, Err(mpsc::RecvTimeoutError::Timeout));
        drop(sender);
        let gone = receiver.recv_timeout(Duration::from_secs(30));
        assert_eq!(gone, Err(mpsc::RecvTimeoutError::Disconnected));
    });
}

#[test]
fn as_many_wake_as_are_woken() {
    let parking = Parking::new(0);
    let (waiting, woken) = (AtomicU32::new(0), AtomicU32::new(0));
    threads(4, |i| {
        if i > 0 {
            waiting.fetch_add(1, Ordering::SeqCst);
            while parking.wait(0, None) == Wait::Again {
                if woken.fetch_add(1, Ordering::SeqCst) < 100 {
                    return;
                }
            }
        } else {
            while waiting.load(Ordering::SeqCst) < 3 {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_millis(50));
            assert_eq!(woken.load(Ordering::SeqCst), 0);
            parking.wake(2);
            while woken.load(Ordering::SeqCst) < 2 {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(woken.load(Ordering::SeqCst), 2);
            parking.value().store(1, Ordering::SeqCst);
            parking.wake(usize::MAX);
        }
    });
}
