//! Help for those who look for faults.

use crate::cap::Cap;
use crate::error::Result;
use l4re_sys::re::dbg_events;
use l4re_sys::{ExcRegs, proto};

/// Who is told of a program's faults (`L4Re::Dbg_events`, `l4/re/dbg_events`).
#[l4re::interface(unsafe, protocol = proto::NONE, name = "L4Re::Dbg_events")]
pub trait DbgEvents {
    /// Shows where a thread is, whose registers these are: by access to its task, and by the
    /// task's region map.
    ///
    /// # Errors
    /// The server's.
    #[op = dbg_events::REQUEST_BACKTRACE]
    fn request_backtrace(
        &self,
        regs: &ExcRegs,
        task: Cap<crate::remote_access::RemoteAccess>,
        rm: Cap<crate::region::Rm>,
    ) -> Result<()>;
}

/// An object that prints what it is like (`L4Re::Debug_obj`, `l4/re/debug`).
#[l4re::interface(unsafe, protocol = proto::DEBUG, opcode = none, name = "L4Re::Debug_obj")]
pub trait DebugObj {
    /// Prints; `function` is what, of the object's choosing.
    ///
    /// # Errors
    /// The server's.
    fn debug(&self, function: u64) -> Result<()>;
}
