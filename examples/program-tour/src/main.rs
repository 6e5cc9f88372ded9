//! What programs do by themselves: a piece of the tour after the other.

#![no_std]
#![no_main]

extern crate alloc;

mod channels;
mod clock;
mod files;
mod logging;
mod memory;
mod threads;

use alloc::vec::Vec;
use l4re::{Env, Result, println};

#[l4re::main]
fn main(env: &'static Env) -> Result<()> {
    let args: Vec<&str> = env.args().skip(1).collect();
    let s = if args.len() == 1 { "" } else { "s" };
    let (name, number) = (env.name(), args.len());
    println!("{name}, with {number} argument{s}: {}", args.join(" "));
    memory::run(env)?;
    files::run(env)?;
    threads::run()?;
    channels::run()?;
    clock::run();
    logging::run(args.contains(&"--verbose"));
    Ok(())
}
