//! The client: a capability to a `Greet` is a `Greet`.

#![no_std]
#![no_main]

use greeter::Greet;
use l4re::{Cap, Env, Result, println};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let host: Cap<dyn Greet> = env.named("greet")?;
    println!("{}", host.greet("world")?);
    host.end()
}
