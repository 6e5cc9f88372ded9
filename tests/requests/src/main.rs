//! Random requests to the root task, malformed and well-formed, by several clients that end at any
//! time: it answers everybody, keeps nobody waiting, and in the end all memory is back.
//!
//! `--seed S --calls N` choose others than the default. Alone, the clients are threads;
//! `cargo xtask fuzz --requests` starts copies of the program beside it, with `--client`, which end
//! in the middle of what they do.

#![no_std]
#![no_main]

mod client;
mod message;

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use l4re::sys::re::mem_alloc;
use l4re::sys::{CapIdx, Sysf, Timeout, TimeoutS, op::meta, proto};
use l4re::{Env, thread, time};
use test_services::{Tap, call, check, label, word};

/// Requests without `--calls`.
const CALLS: u64 = 40_000;
/// Requests before it is noted what is free.
const WARM: u64 = 6_000;
/// What the root task's own tables may grow by, in bytes: they do not shrink.
const TABLES: u64 = 64 << 10;
/// What the program's own stacks and heap may grow by meanwhile, in bytes.
const OWN: u64 = 16 << 10;
/// The priorities of the clients that are threads; the neighbour has the most.
const CLIENTS: [u64; 3] = [2, 20, 60];
const NEIGHBOUR: u64 = 200;
/// The most that the neighbour may be kept waiting, in microseconds: far more than any request
/// takes, since an emulated machine stands still while its computer is busy with something else.
const LATENCY_US: u64 = 2_500_000;

/// What the command line asks for.
#[derive(Clone, Copy)]
struct Plan {
    seed: u64,
    calls: u64,
    /// Other programs that report when they end.
    others: u64,
    client: bool,
}

#[l4re::main]
fn main(env: &'static Env) -> i32 {
    let plan = match plan(env) {
        Ok(plan) => plan,
        Err(word) => {
            l4re::println!("Bail out! not understood: {word:?}");
            return 2;
        }
    };
    if plan.client {
        return client::live_and_end(env, plan.seed, plan.calls);
    }
    l4re::println!("# seed {}, {} requests", plan.seed, plan.calls);
    let mut tap = Tap::default();
    let neighbour = thread::Builder::new()
        .prio(NEIGHBOUR)
        .spawn(move || neighbour(env));
    // What threads and heap of the program itself take, they take the first time.
    let warm = threads(
        env,
        Plan {
            calls: WARM,
            ..plan
        },
    );
    let (used, free) = (warm.and_then(|()| used(env)), free(env));
    tap.case("all requests are made", threads(env, plan));
    tap.case(
        "programs end in the middle of what they do",
        others(env, plan),
    );
    STOP.store(true, Relaxed);
    let stopped = neighbour.and_then(|neighbour| neighbour.join());
    tap.case(
        "the neighbour was answered, always",
        stopped.map_err(|e| e.label()).flatten(),
    );
    tap.case("the neighbour was never kept waiting", prompt());
    tap.case("all memory is back", is_back(env, used, free));
    tap.end()
}

fn plan(env: &Env) -> Result<Plan, &'static str> {
    let mut plan = Plan {
        seed: 1,
        calls: CALLS,
        others: 0,
        client: false,
    };
    let mut words = env.args().skip(1);
    while let Some(word) = words.next() {
        let place = match word {
            "--seed" => &mut plan.seed,
            "--calls" => &mut plan.calls,
            "--others" => &mut plan.others,
            "--client" => {
                plan.client = true;
                continue;
            }
            _ => return Err(word),
        };
        *place = words.next().and_then(|n| n.parse().ok()).ok_or(word)?;
    }
    Ok(plan)
}

fn info(env: &Env, index: usize) -> Result<u64, i64> {
    let allocator = env.mem_alloc().idx();
    let words = [mem_alloc::INFO.into()];
    match label(call(allocator, proto::MEM_ALLOC, &words, None, None)) {
        0 => Ok(word(index)),
        error => Err(error),
    }
}

/// Bytes that are charged to the program.
fn used(env: &Env) -> Result<u64, i64> {
    info(env, 1)
}

