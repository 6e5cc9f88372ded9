//! Measures a request and its answer: by hand, and by the interface.
//!
//! Under QEMU's instruction count (`./run --count`) the processor's time stamp counter counts
//! instructions, of the two programs and the kernel together.

#![no_std]
#![no_main]

use calc::{Calc, Calculator};
use core::arch::x86_64::_rdtsc;
use l4re::ipc::{self, Accept};
use l4re::ipc_gate::IpcGate;
use l4re::msg::Writer;
use l4re::server::{self, Registry};
use l4re::sys::{MsgTag, Sysf, TagFlags, Timeout};
use l4re::{Cap, Env, Error, Malformed, OwnedCap, Result, println, start};

const ROUNDS: u32 = 20_000;

/// The protocol of the exchange by hand.
const PROTOCOL: i64 = 0x45;

/// The instructions that a round of `f` takes.
fn measure(mut f: impl FnMut(u32) -> Result<()>) -> Result<u64> {
    for i in 0..100 {
        f(i)?;
    }
    let start = time();
    for i in 0..ROUNDS {
        f(i)?;
    }
    Ok((time() - start) / u64::from(ROUNDS))
}

fn time() -> u64 {
    // SAFETY: reading the counter has no effect.
    unsafe { _rdtsc() }
}

/// The client's half by hand: the least that a call can be.
fn call(gate: Cap<IpcGate>, words: usize) -> Result<()> {
    let tag = MsgTag::new(PROTOCOL, words, 0, TagFlags::empty());
    // SAFETY: the server behind the gate is this program's own.
    let (tag, _) = unsafe { l4re::sys::ipc(gate.idx(), Sysf::CALL, 0, tag, Timeout::NEVER) };
    ipc::check_ipc(tag).map(drop)
}

/// The server's half by hand: a loop that does nothing else.
fn answer_by_hand() -> Result<()> {
    let none = MsgTag::new(0, 0, 0, TagFlags::empty());
    let one = MsgTag::new(0, 1, 0, TagFlags::empty());
    let mut reply = none;
    let mut flags = Sysf::WAIT;
    loop {
        let to = l4re::sys::CapIdx::INVALID;
        // SAFETY: no buffers are ready: nothing but words can come.
        let (tag, _) = unsafe { l4re::sys::ipc(to, flags, 0, reply, Timeout::SEND_ZERO) };
        ipc::check_ipc(tag)?;
        if tag.label() != PROTOCOL {
            return server::reply(none);
        }
        reply = if tag.words() == 0 { none } else { one };
        flags = Sysf::REPLY_AND_WAIT;
    }
}

#[l4re::main]
fn main(env: &'static Env) -> Result<()> {
    let gate = env.factory().create_gate()?;
    let thread = rt::thread::spawn(|| answer_by_hand().expect("the loop ends well"))?;
    gate.bind_thread(thread.thread(), 0)?;
    let empty = measure(|_| call(gate.cap(), 0))?;
    let by_hand = measure(|_| call(gate.cap(), 2))?;
    ipc::request(gate.cap(), PROTOCOL + 1, &Writer::new(), Accept::Words)?;
    thread.join()?;
    println!("bench calc-empty {empty}");
    println!("bench calc-by-hand {by_hand}");

    let gate: OwnedCap<dyn Calc> = env.factory().create_gate()?.cast();
    let cap = gate.cap();
    let thread = rt::thread::spawn(move || {
        let serve = || -> Result<()> {
            let registry = Registry::of_thread(start::env(), l4re::thread::current().cap());
            let calculator = Calculator {
                registry: registry.clone(),
            };
            registry.serve(cap, calculator)?;
            registry.run()
        };
        serve().expect("the server ends well");
    })?;
    let calc = gate.cap();
    let by_interface = measure(|i| match calc.sub(i, 5)? {
        result if result == i.wrapping_sub(5) as i32 => Ok(()),
        _ => Err(Error::Malformed(Malformed::BadValue)),
    })?;
    calc.end()?;
    thread.join()?;
    println!("bench calc-sub {by_interface}");
    Ok(())
}
