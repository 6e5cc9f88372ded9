//! Threads.

use crate::{Case, Outcome, ok};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use l4re::task::Task;
use l4re::{Cap, start, time};
use test_services::check;

pub const CASES: &[Case] = &[
    ("threads: run what they are given", run),
    ("threads: what they used comes back", come_back),
    ("threads: a stack is as large as asked for", stacks),
    ("threads: a higher priority runs first", priorities),
    ("threads: sleep lets time pass", sleep),
];

fn run() -> Outcome {
    static SUM: AtomicU64 = AtomicU64::new(0);
    // More than there are UTCBs in a page.
    let threads: Result<Vec<_>, _> = (1..=10u64)
        .map(|i| {
            let boxed = Box::new(i);
            rt::thread::spawn(move || {
                SUM.fetch_add(*boxed, Ordering::Relaxed);
            })
        })
        .collect();
    for thread in ok(threads)? {
        ok(thread.join())?;
    }
    check!(SUM.load(Ordering::Relaxed) == 55);
    Ok(())
}

fn come_back() -> Outcome {
    let one = || -> Outcome { ok(ok(rt::thread::spawn(|| {}))?.join()) };
    // The first ones may make the heap or the list of UTCBs larger.
    one()?;
    one()?;
    let memory = ok(start::env().mem_alloc().info())?.quota_used;
    let (_, heap) = rt::heap::usage();
    let thread = ok(rt::thread::spawn(|| {}))?;
    let cap = thread.thread().idx();
    check!(ok(Cap::<Task>::THIS.cap_valid(cap))?);
    ok(thread.join())?;
    check!(!ok(Cap::<Task>::THIS.cap_valid(cap))?);
    for _ in 0..20 {
        one()?;
    }
    check!(rt::heap::usage().1 == heap);
    // The allocator may keep a little for its own tables; 20 stacks are not a little.
    let after = ok(start::env().mem_alloc().info())?.quota_used;
    check!(after.saturating_sub(memory) < 1 << 18);
    Ok(())
}

#[inline(never)]
fn deep(levels: u64) -> u64 {
    let frame = black_box([levels; 128]);
    if levels == 0 {
        return frame[5];
    }
    deep(levels - 1) + black_box(frame)[9]
}

fn stacks() -> Outcome {
    static RESULT: AtomicU64 = AtomicU64::new(0);
    let builder = rt::thread::Builder::default().stack_size(4 << 20);
    let thread = ok(builder.spawn(|| RESULT.store(deep(300), Ordering::Relaxed)))?;
    ok(thread.join())?;
    check!(RESULT.load(Ordering::Relaxed) == 45_150);
    Ok(())
}

fn priorities() -> Outcome {
    static ORDER: AtomicUsize = AtomicUsize::new(0);
    static LOW_AT: AtomicUsize = AtomicUsize::new(0);
    static HIGH_AT: AtomicUsize = AtomicUsize::new(0);
    let note =
        |at: &AtomicUsize| at.store(ORDER.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
    let spawn = |prio| rt::thread::Builder::default().prio(prio);
    // This thread has priority 2: the lower one cannot start while it does not wait.
    let low = ok(spawn(1).spawn(move || note(&LOW_AT)))?;
    check!(LOW_AT.load(Ordering::Relaxed) == 0);
    let high = ok(spawn(3).spawn(move || note(&HIGH_AT)))?;
    ok(high.join())?;
    ok(low.join())?;
    check!(HIGH_AT.load(Ordering::Relaxed) != 0 && LOW_AT.load(Ordering::Relaxed) != 0);
    Ok(())
}

fn sleep() -> Outcome {
    let kip = start::env().kip();
    let before = kip.clock_us();
    time::sleep(Duration::from_millis(30));
    let us = kip.clock_us() - before;
    // The kernel counts in ticks of a millisecond, the clock maybe not.
    check!((29_000..5_000_000).contains(&us));
    time::sleep(Duration::ZERO);
    Ok(())
}
