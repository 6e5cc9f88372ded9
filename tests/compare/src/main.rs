//! The same random system calls, valid and not, on any kernel: what each returned is told, line by
//! line, so that the host can hold two kernels' answers against each other.
//!
//! The calls come in worlds: a child with two threads and one object of each kind, made anew for
//! some calls, so that a difference in one call spoils few others. Nothing that is told depends on
//! time, nor on an address or a number that the kernel chose: threads run by priority alone, calls
//! wait for nothing or for ever, and when no thread can go on, the parent cancels a call.
//!
//! `--seed S --calls N` choose the calls, `--world W` one world of them, and `--show` has each call
//! told in words. Without options the program tests itself: the same calls are answered alike.

#![no_std]
#![no_main]

mod caller;
mod excluded;
mod idle;
mod notes;
mod tell;
mod warden;

use l4re::Env;
use test_services::{Tap, check};
use warden::Warden;

/// Calls of the program's own test, and the numbers that they begin with.
const OWN_CALLS: u64 = 600;
const OWN_SEED: u64 = 1;

/// What is to be done.
#[derive(Clone, Copy)]
struct Plan {
    seed: u64,
    calls: u64,
    world: Option<u64>,
    show: bool,
}

#[l4re::main]
fn main(env: &Env) -> i32 {
    let plan = match plan(env) {
        Ok(plan) => plan,
        Err(word) => {
            l4re::println!("Bail out! not understood: {word:?}");
            return 2;
        }
    };
    let done = match plan {
        Some(plan) => all(env, plan),
        None => own_test(env),
    };
    done.unwrap_or_else(|error| {
        l4re::println!("Bail out! the parent was refused what it needs: {error}");
        1
    })
}

fn plan(env: &Env) -> Result<Option<Plan>, &'static str> {
    let mut plan = Plan {
        seed: OWN_SEED,
        calls: OWN_CALLS,
        world: None,
        show: false,
    };
    let mut words = env.args().skip(1).peekable();
    if words.peek().is_none() {
        return Ok(None);
    }
    while let Some(word) = words.next() {
        if word == "--show" {
            plan.show = true;
            continue;
        }
        let number = words.next().and_then(|number| number.parse().ok());
        match (word, number) {
            ("--seed", Some(seed)) => plan.seed = seed,
            ("--calls", Some(calls)) => plan.calls = calls,
            ("--world", Some(world)) => plan.world = Some(world),
            _ => return Err(word),
        }
    }
    Ok(Some(plan))
}

fn worlds(calls: u64) -> u64 {
    calls.div_ceil(notes::CALLS as u64)
}

fn all(env: &Env, plan: Plan) -> Result<i32, i64> {
    let mut warden = Warden::new(env, plan.seed)?;
    let range = match plan.world {
        Some(world) => world..world + 1,
        None => 0..worlds(plan.calls),
    };
    for world in range {
        let end = warden.world(world)?;
        tell::world(&warden, world, end, plan.show);
        warden.kill();
    }
    l4re::println!("z");
    Ok(0)
}

/// The worlds of a seed twice: nothing may differ.
fn own_test(env: &Env) -> Result<i32, i64> {
    let mut warden = Warden::new(env, OWN_SEED)?;
    let mut tap = Tap::default();
    let mut alike = || -> Result<(), i64> {
        for world in 0..worlds(OWN_CALLS) {
            let mut digests = [0; 2];
            for digest in &mut digests {
                let end = warden.world(world)?;
                *digest = tell::digest(&warden, end);
                warden.kill();
            }
            if digests[0] != digests[1] {
                l4re::println!("# world {world} differs");
            }
            check!(digests[0] == digests[1]);
        }
        Ok(())
    };
    let outcome = alike();
    tap.case("the same calls are answered alike", outcome);
    Ok(tap.end())
}
