//! I/O memory management units.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use crate::task::Task;
use core::ops::RangeInclusive;
use l4re_sys::op::iommu as op;
use l4re_sys::{MapItem, MsgTag, ObjRights, proto};

/// The kernel's I/O memory management units (`L4::Iommu`, `l4/sys/iommu`): they let a device access
/// nothing but an address space of its own, a task of the kind [`proto::DMA_SPACE`].
#[derive(Debug)]
pub enum Iommu {}

impl Object for Iommu {
    const PROTOCOL: i64 = proto::IOMMU;
}

impl Cap<Iommu> {
    fn about(self, operation: u64, device: u64, space: Cap<Task>) -> Result<MsgTag> {
        let mut w = Writer::new();
        w.put(operation).put(device);
        w.item(MapItem::cap(space.idx(), ObjRights::RWS));
        ipc::transact(self.idx(), w.tag(proto::IOMMU)?, Buffers::None)
    }

    /// Has a device, of which `device` is the number that it identifies itself with, access
    /// `space`. Returns which addresses the device can have.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn bind(self, device: u64, space: Cap<Task>) -> Result<RangeInclusive<u64>> {
        let mut r = Reader::new(self.about(op::BIND, device, space)?);
        Ok(r.get()?..=r.get()?)
    }

    /// Has a device access nothing any more.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn unbind(self, device: u64, space: Cap<Task>) -> Result<()> {
        self.about(op::UNBIND, device, space).map(drop)
    }
}
