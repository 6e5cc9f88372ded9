//! placeholder
#![no_std]
#![no_main]
use l4re::Env;
#[l4re::main]
fn main(_: &Env) -> i32 {
    0
}
