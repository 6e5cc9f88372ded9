//! The client: a capability to a `Calc` is a `Calc`.

#![no_std]
#![no_main]

use calc::Calc;
use l4re::{Cap, Env, Result, println};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let calc: Cap<dyn Calc> = env.named("calc")?;
    println!("8 - 5 = {}", calc.sub(8, 5)?);
    println!("-(13) = {}", calc.neg(13)?);
    calc.end()
}
