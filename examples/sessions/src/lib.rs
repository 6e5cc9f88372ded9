//! What client and server agree on.

#![no_std]

use l4re::Result;

/// The protocol of a counter, by which the factory is asked for one. Its argument is where the
/// counter starts.
pub const COUNTER: i64 = 0x47;

/// How many counters there can be at a time.
pub const MOST: usize = 2;

/// The pause between two ticks, in milliseconds.
pub const TICK: u64 = 2;

/// A counter: each client has its own.
#[l4re::interface(protocol = COUNTER)]
pub trait Counter {
    /// The next number.
    fn next(&self) -> Result<u32>;

    /// The next number when so many ticks have passed. Others are served meanwhile.
    fn wait(&self, ticks: u32) -> Result<u32>;
}
