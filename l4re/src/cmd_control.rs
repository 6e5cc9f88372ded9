//! Loaders of programs that take commands.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::services;
use alloc::vec::Vec;
use l4re_sys::proto;

/// A loader of programs that takes commands, as ned does in Lua (`L4Re::Ned::Cmd_control`,
/// `l4/ned/cmd_control`).
#[derive(Debug)]
pub enum CmdControl {}

impl Object for CmdControl {
    // The label of requests; it is no other protocol's number.
    const PROTOCOL: i64 = proto::NONE;
}

impl Cap<CmdControl> {
    /// Has a command executed; returns what it returns, as far as a message holds it.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn execute(self, command: &str) -> Result<Vec<u8>> {
        services::CmdControl::execute(&self.cast::<dyn services::CmdControl>(), command)
    }
}
