//! Who handles faults. The kernel asks in the place of the thread that has one.

use crate::error::Result;
use crate::interface::Pages;
use l4re_sys::{ExcRegs, Fpage, proto};

/// Who handles access to I/O ports that a task does not have (`L4::Io_pager`, `l4/sys/pager`).
#[l4re::interface(server, protocol = proto::IO_PAGE_FAULT, opcode = none, name = "L4::Io_pager")]
pub trait IoPager {
    /// The thread at `ip` needs the ports `ports`: gives them, or nothing.
    ///
    /// # Errors
    /// The thread gets an exception.
    fn io_page_fault(&self, ports: Fpage, ip: u64) -> Result<Option<Pages<'_>>>;
}

/// Who handles page faults (`L4::Pager`, `l4/sys/pager`).
#[l4re::interface(server, protocol = proto::PAGE_FAULT, opcode = none, name = "L4::Pager")]
pub trait Pager: IoPager {
    /// The thread at `ip` needs memory at `address`, whose lowest bits tell what for
    /// ([`op::pager`](l4re_sys::op::pager)): gives it, or nothing if it is there.
    ///
    /// # Errors
    /// The thread gets an exception.
    fn page_fault(&self, address: u64, ip: u64) -> Result<Option<Pages<'_>>>;
}

/// Who handles exceptions (`L4::Exception`, `l4/sys/exception`).
#[l4re::interface(server, protocol = proto::EXCEPTION, opcode = none, name = "L4::Exception")]
pub trait ExceptionHandler {
    /// A thread has an exception: it goes on with the registers as they are left.
    ///
    /// # Errors
    /// The thread does not go on.
    fn exception(&self, regs: &mut ExcRegs) -> Result<Option<Pages<'_>>>;
}
