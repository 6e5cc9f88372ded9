//! The interface that client and server share.

#![no_std]

use l4re::Result;

/// Who knows primes.
#[l4re::interface(protocol = 0x4e)]
pub trait Primes {
    /// How many primes there are below `limit`.
    fn below(&self, limit: u32) -> Result<u32>;

    /// Ends the server.
    fn end(&self) -> Result<()>;
}
