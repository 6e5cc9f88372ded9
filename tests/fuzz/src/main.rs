//! Random system calls: a child, which has few rights, makes them; kernel, parent and neighbours
//! survive, and when it is gone, all that it used is back.
//!
//! `--seed S --calls N` choose others than the default. What each call is follows from the seed
//! alone; how it goes may depend on time.

#![no_std]
#![no_main]

mod neighbour;
mod warden;

use core::sync::atomic::Ordering;
use l4re::Env;
use l4re::sys::{CapIdx, utcb};
use test_pressure::{self as kit, Capacity, Crew};
use test_services::{Tap, check};
use warden::{Plan, Warden};

/// Calls without `--calls`.
const CALLS: u64 = 200_000;
/// What the child's factory may spend.
const LIMIT: u64 = 3 << 20;
/// The most that the neighbour may be kept waiting, in microseconds: far more than any system
/// call takes, since an emulated machine stands still while its computer is busy with something
/// else. Where the clock counts instructions (`cargo xtask fuzz --count`), it is some hundred.
const LATENCY_US: u64 = 2_500_000;

/// Priorities: the child's threads have less than all of these.
const PARENT: u64 = 100;
const CLIENT: u64 = 110;
const ECHO: u64 = 120;

#[l4re::main]
fn main(env: &Env) -> i32 {
    let plan = match plan(env) {
        Ok(plan) => plan,
        Err(word) => {
            l4re::println!("Bail out! not understood: {word:?}; known: --seed S, --calls N");
            return 2;
        }
    };
    l4re::println!("# seed {}, {} calls", plan.seed, plan.calls);
    match run(env, plan) {
        Ok(status) => status,
        Err(error) => {
            l4re::println!("Bail out! the parent was refused what it needs: {error}");
            1
        }
    }
}

fn plan(env: &Env) -> Result<Plan, &'static str> {
    let mut plan = Plan {
        seed: 1,
        calls: CALLS,
    };
    let mut words = env.args().skip(1);
    while let Some(word) = words.next() {
        let place = match word {
            "--seed" => &mut plan.seed,
            "--calls" => &mut plan.calls,
            _ => return Err(word),
        };
        *place = words
            .next()
            .and_then(|number| number.parse().ok())
            .ok_or(word)?;
    }
    Ok(plan)
}

fn run(env: &Env, plan: Plan) -> Result<i32, i64> {
    let ok = |code: i64| if code < 0 { Err(code) } else { Ok(()) };
    let own = env.factory().idx();
    ok(kit::run(env.main_thread().idx(), PARENT))?;
    let factory = kit::slots(1);
    ok(kit::create_factory(own, LIMIT, factory))?;
    let spare = Capacity::slots();
    let before = Capacity::of(factory, spare);

    let mut crew = Crew::new()?;
    let gate = kit::slots(2);
    crew.spawn(0, ECHO, neighbour::echo, 0)?;
    for (slot, label) in [(gate, 0x10), (gate.next(), 0x20)] {
        ok(kit::create_gate(own, crew.cap(0), label, slot))?;
    }
    neighbour::set_echo(gate);
    crew.spawn(1, CLIENT, neighbour::client, 0)?;
    kit::sleep_us(10_000);
    let fs_base = neighbour::FS_BASE.load(Ordering::Relaxed);

    // The child's first UTCB is where the client's is: what is mixed up between the two, shows.
    let utcbs = crew.utcb(1) & !0xfff;
    let first = utcbs + (crew.utcb(1) - utcbs).min((4096 - 2 * utcb::SIZE) as u64);
    let mut warden = Warden::new(plan, factory, gate.next(), first, fs_base);
    let started = kit::now_us();
    let end = warden.run();
    let seconds = (kit::now_us() - started) / 1_000_000;
    let count = &warden.count;
    l4re::println!(
        "# {} calls in {seconds} s; {} children, {} pages, {} faults, {} waits ended",
        warden.done(),
        count.children,
        count.pages,
        count.faults,
        count.waits
    );

    let mut tap = Tap::default();
    tap.case("all calls are made", end);
    tap.case(
        "a program started afterwards is answered",
        greets(&mut warden),
    );
    neighbour::stop();
    tap.case("the neighbour was answered, always and rightly", answered());
    tap.case("the neighbour was never kept waiting", prompt());
    tap.case("the services live", alive(&crew));
    tap.case("all memory is back", is_back(factory, spare, before));
    Ok(tap.end())
}

fn greets(warden: &mut Warden) -> Result<(), i64> {
    check!(warden.greet()?);
    Ok(())
}

fn answered() -> Result<(), i64> {
    let missed = neighbour::MISSED.load(Ordering::Relaxed);
    if missed != 0 {
        let first = neighbour::FIRST.load(Ordering::Relaxed) as i64;
        l4re::println!("# {missed} missed, the first: {first}");
    }
    check!(missed == 0);
    check!(neighbour::CALLS.load(Ordering::Relaxed) > 0);
    Ok(())
}

fn prompt() -> Result<(), i64> {
    let longest = neighbour::LONGEST_US.load(Ordering::Relaxed);
    let latest = neighbour::LATEST_US.load(Ordering::Relaxed);
    let calls = neighbour::CALLS.load(Ordering::Relaxed);
    l4re::println!(
        "# {calls} calls of the neighbour: {longest} us at most, woken {latest} us late"
    );
    check!(longest < LATENCY_US && latest < LATENCY_US);
    Ok(())
}

fn alive(crew: &Crew) -> Result<(), i64> {
    check!(warden::is_alive(crew.cap(0)) && warden::is_alive(crew.cap(1)));
    Ok(())
}

/// The factory has to give what it had: at once, or a moment later.
fn is_back(factory: CapIdx, spare: CapIdx, before: Capacity) -> Result<(), i64> {
    let mut after = before;
    for _ in 0..100 {
        after = Capacity::of(factory, spare);
        if after == before {
            return Ok(());
        }
        kit::sleep_us(10_000);
    }
    l4re::println!("# before: {before:?}");
    l4re::println!("# after:  {after:?}");
    check!(after == before);
    Ok(())
}
