//! What a program may expect of its run-time system and of the crate `l4re`: the same on L4Re's
//! own system and on the embedded one.

#![no_std]
#![no_main]
// The library has no macro for thread-local data without `std`.
#![feature(thread_local)]

extern crate alloc;

mod bytes;
mod calls;
mod heap;
mod memory;
mod objects;
mod sync;
mod threads;
mod tls;

use l4re::Env;
use test_services::Tap;

/// How a case went; an error is a line, or an error code of `l4re`.
type Outcome = Result<(), i64>;

/// A case.
type Case = (&'static str, fn() -> Outcome);

/// The error of an operation as the error of a case.
fn ok<T>(result: l4re::Result<T>) -> Result<T, i64> {
    result.map_err(|error| {
        l4re::println!("# {error}");
        error.label()
    })
}

#[l4re::main]
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
    ] {
        for (name, case) in table {
            if name.contains(filter) {
                tap.case(name, case());
            }
        }
    }
    tap.end()
}
