//! Threads that are virtual processors.
#![allow(unsafe_code)]

use super::Thread;
use crate::cap::Cap;
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::Writer;
use l4re_sys::op::thread as op;
use l4re_sys::proto;

impl Cap<Thread> {
    /// Makes the thread a virtual processor, whose state (`l4_vcpu_state_t`, `l4/sys/vcpu.h`) is
    /// at `state`; `extended` for one that runs virtual machines.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`](crate::Error::NO_OPERATION) where the kernel has none; an IPC error.
    ///
    /// # Safety
    /// `state` is in memory that the task shares with the kernel, and used for nothing else.
    pub unsafe fn vcpu_control(self, state: u64, extended: bool) -> Result<()> {
        let operation = if extended {
            op::VCPU_CONTROL_EXT
        } else {
            op::VCPU_CONTROL
        };
        let mut w = Writer::new();
        w.put(operation).put(state);
        ipc::transact(self.idx(), w.tag(proto::THREAD)?, Buffers::None).map(drop)
    }

    /// Leaves the virtual processor's handler: the thread goes on with the registers of its
    /// state. Returns a number that is 0 or more, the kernel's.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// The registers in the state are sound to go on with.
    pub unsafe fn vcpu_resume(self) -> Result<i64> {
        let mut w = Writer::new();
        w.put(op::VCPU_RESUME);
        let tag = ipc::transact(self.idx(), w.tag(proto::THREAD)?, Buffers::None)?;
        Ok(tag.label())
    }
}
