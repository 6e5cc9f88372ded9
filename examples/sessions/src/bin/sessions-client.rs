//! The client: takes counters of its own.

#![no_std]
#![no_main]

use l4re::factory::{Arg, Factory};
use l4re::{Cap, Env, OwnedCap, Result, println};
use sessions::{COUNTER, Counter};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let factory: Cap<Factory> = env.named("sessions")?;
    let counter =
        |start| -> Result<OwnedCap<dyn Counter>> { factory.create(COUNTER, &[Arg::Word(start)]) };
    let (a, b) = (counter(10)?, counter(500)?);
    println!(
        "two counters: {} {} {}, {} {}",
        a.next()?,
        a.next()?,
        a.next()?,
        b.next()?,
        b.next()?
    );
    match counter(0) {
        Ok(_) => println!("a third"),
        Err(error) => println!("a third: {error}"),
    }
    drop(b);
    let c = counter(7)?;
    println!("after one is given back: {}", c.next()?);
    println!("10 ticks later: {}", c.wait(10)?);
    Ok(())
}
