//! Thread-local data.

use crate::{Case, Outcome, ok};
use alloc::vec::Vec;
use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering};
use test_services::check;

pub const CASES: &[Case] = &[
    ("tls: initial values", initial_values),
    ("tls: every thread has its own", own_values),
    ("tls: alignment", alignment),
];

#[thread_local]
static INITIALIZED: Cell<u64> = Cell::new(0x1122_3344_5566_7788);
#[thread_local]
static ZERO: Cell<[u64; 5]> = Cell::new([0; 5]);
#[thread_local]
static SMALL: Cell<u8> = Cell::new(0xa5);

#[repr(align(64))]
struct Aligned(Cell<u8>);

#[thread_local]
static ALIGNED: Aligned = Aligned(Cell::new(7));

fn is_fresh() -> bool {
    INITIALIZED.get() == 0x1122_3344_5566_7788
        && ZERO.get() == [0; 5]
        && SMALL.get() == 0xa5
        && ALIGNED.0.get() == 7
}

fn spoil(with: u8) {
    INITIALIZED.set(with.into());
    ZERO.set([with.into(); 5]);
    SMALL.set(with);
    ALIGNED.0.set(with);
}

fn initial_values() -> Outcome {
    check!(is_fresh());
    Ok(())
}

fn own_values() -> Outcome {
    static FRESH: AtomicUsize = AtomicUsize::new(0);
    spoil(1);
    let threads: Result<Vec<_>, _> = (2..6)
        .map(|with| {
            rt::thread::spawn(move || {
                FRESH.fetch_add(usize::from(is_fresh()), Ordering::Relaxed);
                spoil(with);
            })
        })
        .collect();
    for thread in ok(threads)? {
        ok(thread.join())?;
    }
    check!(FRESH.load(Ordering::Relaxed) == 4);
    check!(SMALL.get() == 1 && ZERO.get() == [1; 5]);
    Ok(())
}

fn alignment() -> Outcome {
    static WRONG: AtomicUsize = AtomicUsize::new(0);
    let look = || {
        let wrong = (&raw const ALIGNED).addr() % 64 + (&raw const INITIALIZED).addr() % 8;
        WRONG.fetch_add(wrong, Ordering::Relaxed);
    };
    look();
    ok(ok(rt::thread::spawn(look))?.join())?;
    check!(WRONG.load(Ordering::Relaxed) == 0);
    Ok(())
}
