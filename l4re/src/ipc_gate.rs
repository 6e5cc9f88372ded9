//! IPC gates.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use crate::thread::Thread;
use crate::thread_group::ThreadGroup;
use l4re_sys::op::{ipc_gate as op, rcv_endpoint};
use l4re_sys::{MapItem, ObjRights, proto};

/// A gate: what is sent to it arrives at a thread, with the gate's label (`L4::Ipc_gate`,
/// `l4/sys/ipc_gate`). Client and server hold capabilities to the same gate.
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// // A server's half: what comes by the gate has the label 0x10.
/// let gate = env.factory().create_gate()?;
/// gate.bind_thread(env.main_thread(), 0x10)?;
/// assert_eq!(gate.label()?, 0x10);
/// # Ok(())
/// # }
/// ```
///
/// [`Registry`](crate::server::Registry) binds the gates of the objects that it serves.
#[derive(Debug)]
pub enum IpcGate {}

impl Object for IpcGate {
    const PROTOCOL: i64 = proto::KOBJECT;
}

impl<T: ?Sized> Cap<T> {
    /// Binds the endpoint to `thread`, which receives its messages with `label`, of which the
    /// lowest two bits must be 0: they tell the sender's rights.
    ///
    /// # Errors
    /// [`Error::NO_PERMISSION`](crate::Error::NO_PERMISSION) if this is not a server's
    /// capability; whatever else the kernel answers; an IPC error.
    pub fn bind_thread(self, thread: Cap<Thread>, label: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(rcv_endpoint::BIND).put(label);
        w.item(MapItem::cap(thread.idx(), ObjRights::RWS));
        ipc::transact(self.idx(), w.tag(proto::KOBJECT)?, Buffers::None).map(drop)
    }
}

impl Cap<IpcGate> {
    /// Binds the gate to a group, of which one thread receives its messages with `label`.
    ///
    /// # Errors
    /// As [`bind_thread`](Cap::bind_thread).
    pub fn bind_group(self, group: Cap<ThreadGroup>, label: u64) -> Result<()> {
        // The message is the same, whatever receives.
        self.bind_thread(group.cast(), label)
    }

    /// The gate's label, if the caller is in the task that the gate is bound to.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn label(self) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::GET_INFO);
        let tag = ipc::transact(self.idx(), w.tag(proto::KOBJECT)?, Buffers::None)?;
        Reader::new(tag).get()
    }
}
