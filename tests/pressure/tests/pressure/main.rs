//! Too much of everything, and the end of everything in the midst of something: the kernel
//! refuses, others are not affected, and all that was used is back.
//!
//! The program's first argument, if there is one, is a part of the names of the cases to run.

#![no_std]
#![no_main]

mod death;
mod owned;
mod owners;
mod quota;
mod revoke;
mod trees;

use core::sync::atomic::{AtomicU64, Ordering};
use l4re::Env;
use l4re::sys::{CapIdx, err, ipc_error};
use test_pressure::{self as kit, Capacity, Crew};
use test_services::Tap;

/// How a case went; an error is the line of a check, or the code of what was refused.
type Outcome = Result<(), i64>;

/// A case.
type Case = (&'static str, fn() -> Outcome);

/// The priority of the cases.
const MAIN: u64 = 50;
/// Above and below that of the cases.
const HIGH: u64 = 60;
/// See [`HIGH`].
const LOW: u64 = 40;

/// The code of an operation as a result.
fn ok(code: i64) -> Outcome {
    if code < 0 { Err(code) } else { Ok(()) }
}

/// A factory with a limit, and what it has to give.
struct Budget {
    factory: CapIdx,
    spare: CapIdx,
    whole: Capacity,
}

impl Budget {
    fn new(limit: u64) -> Result<Self, i64> {
        let factory = kit::slots(1);
        ok(kit::create_factory(own_factory(), limit, factory))?;
        let spare = Capacity::slots();
        let whole = Capacity::of(factory, spare);
        Ok(Budget {
            factory,
            spare,
            whole,
        })
    }

    /// Whether all is back: at once, or a moment later.
    fn is_whole(&self) -> bool {
        let mut now = self.whole;
        for _ in 0..50 {
            now = Capacity::of(self.factory, self.spare);
            if now == self.whole {
                return true;
            }
            kit::sleep_us(2_000);
        }
        l4re::println!("# {now:?} is left of {:?}", self.whole);
        false
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        kit::delete(self.factory);
    }
}

/// Whether the code of a mapping says that there is no memory for it: a label, or the error of
/// the kernel's IPC, as on Fiasco.
fn is_no_memory(code: i64) -> bool {
    code == -err::ENOMEM || code == -err::EIPC_LO - ipc_error::SE_MAP_FAILED as i64
}

/// Slots for many objects: always the same, and empty between the cases.
fn many_slots() -> CapIdx {
    static SLOTS: AtomicU64 = AtomicU64::new(0);
    if SLOTS.load(Ordering::Relaxed) == 0 {
        SLOTS.store(kit::slots(MANY + 1).0, Ordering::Relaxed);
    }
    CapIdx(SLOTS.load(Ordering::Relaxed))
}

/// How many of them there are.
const MANY: u64 = 1 << 13;

fn own_factory() -> CapIdx {
    l4re::start::env().factory().idx()
}

/// The thread of a crew that serves the faults of other tasks.
const PAGER: usize = Crew::MAX - 1;

/// A crew with a pager.
fn crew() -> Result<Crew, i64> {
    let mut crew = Crew::new()?;
    crew.spawn(PAGER, HIGH + 10, |_| kit::serve_faults(), 0)?;
    Ok(crew)
}

#[l4re::main]
fn main(env: &Env) -> i32 {
    let filter = env.args().nth(1).unwrap_or("");
    let code = kit::run(env.main_thread().idx(), MAIN);
    if code < 0 {
        l4re::println!("Bail out! no priority: {code}");
        return 1;
    }
    let mut tap = Tap::default();
    for table in [
        quota::CASES,
        owned::CASES,
        death::CASES,
        owners::CASES,
        revoke::CASES,
        trees::CASES,
    ] {
        for (name, case) in table {
            if name.contains(filter) {
                tap.case(name, case());
            }
        }
    }
    tap.end()
}
