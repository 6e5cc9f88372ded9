//! The parent of a program.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::Writer;
use l4re_sys::{proto, re};

/// Who started a program (`L4Re::Parent`, `l4/re/parent`).
#[derive(Debug)]
pub enum Parent {}

impl Object for Parent {
    const PROTOCOL: i64 = proto::PARENT;
}

impl Cap<Parent> {
    /// Signals the parent. Signal 0 ([`SIGNAL_EXIT`](re::parent::SIGNAL_EXIT)) tells the end of
    /// the program, with its status; a parent then ends the program and does not answer.
    ///
    /// # Errors
    /// What the parent answers, or an IPC error.
    pub fn signal(self, signal: u64, value: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(re::parent::SIGNAL).put(signal).put(value);
        ipc::transact(self.idx(), w.tag(proto::PARENT)?, Buffers::None).map(drop)
    }
}
