//! What client and server agree on.

#![no_std]

use l4re::interface::Memory;
use l4re::irq::Irq;
use l4re::{Cap, Result};

/// The protocol: the label of requests.
pub const TOUR: i64 = 0x61;

/// What the server offers.
#[l4re::interface(protocol = TOUR)]
pub trait Tour {
    /// The sum of numbers.
    fn sum(&self, numbers: &[u32]) -> Result<u64>;

    /// Half of a number, which must be even.
    fn half(&self, number: u32) -> Result<u32>;

    /// Triggers an interrupt in so many milliseconds from now.
    fn remind(&self, #[rights(RW)] irq: Cap<Irq>, milliseconds: u32) -> Result<()>;

    /// A number that takes so many milliseconds to come by.
    fn slow(&self, milliseconds: u32) -> Result<u32>;

    /// Makes the letters of a text capital, in memory of the client's.
    fn capitals(&self, text: Memory<'_>, len: u32) -> Result<()>;

    /// Ends the server.
    fn end(&self) -> Result<()>;
}
