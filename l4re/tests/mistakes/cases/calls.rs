//! Clients that ask for what is not there, and servers that are not what they should be.

use l4re::server::Registry;
use l4re::{Cap, Result};

#[l4re::interface(protocol = 0x44)]
pub trait Calc {
    fn sub(&self, a: u32, b: u32) -> Result<i32>;
    fn name(&self, text: &str) -> Result<()>;
    fn pass(&self, cap: Cap<dyn Calc>) -> Result<()>;
}

#[l4re::interface(protocol = 0x45)]
pub trait Other {
    fn other(&self) -> Result<()>;
}

fn client(calc: Cap<dyn Calc>, other: Cap<dyn Other>) -> Result<()> {
    calc.sub("8", 5)?; //~ mismatched types
    calc.sub(8)?; //~ takes 2 arguments
    calc.name(7)?; //~ mismatched types
    calc.pass(other)?; //~ mismatched types
    other.sub(8, 5)?; //~ sub
    let text: String = calc.sub(8, 5)?; //~ incompatible types
    Ok(())
}

struct Half;

impl Calc for Half { //~ not all trait items implemented
    fn sub(&self, a: u32, b: u32) -> Result<i32> {
        Ok(0)
    }
}

struct Calculator;

impl Calc for Calculator {
    fn sub(&self, a: i32, b: u32) -> Result<i32> { //~ incompatible type
        Ok(0)
    }
    fn name(&self, text: &str) -> Result<()> {
        Ok(())
    }
    fn pass(&self, cap: Cap<dyn Calc>) -> Result<()> {
        Ok(())
    }
}

fn server(registry: &Registry, gate: Cap<dyn Other>) -> Result<()> {
    registry.serve(gate, Calculator)?; //~ `Calculator: Other` is not satisfied
    Ok(())
}
