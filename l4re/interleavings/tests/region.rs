//! Windows, their guard, and slots.
#![cfg(interleavings)]

use l4re::CapSlot;
use l4re::region::Window;
use l4re::thread::Builder;
use l4re_interleavings::{Kernel, check, spawn};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// A thread that is guarded, and then has page faults anywhere, also with the heap's lock held.
fn guarded(kernel: &Kernel) {
    Window::guard_thread().unwrap();
    kernel.with_heap(|| kernel.fault(0x1000));
    kernel.fault(0x2000);
}

#[test]
fn a_guarded_thread_may_fault_with_the_heap_locked() {
    check(guarded);
}

#[test]
fn all_guarded_threads_may_fault_while_the_guard_starts() {
    check(|kernel| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let kernel = kernel.clone();
                let builder = Builder::new().stack_size(0x1000);
                builder.spawn(move || guarded(&kernel)).unwrap()
            })
            .collect();
        guarded(kernel);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn each_window_has_its_own_place_for_what_the_guard_tells() {
    check(|kernel| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let kernel = kernel.clone();
                let builder = Builder::new().stack_size(0x1000);
                let run = move || {
                    Window::guard_thread().unwrap();
                    for _ in 0..2 {
                        let window = Window::new(kernel.env().rm(), 12).unwrap();
                        let mut byte = [0];
                        window.read(0, &mut byte).unwrap();
                        kernel.fault(window.fpage().addr());
                        let lost = window.read(0, &mut byte);
                        assert_eq!(lost, Err(l4re::region::LOST));
                        window.clear().unwrap();
                        window.write(0, &byte).unwrap();
                    }
                };
                builder.spawn(run).unwrap()
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn no_slot_is_given_to_two() {
    check(|kernel| {
        let taken = Arc::new(Mutex::new(BTreeSet::new()));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let taken = taken.clone();
                spawn(kernel, move |_| {
                    for _ in 0..2 {
                        let (one, other) = (CapSlot::alloc().unwrap(), CapSlot::alloc().unwrap());
                        for slot in [one, other] {
                            let index = slot.idx().index();
                            assert!(taken.lock().unwrap().insert(index));
                            shuttle::thread::yield_now();
                            assert!(taken.lock().unwrap().remove(&index));
                        }
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}
