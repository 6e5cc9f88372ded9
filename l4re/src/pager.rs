//! Who handles faults: asking in a thread's place.
#![allow(unsafe_code)]

use crate::cap::{Cap, Object};
use crate::error::{Error, Result};
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use l4re_sys::{ExcRegs, Fpage, FpageType, ReturnItem, proto};

/// Who handles page faults (`L4::Pager`, `l4/sys/pager`): a region map, for one.
#[derive(Debug)]
pub enum Pager {}

impl Object for Pager {
    const PROTOCOL: i64 = proto::PAGE_FAULT;
}

impl Cap<Pager> {
    /// Asks in a thread's place.
    pub(crate) fn fault(
        self,
        protocol: i64,
        what: u64,
        ip: u64,
        window: Fpage,
    ) -> Result<ReturnItem> {
        let mut w = Writer::new();
        w.put(what).put(ip);
        let tag = ipc::transact(self.idx(), w.tag(protocol)?, Buffers::Window(window))?;
        // None: it is there already.
        Ok(Reader::new(tag).item().unwrap_or(ReturnItem::Void))
    }

    /// Asks for memory at `address`, whose lowest bits tell what for
    /// ([`op::pager`](l4re_sys::op::pager)), as a thread at `ip` would; it comes into the window.
    ///
    /// # Errors
    /// What the pager answers, or an IPC error.
    ///
    /// # Safety
    /// Safe code must not rely on what is in the window.
    pub unsafe fn page_fault(self, address: u64, ip: u64, window: Fpage) -> Result<ReturnItem> {
        self.fault(proto::PAGE_FAULT, address, ip, window)
    }

    /// Asks for I/O ports ([`Fpage::io`]). They can be accessed from then on, by all threads of the
    /// program.
    ///
    /// # Errors
    /// [`Error::INVALID`] if these are no ports, [`Error::NO_PERMISSION`] if they are not the
    /// program's to have; an IPC error.
    pub fn io_ports(self, ports: Fpage) -> Result<()> {
        if ports.kind() != FpageType::Io {
            return Err(Error::INVALID);
        }
        match self.fault(proto::IO_PAGE_FAULT, ports.raw(), 0, ports)? {
            ReturnItem::Mapped { .. } => Ok(()),
            _ => Err(Error::NO_PERMISSION),
        }
    }
}

/// Who handles exceptions (`L4::Exception`, `l4/sys/exception`).
#[derive(Debug)]
pub enum ExceptionHandler {}

impl Object for ExceptionHandler {
    const PROTOCOL: i64 = proto::EXCEPTION;
}

impl Cap<ExceptionHandler> {
    /// Tells of an exception, as a thread that has one would; returns the registers to go on
    /// with. What the handler maps comes into the window.
    ///
    /// # Errors
    /// What the handler answers, or an IPC error.
    ///
    /// # Safety
    /// Safe code must not rely on what is in the window.
    pub unsafe fn exception(self, regs: &ExcRegs, window: Fpage) -> Result<ExcRegs> {
        let mut w = Writer::new();
        w.put(*regs);
        let tag = w.tag(proto::EXCEPTION)?;
        let tag = ipc::transact(self.idx(), tag, Buffers::Window(window))?;
        Reader::new(tag).get()
    }
}
