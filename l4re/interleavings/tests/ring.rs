//! Rings of memory that two programs share.
#![cfg(interleavings)]

use l4re::ring::{self, Bells};
use l4re::sys::Timeout;
use l4re_interleavings::kernel::new_semaphore;
use l4re_interleavings::{Kernel, check, spawn};
use std::time::Duration;

/// The bells of a sender and a receiver that wait.
fn bells(kernel: &Kernel) -> (Bells, Bells) {
    let (one, other) = (new_semaphore(kernel), new_semaphore(kernel));
    let bells = |own, other: l4re::Cap<l4re::semaphore::Semaphore>| Bells {
        other: other.cast(),
        own,
    };
    (bells(one, other), bells(other, one))
}

/// A bell may have been rung for an end that did not wait any more.
fn silence(bells: &[Bells]) {
    for bells in bells {
        while bells.own.down(Timeout::BOTH_ZERO).is_ok() {}
    }
}

#[test]
fn bytes_come_in_order_and_nobody_is_left_waiting() {
    check(|kernel| {
        let (sends, receives) = bells(kernel);
        let (mut sender, mut receiver) = ring::channel(384 + 8, sends, receives).unwrap();
        let thread = spawn(kernel, move |_| {
            // More than there is room for, in pieces of other sizes than the ring's.
            sender.write_all(&[0, 1, 2, 3, 4]).unwrap();
            sender.write_all(&[5, 6, 7, 8, 9, 10, 11]).unwrap();
        });
        let mut got = Vec::new();
        let mut bytes = [0; 3];
        loop {
            match receiver.read(&mut bytes).unwrap() {
                0 => break,
                n => got.extend_from_slice(&bytes[..n]),
            }
        }
        assert!(got.into_iter().eq(0..12));
        thread.join().unwrap();
        drop(receiver);
        silence(&[sends, receives]);
    });
}

#[test]
fn who_waits_for_room_learns_that_nobody_reads() {
    check(|kernel| {
        let (sends, receives) = bells(kernel);
        let (mut sender, mut receiver) = ring::channel(384 + 8, sends, receives).unwrap();
        let thread = spawn(kernel, move |_| {
            let sent = sender.write_all(&[7; 16]);
            assert_eq!(sent, Err(ring::CLOSED));
        });
        let time = Some(Duration::from_micros(3));
        if let Some(there) = receiver.wait_for(8, time).unwrap() {
            assert_eq!(there, 8);
        }
        drop(receiver);
        thread.join().unwrap();
        silence(&[sends, receives]);
    });
}
