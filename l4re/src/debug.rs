//! Help for those who look for faults.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::region::Rm;
use crate::remote_access::RemoteAccess;
use crate::services;
use l4re_sys::{ExcRegs, proto};

/// Who is told of a program's faults (`L4Re::Dbg_events`, `l4/re/dbg_events`).
#[derive(Debug)]
pub enum DbgEvents {}

impl Object for DbgEvents {
    // The label of requests; it is no other protocol's number.
    const PROTOCOL: i64 = proto::NONE;
}

impl Cap<DbgEvents> {
    /// Has it shown where a thread is, whose registers these are.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn request_backtrace(
        self,
        regs: &ExcRegs,
        task: Cap<RemoteAccess>,
        rm: Cap<Rm>,
    ) -> Result<()> {
        let service: Cap<dyn services::DbgEvents> = self.cast();
        services::DbgEvents::request_backtrace(&service, regs, task, rm)
    }
}

/// An object that prints what it is like (`L4Re::Debug_obj`, `l4/re/debug`): moe's, for one.
#[derive(Debug)]
pub enum DebugObj {}

impl Object for DebugObj {
    const PROTOCOL: i64 = proto::DEBUG;
}

impl Cap<DebugObj> {
    /// Has it print; `function` is what, of the object's choosing.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn debug(self, function: u64) -> Result<()> {
        services::DebugObj::debug(&self.cast::<dyn services::DebugObj>(), function)
    }
}
