//! A case, and how it is run: in a thread of its own, so that a hang is told and ended.

use super::thread::{self, HIGH, NORMAL};
use super::{Msg, obj, service, timeout_ms};
use core::sync::atomic::{AtomicU64, Ordering};
use l4re::sys::{CapIdx, ipc_error, op, proto};
use test_services::Tap;

/// How a case went; an error holds the line of the check that failed, or what failed.
pub type Outcome = Result<(), i64>;

/// A case: its name, and the header that it stands on.
pub struct Case {
    name: &'static str,
    run: fn() -> Outcome,
}

/// A case of the table of a file.
pub const fn case(name: &'static str, run: fn() -> Outcome) -> Case {
    Case { name, run }
}

/// What a case answers that the kernel has nothing for.
pub const SKIP: i64 = -9998;

/// What a case reports that did not end.
const HUNG: i64 = -9999;

/// No case takes longer, even emulated on a slow computer.
const PATIENCE_MS: u64 = 8_000;

/// The priority of the first thread, which watches over the cases.
const WATCH: u64 = HIGH + 100;

static THREAD: AtomicU64 = AtomicU64::new(0);

/// The thread that runs the case.
pub fn me() -> CapIdx {
    CapIdx(THREAD.load(Ordering::Relaxed))
}

/// Runs the cases whose names contain `filter`; gives the program's status.
pub fn run(tables: &[&[Case]], filter: &str) -> i32 {
    let mut tap = Tap::default();
    let main = l4re::start::env().main_thread().idx();
    if let Err(error) = prepare(main) {
        l4re::println!("Bail out! the program cannot prepare itself: {error}");
        return 1;
    }
    for case in tables.iter().flat_map(|table| table.iter()) {
        if case.name.contains(filter) {
            match run_one(case) {
                Err(SKIP) => tap.skip(case.name, "not in this kernel"),
                outcome => tap.case(case.name, outcome),
            }
        }
    }
    tap.end()
}

fn prepare(main: CapIdx) -> Outcome {
    match thread::run_thread(main, WATCH) {
        0 => {}
        error => return Err(error),
    }
    thread::prepare()?;
    service::start(WATCH - 1)
}

/// The result of the case that runs; the watching thread waits for `done`.
static RESULT: AtomicU64 = AtomicU64::new(0);

fn run_one(case: &Case) -> Outcome {
    let done = obj::semaphore()?;
    let (run, done_cap) = (case.run, done.idx());
    RESULT.store(HUNG as u64, Ordering::Relaxed);
    thread::clear_cells();
    let worker = thread::new(NORMAL, move || {
        let result = match run() {
            Ok(()) => 0,
            Err(0) => -1,
            Err(error) => error,
        };
        RESULT.store(result as u64, Ordering::Relaxed);
        obj::trigger(done_cap);
    })?;
    THREAD.store(worker.cap().0, Ordering::Relaxed);
    worker.start()?;
    let wait = Msg::new(proto::SEMAPHORE).words(&[op::semaphore::DOWN]);
    let answer = wait.timeout(timeout_ms(0, PATIENCE_MS)).call(done.idx());
    // Whatever the case has left is gone before the next one.
    thread::end_all();
    match RESULT.load(Ordering::Relaxed) as i64 {
        0 if answer.code() == 0 => Ok(()),
        0 => Err(super::ipc_error(ipc_error::RE_TIMEOUT)),
        error => Err(error),
    }
}
