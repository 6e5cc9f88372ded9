//! Programs that are linked with the C library of an L4Re tree, or with the C SDK: C's functions
//! and the crate `l4re`, of the same words, objects and threads.

#![no_std]
#![no_main]

extern crate alloc;

#[path = "../../runtime/src/memory.rs"]
mod memory;
mod objects;
mod threads;
mod words;

use l4re::Env;
use test_services::{Outcome, Tap, ok};

/// A case.
type Case = (&'static str, fn() -> Outcome);

#[l4re::main(stack_size = memory::STACK_SIZE)]
fn main(env: &Env) -> i32 {
    let filter = env.args().nth(1).unwrap_or("");
    let mut tap = Tap::default();
    for table in [words::CASES, objects::CASES, threads::CASES, memory::CASES] {
        for (name, case) in table {
            if name.contains(filter) {
                tap.case(name, case());
            }
        }
    }
    tap.end()
}
