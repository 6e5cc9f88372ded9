//! What the benchmark's programs share.

#![no_std]

use l4re::println;
use l4re_sys::{CapIdx, MsgTag, Sysf, TagFlags, Timeout, ipc};

/// Rounds of a measurement, as in L4Re's own benchmark.
pub const ROUNDS: u64 = 300_000;

/// A message without words.
pub const EMPTY: MsgTag = MsgTag::new(0, 0, 0, TagFlags::empty());

/// The label of the message that ends the server.
pub const END: MsgTag = MsgTag::new(1, 0, 0, TagFlags::empty());

/// The time stamp counter; `cpuid` before it keeps the processor from reordering.
fn ticks() -> u64 {
    // SAFETY: both instructions exist on every amd64 processor and only read.
    unsafe {
        core::arch::x86_64::__cpuid(0);
        core::arch::x86_64::_rdtsc()
    }
}

/// Ticks that `rounds` repetitions take.
#[inline(always)]
pub fn measure(rounds: u64, mut operation: impl FnMut()) -> u64 {
    let start = ticks();
    for _ in 0..rounds {
        operation();
    }
    ticks() - start
}

/// Calls `dest` without words and waits for the reply.
#[inline(always)]
pub fn call(dest: CapIdx, tag: MsgTag) -> MsgTag {
    // SAFETY: neither message has items or words that anybody refers to.
    unsafe { ipc(dest, Sysf::CALL, 0, tag, Timeout::NEVER).0 }
}

/// Answers empty messages until the one that ends it.
pub fn respond() {
    // SAFETY: an empty message writes no memory, and no reference into the UTCB is held.
    let receive = |flags| unsafe { ipc(CapIdx::INVALID, flags, 0, EMPTY, Timeout::NEVER).0 };
    let mut tag = receive(Sysf::WAIT);
    while tag.label() != END.label() {
        tag = receive(Sysf::REPLY_AND_WAIT);
    }
    receive(Sysf::REPLY | Sysf::SEND);
}

/// Prints a result, per operation, for people and for `cargo xtask bench`.
pub fn report(name: &str, ticks: u64, operations: u64) {
    println!("bench {name} {}", ticks / operations);
}

/// Measures the calls of an endpoint; a call and its reply are two messages.
pub fn report_calls(name: &str, dest: CapIdx) {
    call(dest, EMPTY);
    let ticks = measure(ROUNDS, || {
        call(dest, EMPTY);
    });
    report(name, ticks, 2 * ROUNDS);
}
