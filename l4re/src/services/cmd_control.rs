//! Loaders of programs that take commands.

use crate::error::Result;
use alloc::vec::Vec;
use l4re_sys::proto;
use l4re_sys::re::cmd_control;

/// A loader of programs that takes commands (`L4Re::Ned::Cmd_control`, `l4/ned/cmd_control`).
#[l4re::interface(unsafe, protocol = proto::NONE, name = "L4Re::Ned::Cmd_control")]
pub trait CmdControl {
    /// Does what a command says, and tells what came of it.
    ///
    /// # Errors
    /// The server's.
    #[op = cmd_control::EXECUTE]
    fn execute(&self, command: &str) -> Result<Vec<u8>>;
}
