//! The interface that client and server share, and what it does.

#![no_std]

use l4re::Result;
use l4re::server::Registry;

/// A calculator.
#[l4re::interface(protocol = 0x44)]
pub trait Calc {
    /// The difference of two numbers.
    fn sub(&self, a: u32, b: u32) -> Result<i32>;

    /// The negative of a number.
    fn neg(&self, a: u32) -> Result<i32>;

    /// Ends the server.
    fn end(&self) -> Result<()>;
}

/// What answers: any type that implements the interface.
#[derive(Debug)]
pub struct Calculator {
    /// Who serves it.
    pub registry: Registry,
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
