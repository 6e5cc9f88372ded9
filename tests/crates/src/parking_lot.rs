use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, FairMutex, Mutex, RwLock};

fn main() {
    let count = Arc::new(Mutex::new(0));
    let table = Arc::new(RwLock::new(vec![0; 4]));
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let (count, table) = (count.clone(), table.clone());
            std::thread::spawn(move || {
                for _ in 0..1_000 {
                    *count.lock() += 1;
                    assert!(table.read().len() == 4);
                }
                table.write()[n] = n;
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!((*count.lock(), table.read().iter().sum::<usize>()), (4_000, 6));
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = pair.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(10));
        *other.0.lock() = true;
        other.1.notify_one();
    });
    let mut ready = pair.0.lock();
    while !*ready {
        pair.1.wait(&mut ready);
    }
    thread.join().unwrap();
    assert!(pair.1.wait_for(&mut ready, Duration::from_millis(10)).timed_out());
    let held = FairMutex::new(());
    let _guard = held.lock();
    assert!(held.try_lock_for(Duration::from_millis(10)).is_none());
    println!("ok");
}
