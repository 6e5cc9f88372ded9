//! The heap.

use crate::{Case, Outcome, ok};
use alloc::alloc::{alloc, dealloc};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::alloc::Layout;
use core::sync::atomic::{AtomicUsize, Ordering};
use l4re::msg::Writer;
use l4re::sys::{self, utcb::MSG_REGS};
use test_services::check;

pub const CASES: &[Case] = &[
    ("heap: blocks are aligned, apart, and come back", blocks),
    ("heap: grows", grows),
    ("heap: what is too much is told", too_much),
    ("heap: growing leaves a message as it is", keeps_messages),
    ("heap: threads of any priority share it", shared),
    ("heap: what there is no memory for can be noticed", noticed),
    (
        "heap: the cost of a block does not depend on their number",
        even,
    ),
];

/// A row of numbers that look random and repeat exactly (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }
}

struct Block {
    start: *mut u8,
    layout: Layout,
    fill: u8,
}

impl Block {
    fn new(layout: Layout, fill: u8) -> Option<Block> {
        // SAFETY: the layout is not empty.
        let start = unsafe { alloc(layout) };
        if start.is_null() {
            return None;
        }
        // SAFETY: the block is that large.
        unsafe { start.write_bytes(fill, layout.size()) };
        Some(Block {
            start,
            layout,
            fill,
        })
    }

    fn is_whole(&self) -> bool {
        // SAFETY: the block is that large, and all of it has been written.
        let bytes = unsafe { core::slice::from_raw_parts(self.start, self.layout.size()) };
        self.start.addr().is_multiple_of(self.layout.align())
            && bytes.iter().all(|b| *b == self.fill)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout in `new`.
        unsafe { dealloc(self.start, self.layout) };
    }
}

/// Allocates and frees in no order, and looks at every block when it goes.
fn churn(seed: u64, rounds: usize) -> bool {
    let mut numbers = Numbers(seed);
    let mut blocks: Vec<Block> = Vec::with_capacity(65);
    for round in 0..rounds {
        let size = 1 + numbers.below(700);
        let align = 1 << numbers.below(9);
        let Ok(layout) = Layout::from_size_align(size, align) else {
            return false;
        };
        let Some(block) = Block::new(layout, round as u8) else {
            return false;
        };
        blocks.push(block);
        if blocks.len() > 64 {
            let gone = blocks.swap_remove(numbers.below(64));
            if !gone.is_whole() {
                return false;
            }
        }
    }
    blocks.iter().all(Block::is_whole)
}

fn blocks() -> Outcome {
    let (_, before) = rt::heap::usage();
    check!(churn(1, 5000));
    check!(rt::heap::usage().1 == before);
    Ok(())
}

fn grows() -> Outcome {
    let (size, used) = rt::heap::usage();
    let mut large = vec![1u8; 5 << 20];
    check!(rt::heap::usage().0 >= size + (5 << 20));
    large.resize(9 << 20, 2);
    check!(large.iter().step_by(4096).take(1280).all(|b| *b == 1));
    check!(large.last() == Some(&2));
    drop(large);
    check!(rt::heap::usage().1 == used);
    // What has been freed is used again.
    let (size, _) = rt::heap::usage();
    drop(vec![3u8; 8 << 20]);
    check!(rt::heap::usage().0 == size);
    Ok(())
}

fn too_much() -> Outcome {
    let mut text = String::new();
    check!(text.try_reserve(1 << 50).is_err());
    check!(text.try_reserve(1 << 36).is_err());
    check!(text.try_reserve(100).is_ok());
    Ok(())
}

/// Memory is there when it is handed out, so that a program that asks for all of it goes on.
fn noticed() -> Outcome {
    const PIECE: usize = 8 << 20;
    let (_, used) = rt::heap::usage();
    let mut pieces: Vec<Vec<u8>> = Vec::with_capacity(1024);
    let full = (0..1024).any(|_| {
        let mut piece = Vec::new();
        let full = piece.try_reserve_exact(PIECE).is_err();
        pieces.push(piece);
        full
    });
    check!(full);
    // All that was had can be written.
    for piece in &mut pieces {
        let size = piece.capacity();
        piece.resize(size, 1);
    }
    check!(pieces.iter().map(Vec::len).sum::<usize>() > PIECE);
    // And it is used again.
    let len = pieces.len() - 1;
    drop(pieces);
    check!(rt::heap::usage().1 == used);
    let (size, _) = rt::heap::usage();
    let again: Vec<Vec<u8>> = (0..len).map(|_| Vec::with_capacity(PIECE)).collect();
    check!(rt::heap::usage().0 == size);
    drop(again);
    Ok(())
}

/// The time of freeing a number of blocks, every other one first, in microseconds.
fn time_to_free(count: usize) -> u64 {
    let mut blocks: Vec<Option<Box<[u64; 4]>>> =
        (0..count).map(|i| Some(Box::new([i as u64; 4]))).collect();
    let start = l4re::time::Instant::now();
    for first in [0, 1] {
        for block in blocks.iter_mut().skip(first).step_by(2) {
            drop(block.take());
        }
    }
    (l4re::time::Instant::now() - start).as_micros() as u64
}

fn even() -> Outcome {
    // The first run has the heap grow.
    time_to_free(40_000);
    let (few, many) = (time_to_free(10_000), time_to_free(40_000));
    l4re::println!("# freeing 10,000 blocks: {few} us, 40,000: {many} us");
    check!(many < 16 * few + 20_000);
    Ok(())
}

fn keeps_messages() -> Outcome {
    let utcb = sys::utcb();
    let mut w = Writer::new();
    for i in 0..MSG_REGS {
        w.put(0xabc0_0000 + i as u64);
    }
    utcb.set_br(0, 0);
    utcb.set_br(5, 55);
    let (size, _) = rt::heap::usage();
    let large = vec![0u8; size + (1 << 20)];
    check!(rt::heap::usage().0 > size);
    check!((0..MSG_REGS).all(|i| utcb.mr(i) == 0xabc0_0000 + i as u64));
    check!(utcb.br(5) == 55);
    drop(large);
    Ok(())
}

fn shared() -> Outcome {
    static GOOD: AtomicUsize = AtomicUsize::new(0);
    let threads: Result<Vec<_>, _> = (1..=4)
        .map(|prio| {
            rt::thread::Builder::default().prio(prio).spawn(move || {
                GOOD.fetch_add(usize::from(churn(prio, 2000)), Ordering::Relaxed);
            })
        })
        .collect();
    check!(churn(9, 2000));
    for thread in ok(threads)? {
        ok(thread.join())?;
    }
    check!(GOOD.load(Ordering::Relaxed) == 4);
    Ok(())
}
