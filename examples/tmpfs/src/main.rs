//! The server: files for clients of the gate `tmpfs`.

#![no_std]
#![no_main]

use l4re::server::Registry;
use l4re::{Env, Result, println};
use tmpfs::Mount;
use tmpfs::server::Session;

/// Bytes of memory, unless said.
const SIZE: usize = 16 << 20;

#[l4re::main]
fn main(env: &'static Env) -> Result<i32> {
    let (mut size, mut clients) = (SIZE, None);
    let mut args = env.args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().unwrap_or("");
        let understood = match arg {
            "--size" => bytes(value).map(|bytes| size = bytes).is_some(),
            "--clients" => value.parse().map(|n| clients = Some(n)).is_ok(),
            _ => false,
        };
        if !understood {
            println!("usage: {} [--size BYTES] [--clients N]", env.name());
            return Ok(2);
        }
    }
    let registry = Registry::new()?;
    let root = Session::root(env, &registry, size, clients)?;
    registry.serve(env.named::<dyn Mount>("tmpfs")?, root)?;
    registry.run()?;
    Ok(0)
}

/// A number of bytes, with `K` or `M`.
fn bytes(text: &str) -> Option<usize> {
    let (digits, shift) = match text.strip_suffix('M') {
        Some(digits) => (digits, 20),
        None => match text.strip_suffix('K') {
            Some(digits) => (digits, 10),
            None => (text, 0),
        },
    };
    digits.parse::<usize>().ok()?.checked_mul(1 << shift)
}
