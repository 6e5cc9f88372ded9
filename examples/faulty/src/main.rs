//! A program that goes wrong, in the way that its argument tells: `null`, `read-only`, `stack`,
//! `thread-stack`, `kernel-memory` or `panic`. The system around it lives on and tells what happened.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
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
        Some("kernel-memory") => use_kernel_memory_up(env),
        Some("panic") => give_up("as I was told to"),
        other => {
            let name = env.name();
            println!("{name}: unknown argument: {}", other.unwrap_or("(none)"));
            println!(
                "usage: {name} null | read-only | stack | thread-stack | kernel-memory | panic"
            );
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

/// Leaves the kernel nothing to pay for the tables of a page with.
#[inline(never)]
fn use_kernel_memory_up(env: &Env) {
    let mut memory = Vec::with_capacity(16 << 20);
    let mut size = 1 << 30;
    while size >= 4096 {
        match env.factory().create_factory(size) {
            Ok(factory) => core::mem::forget(factory),
            Err(_) => size /= 2,
        }
    }
    memory.resize(memory.capacity(), 1_u8);
    println!("touched {} bytes", black_box(memory).len());
}

#[inline(never)]
fn give_up(why: &str) {
    panic!("giving up, {why}");
}
