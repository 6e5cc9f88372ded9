//! Threads: their starts, their ends, and parking.
#![cfg(interleavings)]

use l4re::thread::{self, Builder};
use l4re_interleavings::{Kernel, check};
use shuttle::thread::yield_now;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn builder() -> Builder {
    Builder::new().stack_size(0x1000)
}

/// How many values there are of it.
#[derive(Clone)]
struct Counted(Arc<()>);

#[test]
fn a_thread_that_is_joined_gives_its_result_and_one_that_is_not_ends_alone() {
    check(|kernel| {
        let counted = Counted(Arc::new(()));
        let made: Vec<_> = (0..3)
            .map(|i| {
                let counted = counted.clone();
                builder().spawn(move || (i, counted)).unwrap()
            })
            .collect();
        for (i, thread) in made.into_iter().enumerate() {
            match i {
                0 => assert_eq!(thread.join().unwrap().0, 0),
                1 => match thread.join_timeout(Duration::from_micros(3)) {
                    Ok(result) => assert_eq!(result.unwrap().0, 1),
                    Err(thread) => assert_eq!(thread.join().unwrap().0, 1),
                },
                // Nobody waits for it: it ends alone, and is deleted with the next that is made.
                _ => drop(thread),
            }
        }
        while kernel.threads() > 1 {
            builder().spawn(|| ()).unwrap().join().unwrap();
            yield_now();
        }
        assert_eq!(Arc::strong_count(&counted.0), 1);
    });
}

#[test]
fn a_thread_that_is_let_go_while_it_ends_is_deleted() {
    check(|kernel| {
        drop(builder().spawn(|| ()).unwrap());
        while kernel.threads() > 1 {
            builder().spawn(|| ()).unwrap().join().unwrap();
            yield_now();
        }
    });
}

#[test]
fn a_scope_waits_for_its_threads() {
    check(|_| {
        let sum = AtomicU32::new(0);
        thread::scope(|scope| {
            for n in 1..3 {
                let sum = &sum;
                let thread = scope.spawn_with(builder(), move || {
                    yield_now();
                    sum.fetch_add(n, Ordering::Relaxed)
                });
                drop(thread.unwrap());
            }
        });
        assert_eq!(sum.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn a_thread_that_is_unparked_does_not_park() {
    check(|_: &Kernel| {
        let parked = builder()
            .spawn(|| {
                thread::park();
                while !thread::park_timeout(Duration::from_micros(3)) {}
            })
            .unwrap();
        let handle = parked.handle();
        let other = builder().spawn(move || handle.unpark()).unwrap();
        other.join().unwrap();
        // The first may have been taken, or not; this one is another, or the same.
        while !parked.is_finished() {
            parked.handle().unpark();
            yield_now();
        }
        parked.join().unwrap();
    });
}
