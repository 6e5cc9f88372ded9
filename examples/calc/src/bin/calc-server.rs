//! The server: a calculator behind the gate `calc`.

#![no_std]
#![no_main]

use calc::Calc;
use l4re::server::Registry;
use l4re::{Env, Result, println};

struct Calculator {
    registry: Registry,
}

impl Calc for Calculator {
    fn sub(&self, a: u32, b: u32) -> Result<i32> {
        Ok(a.wrapping_sub(b) as i32)
    }

    fn neg(&self, a: u32) -> Result<i32> {
        Ok((a as i32).wrapping_neg())
    }

    fn end(&self) -> Result<()> {
        self.registry.stop();
        Ok(())
    }
}

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
