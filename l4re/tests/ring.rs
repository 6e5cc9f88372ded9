//! Rings: what is written is read, and nothing that the other end does is more than an error.

use l4re::ring::{self, BROKEN, Bells, CLOSED, Heap, Memory, MessageSender, Receiver, Sender};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the ring itself takes of the memory.
const HEADER: usize = 384;

/// Memory that a test has, too.
#[derive(Clone)]
struct Shared(Arc<[AtomicU64]>);

impl Shared {
    fn new(size: usize) -> Self {
        Shared((0..size.div_ceil(8)).map(|_| AtomicU64::new(0)).collect())
    }
}

// SAFETY: the words live as long as the value does, and are accessed by atomic operations.
unsafe impl Memory for Shared {
    fn base(&self) -> *mut u8 {
        self.0.as_ptr().cast_mut().cast()
    }
    fn size(&self) -> usize {
        self.0.len() * 8
    }
}

fn ends(capacity: usize) -> (Sender<Shared>, Receiver<Shared>, Shared) {
    let memory = Shared::new(HEADER + capacity);
    let sender = Sender::new(memory.clone(), Bells::NONE).unwrap();
    let receiver = Receiver::new(memory.clone(), Bells::NONE).unwrap();
    (sender, receiver, memory)
}

/// Writes a word of the memory, as a hostile end does.
fn spoil(memory: &Shared, at: usize, value: u64) {
    memory.0[at / 8].store(value, Ordering::SeqCst);
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        capacity in 8usize..200,
        steps in prop::collection::vec((any::<bool>(), 0usize..250), 0..200),
    ) {
        let (mut sender, mut receiver, _memory) = ends(capacity);
        let capacity = sender.capacity();
        let mut model = VecDeque::new();
        let mut next = 0u8;
        for (writes, len) in steps {
            if writes {
                let bytes: Vec<u8> = (0..len).map(|i| next.wrapping_add(i as u8)).collect();
                let done = sender.try_write(&bytes).unwrap();
                prop_assert_eq!(done, len.min(capacity - model.len()));
                model.extend(&bytes[..done]);
                next = next.wrapping_add(done as u8);
            } else {
                let mut bytes = vec![0xaa; len];
                let done = receiver.try_read(&mut bytes).unwrap();
                prop_assert_eq!(done, len.min(model.len()));
                let due: Vec<u8> = model.drain(..done).collect();
                prop_assert_eq!(&bytes[..done], &due[..]);
                prop_assert!(bytes[done..].iter().all(|byte| *byte == 0xaa));
            }
            prop_assert_eq!(receiver.available().unwrap(), model.len());
            prop_assert_eq!(sender.room().unwrap(), capacity - model.len());
        }
    }

    #[test]
    fn messages_arrive_whole_and_in_order(
        capacity in 12usize..100,
        steps in prop::collection::vec(any::<bool>(), 0..200),
    ) {
        let size = HEADER + capacity;
        let (mut sender, mut receiver) =
            ring::message_channel::<[u32; 3]>(size, Bells::NONE, Bells::NONE).unwrap();
        let (mut sent, mut read) = (0, 0);
        for sends in steps {
            if sends {
                sent += u32::from(sender.try_send([sent, !sent, 7]).unwrap());
            } else if let Some(message) = receiver.try_recv().unwrap() {
                prop_assert_eq!(message, [read, !read, 7]);
                read += 1;
            }
            prop_assert!(read <= sent);
        }
    }

    #[test]
    fn a_hostile_end_is_an_error_at_most(
        capacity in 8usize..100,
        steps in prop::collection::vec((0usize..6, any::<u64>(), 0usize..120), 0..100),
    ) {
        let (mut sender, mut receiver, memory) = ends(capacity);
        let capacity = sender.capacity();
        for (what, value, len) in steps {
            let mut bytes = vec![0; len];
            let near = value % (3 * capacity as u64);
            let result = match what {
                0 => sender.try_write(&bytes),
                1 => receiver.try_read(&mut bytes),
                // Any word of the memory, the positions above all.
                2 => { spoil(&memory, (value as usize % (HEADER / 8)) * 8, value); Ok(0) }
                3 => { spoil(&memory, 0, near); Ok(0) }
                4 => { spoil(&memory, 64, near); Ok(0) }
                _ => receiver.available().and(sender.room()),
            };
            match result {
                Ok(done) => prop_assert!(done <= capacity),
                Err(error) => prop_assert!(error == BROKEN || error == CLOSED),
            }
        }
    }
}

