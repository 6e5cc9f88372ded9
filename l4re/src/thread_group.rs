//! Thread groups.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::Writer;
use crate::thread::Thread;
use l4re_sys::op::thread_group as op;
use l4re_sys::{MapItem, ObjRights, proto};

pub use op::{POLICY_SOFT_CORE_LOCAL, POLICY_STRICT_CORE_LOCAL};

/// A group of threads (`L4::Thread_group`, `l4/sys/thread_group`), made by
/// [`create_thread_group`](Cap::<crate::factory::Factory>::create_thread_group): what arrives at a
/// gate that is [bound](Cap::<crate::ipc_gate::IpcGate>::bind_group) to it is received by one of
/// them, on the sender's processor if there is one.
#[derive(Debug)]
pub enum ThreadGroup {}

impl Object for ThreadGroup {
    const PROTOCOL: i64 = proto::THREAD_GROUP;
}

impl Cap<ThreadGroup> {
    fn about(self, operation: u64, thread: Cap<Thread>) -> Result<()> {
        let mut w = Writer::new();
        w.put(operation);
        w.item(MapItem::cap(thread.idx(), ObjRights::RWS));
        ipc::transact(self.idx(), w.tag(proto::THREAD_GROUP)?, Buffers::None).map(drop)
    }

    /// Adds a thread.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn add_thread(self, thread: Cap<Thread>) -> Result<()> {
        self.about(op::ADD, thread)
    }

    /// Removes a thread.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn remove_thread(self, thread: Cap<Thread>) -> Result<()> {
        self.about(op::REMOVE, thread)
    }
}