/// Bytes that nobody has.
fn free(env: &Env) -> Result<u64, i64> {
    info(env, 4)
}

/// The clients that are threads of this program.
fn threads(env: &'static Env, plan: Plan) -> Result<(), i64> {
    let share = plan.calls / CLIENTS.len() as u64;
    let before = client::MADE.load(Relaxed);
    thread::scope(|scope| {
        for (number, prio) in (0u64..).zip(CLIENTS) {
            let builder = thread::Builder::new().prio(prio);
            let client = scope.spawn_with(builder, move || {
                client::live(env, plan.seed, number, share);
            });
            client.map_err(|error| error.label())?;
        }
        Ok::<(), i64>(())
    })?;
    // A client whose allocator was refused has nobody to ask.
    check!(client::MADE.load(Relaxed) - before >= plan.calls / 2);
    l4re::println!(
        "# {} requests, {} well answered, {} lives",
        client::MADE.load(Relaxed),
        client::WELL.load(Relaxed),
        client::LIVES.load(Relaxed)
    );
    check!(client::WELL.load(Relaxed) > plan.calls / 20);
    Ok(())
}

/// Waits until the other programs have told that they end.
fn others(env: &Env, plan: Plan) -> Result<(), i64> {
    if plan.others == 0 {
        return Ok(());
    }
    let gate = env
        .named::<l4re::ipc_gate::IpcGate>("judge")
        .map_err(|e| e.label())?;
    gate.bind_thread(thread::current().cap(), 0)
        .map_err(|e| e.label())?;
    for _ in 0..plan.others {
        let wait = Timeout::new(TimeoutS::ZERO, TimeoutS::from_us(600_000_000));
        let empty = l4re::sys::MsgTag(0);
        // SAFETY: nothing is received but words.
        let (tag, _) = unsafe { l4re::sys::ipc(CapIdx::INVALID, Sysf::WAIT, 0, empty, wait) };
        check!(!tag.has_error());
    }
    // The last one may still be ending.
    time::sleep(Duration::from_millis(200));
    Ok(())
}

static STOP: AtomicBool = AtomicBool::new(false);
static LATEST_US: AtomicU64 = AtomicU64::new(0);
static LONGEST_US: AtomicU64 = AtomicU64::new(0);
static ASKED: AtomicU64 = AtomicU64::new(0);

/// Sleeps for a millisecond at a time, and asks something small in between.
fn neighbour(env: &Env) -> Result<(), i64> {
    let now = || env.kip().clock_us();
    while !STOP.load(Relaxed) {
        let before = now();
        time::sleep(Duration::from_millis(1));
        let woken = now();
        LATEST_US.fetch_max((woken - before).saturating_sub(1000), Relaxed);
        let words = [meta::NUM_INTERFACES.into()];
        let reply = call(env.mem_alloc().idx(), proto::META, &words, None, None);
        check!(label(reply) == 2);
        LONGEST_US.fetch_max(now() - woken, Relaxed);
        ASKED.fetch_add(1, Relaxed);
    }
    Ok(())
}

fn prompt() -> Result<(), i64> {
    let (latest, longest) = (LATEST_US.load(Relaxed), LONGEST_US.load(Relaxed));
    let asked = ASKED.load(Relaxed);
    l4re::println!(
        "# {asked} questions of the neighbour: {longest} us at most, woken {latest} us late"
    );
    check!(asked > 0 && latest < LATENCY_US && longest < LATENCY_US);
    Ok(())
}

fn is_back(env: &Env, used: Result<u64, i64>, free: Result<u64, i64>) -> Result<(), i64> {
    let (used, free) = (used?, free?);
    let mut now = (0, 0);
    for _ in 0..200 {
        now = (self::used(env)?, self::free(env)?);
        // What other programs had comes to that.
        if now.0 <= used + OWN && now.1 + TABLES + OWN >= free {
            return Ok(());
        }
        time::sleep(Duration::from_millis(10));
    }
    l4re::println!("# used {used}, then {}; free {free}, then {}", now.0, now.1);
    check!(false);
    Ok(())
}
