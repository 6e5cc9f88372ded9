//! A program that goes wrong, in the way that its argument tells: `null`, `read-only`, `stack`,
//! `thread-stack` or `panic`. The system around it lives on and tells what happened.

#![no_std]
#![no_main]

use core::hint::black_box;
use l4re::{Env, println};

static CONSTANT: u64 = 42;

#[l4re::main]
fn main(env: &Env) -> i32 {
    match env.args().nth(1) {
        Some("null") => read_null(),
        Some("read-only") => write_constant(),
        Some("stack") => println!("{} levels deep", recurse(1)),
        Some("thread-stack") => {
            let thread = l4re::thread::spawn(|| recurse(1));
            println!("{:?} levels deep", thread.and_then(|thread| thread.join()));
        }
        Some("panic") => give_up("as I was told to"),
        other => {
            let name = env.name();
            println!("{name}: unknown argument: {}", other.unwrap_or("(none)"));
            println!("usage: {name} null | read-only | stack | thread-stack | panic");
            return 2;
        }
    }
    println!("still here: nothing went wrong");
    1
}

#[inline(never)]
fn read_null() {
    let null = black_box(core::ptr::null::<u64>());
    // SAFETY: none: this is the fault that the program is for.
    let value = unsafe { null.read_volatile() };
    println!("read {value} from address 0");
}

#[inline(never)]
fn write_constant() {
    let constant = black_box(&raw const CONSTANT).cast_mut();
    // SAFETY: none: this is the fault that the program is for.
    unsafe { constant.write_volatile(43) };
    println!("wrote to a constant");
}

/// Goes on until the stack is used up.
#[inline(never)]
#[expect(
    unconditional_recursion,
    reason = "this is the fault that the program is for"
)]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    recurse(depth + 1) + black_box(frame)[0]
}

#[inline(never)]
fn give_up(why: &str) {
    panic!("giving up, {why}");
}
