//! Threads of `std`, and what they share and pass on.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock};
use std::thread;
use std::time::{Duration, Instant};

static DROPPED: AtomicU32 = AtomicU32::new(0);

/// A thread's own value, whose end is counted.
struct Own(u32);

impl Drop for Own {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0, Ordering::Relaxed);
    }
}

thread_local! {
    static OWN: RefCell<Own> = const { RefCell::new(Own(0)) };
}

fn main() {
    channels();
    scoped_counting();
    turns();
    thread_locals();
    parking();
    others();
    unwinding();
    println!("all is well");
}

fn channels() {
    let (to, from) = mpsc::channel();
    let workers: Vec<_> = (1..=4u64)
        .map(|n| {
            let to = to.clone();
            thread::spawn(move || to.send((n, (1..=n).product::<u64>())).unwrap())
        })
        .collect();
    drop(to);
    let mut got: Vec<_> = from.iter().collect();
    got.sort_unstable();
    println!("factorials by channel: {got:?}");
    workers
        .into_iter()
        .for_each(|worker| worker.join().unwrap());
}

fn scoped_counting() {
    let words = ["to", "be", "or", "not", "to", "be"];
    let counts = Mutex::new(HashMap::new());
    thread::scope(|scope| {
        for half in words.chunks(3) {
            let counts = &counts;
            scope.spawn(move || {
                for word in half {
                    *counts.lock().unwrap().entry(*word).or_insert(0) += 1;
                }
            });
        }
    });
    let mut counts: Vec<_> = counts.into_inner().unwrap().into_iter().collect();
    counts.sort_unstable();
    println!("words counted in a scope: {counts:?}");
}

fn turns() {
    let turn = Arc::new((Mutex::new(0u32), Condvar::new()));
    let players: Vec<_> = (0..3)
        .map(|own| {
            let turn = Arc::clone(&turn);
            thread::spawn(move || {
                let (now, changed) = &*turn;
                for _ in 0..100 {
                    let mut now = changed
                        .wait_while(now.lock().unwrap(), |now| *now % 3 != own)
                        .unwrap();
                    *now += 1;
                    changed.notify_all();
                }
            })
        })
        .collect();
    players
        .into_iter()
        .for_each(|player| player.join().unwrap());
    println!("turns taken: {}", turn.0.lock().unwrap());
}

fn thread_locals() {
    for n in 1..=3 {
        thread::spawn(move || OWN.with_borrow_mut(|own| own.0 = n))
            .join()
            .unwrap();
    }
    println!(
        "thread-local values dropped: {}",
        DROPPED.load(Ordering::Relaxed)
    );
}

fn parking() {
    let start = Instant::now();
    thread::park_timeout(Duration::from_millis(30));
    thread::sleep(Duration::from_millis(30));
    let parked = thread::spawn(thread::park);
    thread::sleep(Duration::from_millis(5));
    parked.thread().unpark();
    parked.join().unwrap();
    let condition = Condvar::new();
    let timeout = condition
        .wait_timeout_while(
            Mutex::new(()).lock().unwrap(),
            Duration::from_millis(20),
            |_| true,
        )
        .unwrap()
        .1;
    // A parked thread may wake for no reason; the sleep and the wait last.
    assert!(timeout.timed_out() && start.elapsed() >= Duration::from_millis(50));
    println!("parked, slept and woken");
}

fn others() {
    static WORD: OnceLock<String> = OnceLock::new();
    static ONCE: Once = Once::new();
    let lock = RwLock::new(1);
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                barrier.wait();
                ONCE.call_once(|| *lock.write().unwrap() += 1);
                WORD.get_or_init(|| "once".to_owned());
            });
        }
    });
    println!("{}: {}", WORD.get().unwrap(), lock.read().unwrap());
}

fn unwinding() {
    let caught = thread::Builder::new()
        .name("clumsy".to_owned())
        .spawn(|| panic!("dropped it"))
        .unwrap()
        .join();
    let message = caught.unwrap_err();
    println!("caught: {:?}", message.downcast_ref::<&str>());
}
