//! Access to another task for debugging.

use super::Dataspace;
use crate::error::Result;
use l4re_sys::proto;
use l4re_sys::re::remote_access;

/// Access to another task's memory (`L4Re::Remote_access`, `l4/re/remote_access`). Widths are
/// logarithms: 0 for a byte, 3 for eight.
#[l4re::interface(server, protocol = proto::REMOTE_ACCESS, name = "L4Re::Remote_access")]
pub trait RemoteAccess: Dataspace {
    /// Reads.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if there is no memory.
    #[op = remote_access::READ_MEM]
    fn read_mem(&self, address: u64, width: u8) -> Result<u64>;

    /// Writes.
    ///
    /// # Errors
    /// As [`read_mem`](Self::read_mem).
    #[op = remote_access::WRITE_MEM]
    fn write_mem(&self, address: u64, width: u8, value: u64) -> Result<()>;

    /// Ends the task, with a status.
    ///
    /// # Errors
    /// Nobody hears of one.
    #[op = remote_access::TERMINATE]
    #[send_only]
    fn terminate(&self, status: i32) -> Result<()>;
}
