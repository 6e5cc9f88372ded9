//! Locks, conditions and channels between threads.

use crate::{Case, Outcome, ok};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use l4re::sync::{Condvar, LazyLock, Mutex, RwLock, Semaphore, mpsc};
use l4re::thread::{self, Builder};
use l4re::time::{self, Instant};
use test_services::check;

pub const CASES: &[Case] = &[
    ("sync: a mutex lets one in", mutex),
    ("sync: a mutex that is free takes no system call", free),
    ("sync: the most urgent waiter comes first", urgent),
    ("sync: a notification wakes one that waited", condvar),
    ("sync: waits end in time", timeouts),
    ("sync: readers together, writers alone", readers),
    ("sync: values that are made once", once),
    ("sync: a channel keeps order", channel),
    ("sync: a full channel holds up its sender", bounded),
    ("sync: waiting takes no more than it gives back", leaks),
];

fn mutex() -> Outcome {
    let total = Mutex::new(0u32);
    ok(thread::scope(|scope| {
        for prio in [1, 2, 2, 3] {
            let total = &total;
            scope.spawn_with(Builder::new().prio(prio), move || {
                for i in 0..500 {
                    let mut total = total.lock();
                    let seen = *total;
                    if i % 50 == 0 {
                        time::sleep(Duration::from_micros(100));
                    }
                    *total = seen + 1;
                }
            })?;
        }
        Ok(())
    }))?;
    check!(*total.lock() == 2000);
    Ok(())
}

fn free() -> Outcome {
    // A system call would overwrite the register, and wait for ever on no capability's behalf.
    let utcb = l4re::sys::utcb();
    let lock = Mutex::new(5);
    utcb.set_mr(0, 0x1234);
    utcb.set_error(99);
    for _ in 0..1000 {
        *lock.lock() += 1;
    }
    check!(utcb.mr(0) == 0x1234 && utcb.error() == 99);
    check!(*lock.lock() == 1005);
    Ok(())
}

fn urgent() -> Outcome {
    let order = Mutex::new(Vec::new());
    let door = Mutex::new(());
    let held = door.lock();
    ok(thread::scope(|scope| {
        // They queue in another order than that of their priorities.
        for prio in [3, 5, 4, 5] {
            let (order, door) = (&order, &door);
            scope.spawn_with(Builder::new().prio(prio), move || {
                let _held = door.lock();
                order.lock().push(prio);
            })?;
        }
        time::sleep(Duration::from_millis(20));
        drop(held);
        Ok(())
    }))?;
    check!(*order.lock() == [5, 5, 4, 3]);
    Ok(())
}

fn condvar() -> Outcome {
    let shared = Arc::new((Mutex::new(0u32), Condvar::new()));
    let other = shared.clone();
    let turns = 300;
    let play = move |shared: &(Mutex<u32>, Condvar), side: u32| {
        for _ in 0..turns {
            let mut ball = shared.0.lock();
            shared.1.wait_while(&mut ball, |ball| *ball % 2 != side);
            *ball += 1;
            shared.1.notify_one();
        }
    };
    let thread = ok(thread::spawn(move || play(&other, 1)))?;
    play(&shared, 0);
    ok(thread.join())?;
    check!(*shared.0.lock() == 2 * turns);
    Ok(())
}

fn timeouts() -> Outcome {
    let (value, never) = (Mutex::new(0), Condvar::new());
    let start = Instant::now();
    let mut held = value.lock();
    check!(!never.wait_for(&mut held, Duration::from_millis(10)));
    check!(start.elapsed() >= Duration::from_millis(9));
    let late = ok(thread::scope(|scope| {
        let value = &value;
        scope
            .spawn(move || value.try_lock_for(Duration::from_millis(5)).is_none())?
            .join()
    }))?;
    check!(late);
    drop(held);
    check!(value.try_lock_for(Duration::ZERO).is_some());
    let places = Semaphore::new(1);
    check!(places.try_acquire() && !places.try_acquire_for(Duration::from_millis(3)));
    Ok(())
}

fn readers() -> Outcome {
    let pair = RwLock::new((0, 0));
    {
        let (_one, _two) = (pair.read(), pair.read());
        check!(pair.try_write_for(Duration::from_millis(2)).is_none());
    }
    ok(thread::scope(|scope| {
        for prio in [1, 2, 3] {
            let pair = &pair;
            scope.spawn_with(Builder::new().prio(prio), move || {
                for i in 0..200 {
                    if i % 3 == 0 {
                        let mut pair = pair.write();
                        pair.0 += 1;
                        if i % 60 == 0 {
                            time::sleep(Duration::from_micros(100));
                        }
                        pair.1 += 1;
                    } else {
                        let pair = pair.read();
                        assert_eq!(pair.0, pair.1);
                    }
                }
            })?;
        }
        Ok(())
    }))?;
    check!(pair.into_inner() == (201, 201));
    Ok(())
}

fn once() -> Outcome {
    static MADE: Mutex<u32> = Mutex::new(0);
    static VALUE: LazyLock<u32> = LazyLock::new(|| {
        time::sleep(Duration::from_millis(2));
        let mut made = MADE.lock();
        *made += 1;
        *made
    });
    let threads: Result<Vec<_>, _> = (0..5).map(|_| thread::spawn(|| *VALUE)).collect();
    for thread in ok(threads)? {
        check!(ok(thread.join())? == 1);
    }
    check!(*MADE.lock() == 1);
    Ok(())
}

fn channel() -> Outcome {
    let (sender, receiver) = mpsc::channel();
    let threads: Result<Vec<_>, _> = (0..3usize)
        .map(|from| {
            let sender = sender.clone();
            Builder::new().prio(1 + from as u64).spawn(move || {
                for n in 0..200u32 {
                    sender.send((from, n)).expect("the receiver is there");
                }
            })
        })
        .collect();
    let threads = ok(threads)?;
    drop(sender);
    let mut next = [0; 3];
    for (from, n) in receiver.iter() {
        check!(next[from] == n);
        next[from] += 1;
    }
    check!(next == [200; 3]);
    for thread in threads {
        ok(thread.join())?;
    }
    Ok(())
}

fn bounded() -> Outcome {
    let (sender, receiver) = mpsc::bounded(2);
    check!(sender.send(0).is_ok() && sender.send(1).is_ok());
    check!(sender.try_send(2) == Err(mpsc::TrySendError::Full(2)));
    let thread = ok(thread::spawn(move || {
        (2..50).all(|n| sender.send(n).is_ok())
    }))?;
    time::sleep(Duration::from_millis(10));
    check!(!thread.is_finished());
    for n in 0..50 {
        check!(receiver.recv_timeout(Duration::from_secs(60)) == Ok(n));
    }
    check!(receiver.recv() == Err(mpsc::RecvError));
    check!(ok(thread.join())?);
    Ok(())
}

fn leaks() -> Outcome {
    let slot = || -> Result<u64, i64> { Ok(ok(l4re::CapSlot::alloc())?.idx().index()) };
    let before = slot()?;
    for _ in 0..5 {
        condvar()?;
    }
    check!(slot()? == before);
    Ok(())
}
