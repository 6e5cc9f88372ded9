//! The interface that client and server share.

#![no_std]

use l4re::Result;

/// A maker of checksums.
#[l4re::interface(protocol = 0x45)]
pub trait Checksum {
    /// The Adler-32 checksum (RFC 1950) of a text.
    fn adler32(&self, text: &str) -> Result<u32>;

    /// Ends the server.
    fn end(&self) -> Result<()>;
}
