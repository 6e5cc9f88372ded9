//! The interface that client and server share.

#![no_std]

extern crate alloc;

use alloc::string::String;
use l4re::Result;

/// Says hello.
#[l4re::interface(protocol = 0x60)]
pub trait Greet {
    /// A greeting for who is named.
    fn greet(&self, name: &str) -> Result<String>;

    /// Ends the server.
    fn end(&self) -> Result<()>;
}
