//! The interface that client and server share.

#![no_std]

use l4re::Result;

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
