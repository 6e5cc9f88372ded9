//! What a program may expect of its run-time system and of the crate `l4re`: the same on L4Re's
//! own system and on the embedded one.

#![no_std]
#![no_main]
// The library has no macro for thread-local data without `std`.
#![feature(thread_local)]

extern crate alloc;

mod arrays;
mod bytes;
mod calls;
mod heap;
mod memory;
mod objects;
mod sync;
mod threads;
mod tls;

use l4re::Env;
use test_services::{Outcome, Tap, ok};

/// A case.
type Case = (&'static str, fn() -> Outcome);

#[l4re::main(stack_size = memory::STACK_SIZE)]
fn main(env: &Env) -> i32 {
    let filter = env.args().nth(1).unwrap_or("");
    let mut tap = Tap::default();
    for table in [
        tls::CASES,
        heap::CASES,
        threads::CASES,
        sync::CASES,
        calls::CASES,
        memory::CASES,
        objects::CASES,
        bytes::CASES,
        arrays::CASES,
    ] {
        for (name, case) in table {
            if name.contains(filter) {
                tap.case(name, case());
            }
        }
    }
    tap.end()
}
