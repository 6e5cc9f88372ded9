//! The first program: says what it is, and tries what every program needs.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use l4re::{Env, println};

#[l4re::main]
fn main(env: &Env) {
    println!("Hello from {}, a native L4Re program in Rust!", env.name());
    for (i, arg) in env.args().enumerate() {
        println!("argument {i}: {arg}");
    }
    println!("kernel: {}", env.kip().name());

    let squares: Vec<u32> = (1..=5).map(|n| n * n).collect();
    let mut text = String::from("a vector on the heap:");
    for square in &squares {
        text.push(' ');
        // One digit or two: no formatting needed.
        if *square >= 10 {
            text.push((b'0' + (square / 10) as u8) as char);
        }
        text.push((b'0' + (square % 10) as u8) as char);
    }
    println!("{text}");

    let us = env.kip().clock_us();
    println!(
        "time since the system started: {}.{:06} s",
        us / 1_000_000,
        us % 1_000_000
    );
}