#[test]
fn a_broken_ring_stays_broken() {
    let (mut sender, mut receiver, memory) = ends(64);
    sender.try_write(b"abc").unwrap();
    spoil(&memory, 0, 65);
    assert_eq!(receiver.try_read(&mut [0; 8]), Err(BROKEN));
    spoil(&memory, 0, 3);
    assert_eq!(receiver.try_read(&mut [0; 8]), Err(BROKEN));
    // Backwards is as wrong as too far.
    spoil(&memory, 64, 4);
    assert_eq!(sender.room(), Err(BROKEN));
    assert_eq!(sender.write_all(b"x"), Err(BROKEN));
}

#[test]
fn the_end_is_told() {
    let (mut sender, mut receiver, _memory) = ends(64);
    sender.write_all(b"last words").unwrap();
    drop(sender);
    let mut text = [0; 64];
    assert_eq!(receiver.read(&mut text), Ok(10));
    assert_eq!(receiver.read(&mut text), Ok(0));
    assert!(receiver.is_closed());

    let (mut sender, receiver, _memory) = ends(64);
    drop(receiver);
    assert_eq!(sender.try_write(b"x"), Err(CLOSED));
}

#[test]
fn sizes_that_cannot_be() {
    assert!(Sender::new(Heap::new(HEADER), Bells::NONE).is_err());
    assert!(Receiver::new(Heap::new(0), Bells::NONE).is_err());
    assert!(MessageSender::<[u64; 9], _>::new(Heap::new(HEADER + 64), Bells::NONE).is_err());
    assert!(MessageSender::<[u64; 0], _>::new(Heap::new(HEADER + 64), Bells::NONE).is_err());
    let (mut sender, mut receiver, _memory) = ends(64);
    assert!(sender.wait_for_room(65, None).is_err());
    assert!(receiver.wait_for(65, None).is_err());
    // Nothing to wait at.
    assert!(receiver.read(&mut [0; 1]).is_err());
    assert_eq!(receiver.read(&mut []), Ok(0));
}

/// Two writers of one ring, which a program can only make of memory that it has twice, as a dataspace
/// that it has attached twice: the reader gets nonsense, or an error, and nothing worse.
#[test]
fn two_writers_are_nonsense_at_most() {
    let (sender, mut receiver, memory) = ends(256);
    let second = Sender::new(memory, Bells::NONE).unwrap();
    std::thread::scope(|scope| {
        for mut sender in [sender, second] {
            scope.spawn(move || {
                for i in 0..200u8 {
                    if sender.try_write(&[i; 8]).is_err() {
                        return;
                    }
                }
            });
        }
        for _ in 0..200 {
            match receiver.try_read(&mut [0; 24]) {
                Ok(len) => assert!(len <= 24),
                Err(error) => assert_eq!(error, BROKEN),
            }
        }
    });
}

#[test]
fn two_threads() {
    let (mut sender, mut receiver) =
        ring::channel(HEADER + 1000, Bells::NONE, Bells::NONE).unwrap();
    let total = 200_000usize;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let bytes: Vec<u8> = (0..total).map(|i| (i / 3) as u8).collect();
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let done = sender.try_write(&rest[..rest.len().min(313)]).unwrap();
                rest = &rest[done..];
                std::thread::yield_now();
            }
        });
        let mut seen = 0;
        let mut bytes = [0; 417];
        while seen < total {
            let done = receiver.try_read(&mut bytes).unwrap();
            for byte in &bytes[..done] {
                assert_eq!(*byte, (seen / 3) as u8);
                seen += 1;
            }
            std::thread::yield_now();
        }
    });
}
