//! The server: a calculator behind the gate `calc`.

#![no_std]
#![no_main]

use calc::{Calc, Calculator};
use l4re::server::Registry;
use l4re::{Env, Result, println};

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let registry = Registry::new()?;
    let calculator = Calculator {
        registry: registry.clone(),
    };
    registry.serve(env.named::<dyn Calc>("calc")?, calculator)?;
    registry.run()?;
    println!("done");
    Ok(())
}
