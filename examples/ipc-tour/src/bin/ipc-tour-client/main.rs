//! The client: a piece of the tour after the other.

#![no_std]
#![no_main]

extern crate alloc;

mod by_hand;
mod calls;
mod errors;
mod interrupts;
mod memory;
mod slow;

use ipc_tour::Tour;
use l4re::{Cap, Env, Result};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let tour: Cap<dyn Tour> = env.named("tour")?;
    calls::run(tour)?;
    by_hand::run(tour)?;
    errors::run(env, tour)?;
    interrupts::run(env, tour)?;
    slow::run(tour)?;
    memory::run(env, tour)?;
    tour.end()
}
