//! The heap.

use crate::{Case, Outcome, ok};
use alloc::alloc::{alloc, dealloc};
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
