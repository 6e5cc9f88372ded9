//! sigma0: the root task's source of memory.

use crate::cap::{Cap, Object};
use crate::error::{Error, Malformed, Result};
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use l4re_sys::consts::PAGE_SHIFT;
use l4re_sys::op::sigma0 as op;
use l4re_sys::{CapIdx, Fpage, MemRights, ReturnItem, proto};

/// sigma0 (`l4/sigma0/sigma0.h`).
#[derive(Debug)]
pub enum Sigma0 {}

impl Object for Sigma0 {
    const PROTOCOL: i64 = proto::SIGMA0;
}

impl Cap<Sigma0> {
    /// The root task's pager.
    pub const ROOT: Cap<Sigma0> = Cap::new(CapIdx::PAGER);

    fn request(self, request: u64, arg: Option<Fpage>, window: Fpage) -> Result<u64> {
        let mut w = Writer::new();
        w.put(request);
        if let Some(arg) = arg {
            w.put(arg);
        }
        let tag = w.tag(proto::SIGMA0)?;
        let tag = ipc::transact(self.idx(), tag, Buffers::Window(window))?;
        match Reader::new(tag).item()? {
            ReturnItem::Mapped { spot, .. } => Ok(spot),
            _ => Err(Error::Malformed(Malformed::NoItem)),
        }
    }

    /// Maps the kernel information page to `to`.
    ///
    /// # Errors
    /// [`Malformed::NoItem`] if sigma0 refuses; an IPC error.
    ///
    /// # Safety
    /// Safe code must not rely on what is at `to`.
    #[allow(unsafe_code)]
    pub unsafe fn map_kip(self, to: u64) -> Result<()> {
        let window = Fpage::memory(to, PAGE_SHIFT, MemRights::RX);
        self.request(op::KIP, None, window).map(drop)
    }

    /// Maps `1 << order` bytes of memory at the physical address `phys` to `to`; both are
    /// multiples of the size.
    ///
    /// # Errors
    /// [`Malformed::NoItem`] if sigma0 refuses; an IPC error.
    ///
    /// # Safety
    /// Safe code must not rely on what is at `to`.
    #[allow(unsafe_code)]
    pub unsafe fn map_ram(self, phys: u64, order: u32, to: u64) -> Result<()> {
        let arg = Fpage::memory(phys, order, MemRights::RWX);
        let window = Fpage::memory(to, order, MemRights::RWX);
        self.request(op::FPAGE_RAM, Some(arg), window).map(drop)
    }

    /// Maps `1 << order` bytes of any memory into `window`. Returns its physical address, where
    /// it is mapped, too, if the window is the whole address space.
    ///
    /// # Errors
    /// [`Malformed::NoItem`] if there is no such memory left; an IPC error.
    ///
    /// # Safety
    /// Safe code must not rely on what is in the window.
    #[allow(unsafe_code)]
    pub unsafe fn map_any(self, order: u32, window: Fpage) -> Result<u64> {
        let arg = Fpage::memory(0, order, MemRights::empty());
        self.request(op::FPAGE_ANY, Some(arg), window)
    }

    /// Maps `1 << order` bytes of device registers at the physical address `phys` to `to`; both
    /// are multiples of the size. Registers are not cached; a device's memory may be.
    ///
    /// # Errors
    /// [`Malformed::NoItem`] if sigma0 refuses; an IPC error.
    ///
    /// # Safety
    /// Safe code must not rely on what is at `to`.
    #[allow(unsafe_code)]
    pub unsafe fn map_iomem(self, phys: u64, order: u32, to: u64, cached: bool) -> Result<()> {
        let arg = Fpage::memory(phys, order, MemRights::RWX);
        let window = Fpage::memory(to, order, MemRights::RWX);
        let request = if cached {
            op::FPAGE_IOMEM_CACHED
        } else {
            op::FPAGE_IOMEM
        };
        self.request(request, Some(arg), window).map(drop)
    }

    /// Has sigma0 write its tables to the kernel's console.
    ///
    /// # Errors
    /// What sigma0 answers, or an IPC error.
    pub fn debug_dump(self) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::DEBUG_DUMP);
        ipc::transact(self.idx(), w.tag(proto::SIGMA0)?, Buffers::None).map(drop)
    }
}
