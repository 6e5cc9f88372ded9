//! Running a model in many interleavings.

use crate::kernel::Kernel;
use l4re_sys::fake::checker::{self, Threads};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::{Config, MaxSteps, Runner};
use std::env;
use std::str::FromStr;
use std::sync::Mutex;

/// A thread that has taken that many steps waits for ever, by asking again and again.
const MOST_STEPS: usize = 50_000;
const STACK_SIZE: usize = 512 << 10;
/// How many changes of the thread an error is expected to need, at most: see "A Randomized Scheduler
/// with Probabilistic Guarantees of Finding Bugs" (Burckhardt and others, 2010).
const DEPTH: usize = 3;
/// How many interleavings are tried by each scheduler, unless told otherwise.
const ROUNDS: usize = 200;

/// Where the checker may change to another thread: an atomic operation of its own.
static STEP: AtomicBool = AtomicBool::new(false);

/// What is global in the program, as the allocator of slots, is one model's at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs `model`, as the first thread of a program, in many interleavings.
///
/// # Panics
/// If one of them fails: it is printed, for `INTERLEAVINGS_REPLAY`.
pub fn check(model: impl Fn(&Kernel) + Send + Sync + 'static) {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(|one| one.into_inner());
    checker::use_threads(Threads {
        step: || {
            if shuttle::current::try_get_current_task().is_some() {
                STEP.load(Ordering::SeqCst);
            }
        },
        current: || {
            let task = shuttle::current::try_get_current_task();
            task.map_or(u64::MAX, |task| usize::from(task) as u64)
        },
    });
    // What the last execution leaves is dropped as long as the test's own thread is whole.
    let _forget = Forget;
    let execution = move || {
        checker::forget();
        Kernel::new().run(&model);
    };
    if let Ok(schedule) = env::var("INTERLEAVINGS_REPLAY") {
        return shuttle::replay(execution, &schedule);
    }
    let (rounds, seed) = (setting("ROUNDS", ROUNDS), setting("SEED", 0));
    let execution = std::sync::Arc::new(execution);
    let first = execution.clone();
    run(RandomScheduler::new_from_seed(seed, rounds), move || {
        first()
    });
    run(
        PctScheduler::new_from_seed(seed, DEPTH, rounds),
        move || execution(),
    );
}

struct Forget;

impl Drop for Forget {
    fn drop(&mut self) {
        checker::forget();
    }
}

fn run(scheduler: impl Scheduler + 'static, execution: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = STACK_SIZE;
    config.max_steps = MaxSteps::FailAfter(MOST_STEPS);
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(execution);
}

/// The number in a variable.
fn setting<T: FromStr>(name: &str, otherwise: T) -> T {
    let text = env::var(format!("INTERLEAVINGS_{name}"));
    match text.as_deref().map(str::parse) {
        Ok(Ok(number)) => number,
        Ok(Err(_)) => panic!("INTERLEAVINGS_{name} is not a number"),
        Err(_) => otherwise,
    }
}
