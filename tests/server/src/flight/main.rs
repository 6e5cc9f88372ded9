//! Servers with many requests in flight: by workers, and by tasks of one thread. The same on L4Re's
//! own system and on the embedded one.

#![no_std]
#![no_main]

extern crate alloc;

#[path = "../common.rs"]
mod common;
mod tasks;
mod workers;

use common::{Outcome, ok, timeout_ms};
use l4re::{Env, Result};
use test_services::Tap;

#[l4re::main]
fn main(_: &Env) -> Result<i32> {
    let mut tap = Tap::default();
    workers::run(&mut tap)?;
    tasks::run(&mut tap)?;
    Ok(tap.end())
}
