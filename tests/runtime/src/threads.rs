//! Threads.

use crate::{Case, Outcome, ok};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use l4re::sys::CpuSet;
use l4re::task::Task;
use l4re::thread::{self, Builder, Local};
use l4re::{Cap, Error, start, time};
use test_services::check;

pub const CASES: &[Case] = &[
    ("threads: run what they are given", run),
    ("threads: what they used comes back", come_back),
    ("threads: a stack is as large as asked for", stacks),
    ("threads: a higher priority runs first", priorities),
    ("threads: sleep lets time pass", sleep),
    ("threads: their results", results),
    ("threads: hundreds, made and ended, leave nothing", hundreds),
    ("threads: nobody joins them, and nothing is left", alone),
    ("threads: scoped ones borrow", scoped),
    ("threads: names and capabilities", names),
    ("threads: parked until told", parked),
    ("threads: a thread that is not joined in time", late),
    ("threads: their own values go with them", locals),
    ("threads: what cannot be made leaves nothing", refused),
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

fn results() -> Outcome {
    let thread = ok(thread::spawn(|| alloc::vec![1, 2, 3]))?;
    check!(ok(thread.join())? == [1, 2, 3]);
    let builder = Builder::new()
        .cpus(CpuSet::new(0, 0, 1))
        .quantum(Duration::from_millis(2));
    check!(ok(ok(builder.spawn(|| 7u8))?.join())? == 7);
    Ok(())
}

/// What the program has of memory, heap and capability slots: the slot that is free next.
fn belongings() -> Result<(u64, usize, u64), i64> {
    let memory = ok(start::env().mem_alloc().info())?.quota_used;
    let slot = ok(l4re::CapSlot::alloc())?;
    Ok((memory, rt::heap::usage().1, slot.idx().index()))
}

/// What the allocator may keep for its own tables.
const TABLES: u64 = 1 << 18;

fn hundreds() -> Outcome {
    static SUM: AtomicU64 = AtomicU64::new(0);
    let rounds = |n: u64| -> Outcome {
        for _ in 0..n {
            let threads: Result<Vec<_>, _> = (0..50)
                .map(|i| {
                    thread::spawn(move || {
                        SUM.fetch_add(i, Ordering::Relaxed);
                        i
                    })
                })
                .collect();
            for (i, thread) in ok(threads)?.into_iter().enumerate() {
                check!(ok(thread.join())? == i as u64);
            }
        }
        Ok(())
    };
    // The first ones make UTCBs and lists.
    rounds(1)?;
    let before = belongings()?;
    rounds(10)?;
    let after = belongings()?;
    check!(SUM.load(Ordering::Relaxed) == 11 * 1225);
    check!((before.1, before.2) == (after.1, after.2));
    check!(after.0.saturating_sub(before.0) < TABLES);
    Ok(())
}

fn alone() -> Outcome {
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    let round = || -> Outcome {
        ENDED.store(0, Ordering::Relaxed);
        for i in 0..60 {
            let thread = ok(thread::spawn(|| {
                ENDED.fetch_add(1, Ordering::Relaxed);
            }))?;
            if i % 3 == 0 {
                // This one has ended when it is let go.
                while !thread.is_finished() {
                    time::sleep(Duration::from_millis(1));
                }
            }
            drop(thread);
        }
        while ENDED.load(Ordering::Relaxed) != 60 {
            time::sleep(Duration::from_millis(1));
        }
        // Their last instructions; then the next thread frees what is left.
        time::sleep(Duration::from_millis(20));
        ok(ok(thread::spawn(|| ()))?.join())
    };
    round()?;
    let before = belongings()?;
    for _ in 0..5 {
        round()?;
    }
    let after = belongings()?;
    check!((before.1, before.2) == (after.1, after.2));
    check!(after.0.saturating_sub(before.0) < TABLES);
    Ok(())
}

fn scoped() -> Outcome {
    let numbers: Vec<u64> = (0..1000).collect();
    let mut sums = [0; 4];
    ok(thread::scope(|scope| {
        for (part, sum) in numbers.chunks(250).zip(&mut sums) {
            scope.spawn(move || *sum = part.iter().sum())?;
        }
        Ok(())
    }))?;
    check!(sums.iter().sum::<u64>() == 499_500);
    let last = ok(thread::scope(|scope| {
        scope.spawn(|| numbers.last())?.join()
    }))?;
    check!(last == Some(&999));
    Ok(())
}

fn names() -> Outcome {
    let main = thread::current();
    check!(main.name() == Some("main") && main.number() == 0);
    check!(main.cap() == start::env().main_thread());
    let thread = ok(Builder::new().name("worker").prio(3).spawn(thread::current))?;
    let handle = thread.handle();
    let cap = thread.thread();
    let seen = ok(thread.join())?;
    check!(seen == handle && seen != main && seen.number() != 0);
    check!(seen.name() == Some("worker") && seen.prio() == 3 && seen.cap() == cap);
    check!(ok(ok(thread::spawn(|| thread::current()
        .name()
        .is_none()))?
    .join())?);
    Ok(())
}

fn parked() -> Outcome {
    static STEPS: AtomicUsize = AtomicUsize::new(0);
    let thread = ok(thread::spawn(|| {
        for _ in 0..100 {
            thread::park();
            STEPS.fetch_add(1, Ordering::Relaxed);
        }
    }))?;
    let handle = thread.handle();
    for i in 1..=100 {
        handle.unpark();
        // Twice is once.
        handle.unpark();
        while STEPS.load(Ordering::Relaxed) < i {
            time::sleep(Duration::from_micros(200));
        }
        if i < 100 && STEPS.load(Ordering::Relaxed) > i {
            // The second one came when the thread had passed already: it counts.
            break;
        }
    }
    while !thread.is_finished() {
        handle.unpark();
        time::sleep(Duration::from_micros(200));
    }
    ok(thread.join())?;
    check!(!thread::park_timeout(Duration::from_millis(3)));
    // Of a thread that has ended: nothing happens.
    handle.unpark();
    Ok(())
}

fn late() -> Outcome {
    let thread = ok(thread::spawn(|| {
        thread::park();
        5
    }))?;
    let thread = match thread.join_timeout(Duration::from_millis(5)) {
        Ok(_) => return Err(line!().into()),
        Err(thread) => thread,
    };
    check!(!thread.is_finished());
    thread.handle().unpark();
    check!(ok(thread.join())? == 5);
    Ok(())
}

fn locals() -> Outcome {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Noted(core::cell::Cell<usize>);
    impl Drop for Noted {
        fn drop(&mut self) {
            DROPPED.fetch_add(self.0.get(), Ordering::Relaxed);
        }
    }
    static OWN: Local<Noted> = Local::new(|| Noted(core::cell::Cell::new(1)));
    OWN.with(|own| own.0.set(1000));
    for i in 0..5 {
        let thread = ok(thread::spawn(move || {
            OWN.with(|own| own.0.set(own.0.get() + i));
        }))?;
        ok(thread.join())?;
    }
    check!(DROPPED.load(Ordering::Relaxed) == 5 + 10);
    check!(OWN.with(|own| own.0.get()) == 1000);
    Ok(())
}

fn refused() -> Outcome {
    let ask = |size| Builder::new().stack_size(size).spawn(|| ()).err();
    ask(usize::MAX);
    let before = belongings()?;
    for _ in 0..20 {
        check!(ask(usize::MAX) == Some(Error::NO_MEMORY));
        check!(ask(usize::MAX / 2).is_some());
    }
    let after = belongings()?;
    check!((before.1, before.2) == (after.1, after.2));
    Ok(())
}
