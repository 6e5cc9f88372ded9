//! Access to another task for debugging.
#![allow(unsafe_code)]

use crate::cap::{Cap, Object};
use crate::dataspace::Dataspace;
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::mmio_space::Register;
use crate::msg::{Reader, Writer};
use l4re_sys::re::remote_access as op;
use l4re_sys::{Timeout, proto};

/// Access to another task's memory (`L4Re::Remote_access`, `l4/re/remote_access`): what a program
/// gives to who shows where it failed.
#[derive(Debug)]
pub enum RemoteAccess {}

impl Object for RemoteAccess {
    const PROTOCOL: i64 = proto::REMOTE_ACCESS;
}

impl Cap<RemoteAccess> {
    /// Reads a value at an address of the task's.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if there is no memory; an IPC error.
    pub fn read<T: Register>(self, address: u64) -> Result<T> {
        let mut w = Writer::new();
        w.put(op::READ_MEM).put(address).put(T::WIDTH);
        let tag = ipc::transact(self.idx(), w.tag(proto::REMOTE_ACCESS)?, Buffers::None)?;
        Reader::new(tag).get().map(T::from_word)
    }

    /// Writes a value at an address of the task's.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    ///
    /// # Safety
    /// If it is the program's own task, safe code must not rely on what is there.
    pub unsafe fn write<T: Register>(self, address: u64, value: T) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::WRITE_MEM)
            .put(address)
            .put(T::WIDTH)
            .put(value.to_word());
        ipc::transact(self.idx(), w.tag(proto::REMOTE_ACCESS)?, Buffers::None).map(drop)
    }

    /// Ends the task, with a status.
    ///
    /// # Errors
    /// An IPC error.
    pub fn terminate(self, status: i32) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::TERMINATE).put(status);
        ipc::post(self.idx(), w.tag(proto::REMOTE_ACCESS)?, Timeout::NEVER)
    }

    /// The task's memory.
    pub fn dataspace(self) -> Cap<Dataspace> {
        self.cast()
    }
}
