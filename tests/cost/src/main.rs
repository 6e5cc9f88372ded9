//! The cost of IPC does not depend on how much else there is. Apart from `pressure`, whose kernel
//! checks its own state and takes its time for it.

#![no_std]
#![no_main]

use l4re::Env;
use l4re::sys::{CapIdx, Fpage, MsgTag, Sysf, TagFlags, Timeout, op, proto};
use test_pressure::{self as kit, Crew};
use test_services::{Tap, check};

/// How a case went; an error is the line of a check, or the code of what was refused.
type Outcome = Result<(), i64>;

/// The priority of the cases, and one above.
const MAIN: u64 = 50;
/// See [`MAIN`].
const HIGH: u64 = 60;

const CASES: &[(&str, fn() -> Outcome)] = &[
    ("IPC costs the same beside 2 and 2,000 threads", || {
        beside(Kind::Threads)
    }),
    ("IPC costs the same beside 2 and 2,000 tasks", || {
        beside(Kind::Tasks)
    }),
    ("IPC costs the same beside 2 and 2,000 capabilities", || {
        beside(Kind::Caps)
    }),
    (
        "IPC costs the same beside 2 and 2,000 waiting threads",
        || beside(Kind::Waiting),
    ),
];

/// The code of an operation as a result.
fn ok(code: i64) -> Outcome {
    if code < 0 { Err(code) } else { Ok(()) }
}

fn own_factory() -> CapIdx {
    l4re::start::env().factory().idx()
}

#[l4re::main]
fn main(env: &Env) -> i32 {
    let code = kit::run(env.main_thread().idx(), MAIN);
    if code < 0 {
        l4re::println!("Bail out! no priority: {code}");
        return 1;
    }
    let mut tap = Tap::default();
    for (name, case) in CASES {
        tap.case(name, case());
    }
    tap.end()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Threads,
    Tasks,
    Caps,
    Waiting,
}

const MANY: u64 = 2_000;
const CALLS: u64 = 200;

fn echo(_: u64) {
    kit::receive(Timeout::NEVER);
    let answer = MsgTag::new(0, 0, 0, TagFlags::empty());
    loop {
        kit::raw(
            CapIdx::INVALID,
            Sysf::REPLY_AND_WAIT,
            answer,
            Timeout::SEND_ZERO,
        );
    }
}

fn ticks() -> u64 {
    // SAFETY: the instruction only reads.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// The least that some calls took, of several attempts: what else the computer does adds to the
/// others.
fn cost(gate: CapIdx) -> u64 {
    let attempt = |_| {
        let from = ticks();
        for _ in 0..CALLS {
            kit::raw(gate, Sysf::CALL, MsgTag(0), Timeout::NEVER);
        }
        ticks() - from
    };
    (0..100).map(attempt).min().unwrap_or(0)
}

fn beside(kind: Kind) -> Outcome {
    let mut crew = Crew::new()?;
    let gate = kit::slots(1);
    crew.spawn(0, HIGH, echo, 0)?;
    ok(kit::create_gate(own_factory(), crew.cap(0), 0, gate))?;
    let others = kit::slots(MANY + 1);
    let nth = |n: u64| CapIdx::from_index(others.index() + n);
    let home = nth(MANY);
    if kind == Kind::Waiting {
        // 2,000 UTCBs, four to a page.
        let area = Fpage::memory(UTCBS, 14, l4re::sys::MemRights::RW);
        ok(kit::create_task(own_factory(), area, home))?;
    }
    let make = |n: u64| match kind {
        Kind::Threads => kit::create(own_factory(), proto::THREAD, None, nth(n)),
        Kind::Tasks => kit::create_task(own_factory(), Fpage::INVALID, nth(n)),
        Kind::Caps => kit::create(own_factory(), proto::SEMAPHORE, Some(0), nth(n)),
        Kind::Waiting => waiting(home, n, nth(n)),
    };
    for n in 0..2 {
        ok(make(n))?;
    }
    let few = cost(gate);
    // A task takes some pages: there may be too few for all of them.
    let made = (2..MANY)
        .position(|n| make(n) < 0)
        .map_or(MANY, |n| 2 + n as u64);
    check!(made >= if kind == Kind::Tasks { 500 } else { MANY });
    // The computer may be busy with something else for a while.
    let mut many = cost(gate);
    for _ in 0..40 {
        if many < few * 3 / 2 {
            break;
        }
        kit::sleep_us(20_000);
        many = many.min(cost(gate));
    }
    for n in 0..=MANY {
        kit::delete(nth(n));
    }
    kit::delete(gate);
    l4re::println!(
        "# {} ticks a call beside 2, {} beside {made}",
        few / CALLS,
        many / CALLS
    );
    // Ticks are those of a busy computer; `cargo xtask bench` counts exactly.
    check!(many < few * 3 / 2);
    Ok(())
}

const UTCBS: u64 = 0x6000_0000_0000;

/// A thread that runs into a page fault that nobody answers: it is started, and waits.
fn waiting(home: CapIdx, n: u64, thread: CapIdx) -> i64 {
    if n % 16 == 0 && n > 0 {
        let area = Fpage::memory(UTCBS + (n / 16) * (16 << 10), 14, l4re::sys::MemRights::RW);
        let words = [op::task::ADD_KU_MEM, area.raw()];
        let code = test_services::label(test_services::call(home, proto::TASK, &words, None, None));
        if code < 0 {
            return code;
        }
    }
    // The pager's slot holds a gate that nobody is bound to: faults wait there.
    const PAGER: CapIdx = CapIdx::from_index(0x10);
    if n == 0 {
        let gate = kit::slots(1);
        let made = kit::create(own_factory(), 0, Some(0), gate).min(kit::give(
            home,
            gate,
            l4re::sys::ObjRights::RWSD,
            PAGER,
        ));
        if made < 0 {
            return made;
        }
    }
    let how = kit::Bind {
        task: home,
        utcb: UTCBS + n * l4re::sys::utcb::SIZE as u64,
        pager: PAGER,
    };
    kit::create(own_factory(), proto::THREAD, None, thread)
        .min(kit::bind_thread(thread, how))
        .min(kit::ex_regs(thread, 0, 0x1000, 0x1000).min(0))
        .min(kit::run(thread, HIGH))
}
