//! Dataspaces.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use crate::region::Window;
use l4re_sys::re::dataspace as op;
use l4re_sys::{Fpage, MapItem, ObjRights, proto};

pub use op::DsFlags;

/// A dataspace: memory, or what looks like it (`L4Re::Dataspace`, `l4/re/dataspace`). It becomes
/// part of the address space by [`Cap::<Rm>::attach`](crate::Cap::<crate::region::Rm>::attach).
///
/// ```
/// use l4re::Cap;
/// use l4re::dataspace::{Dataspace, DsFlags};
/// use l4re::sys::{CapIdx, fake};
///
/// let ds: Cap<Dataspace> = Cap::new(CapIdx::from_index(0x20));
/// // A server that answers with a size and flags.
/// let info = fake::with(|call| call.reply(0, &[0x3000, 7]), || ds.info()).unwrap();
/// assert_eq!(info.size, 0x3000);
/// assert_eq!(info.flags, DsFlags::RWX);
/// ```
#[derive(Debug)]
pub enum Dataspace {}

impl Object for Dataspace {
    const PROTOCOL: i64 = proto::DATASPACE;
}

/// What a dataspace is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Info {
    /// The size in bytes.
    pub size: u64,
    /// How it may be mapped.
    pub flags: DsFlags,
}

impl Cap<Dataspace> {
    /// What the dataspace is like.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn info(self) -> Result<Info> {
        let mut w = Writer::new();
        w.put(op::INFO);
        let tag = ipc::transact(self.idx(), w.tag(proto::DATASPACE)?, Buffers::None)?;
        let stats: op::Stats = Reader::new(tag).get()?;
        Ok(Info {
            size: stats.size,
            flags: DsFlags::from_bits_retain(stats.flags),
        })
    }

    /// The size in bytes.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    pub fn size(self) -> Result<u64> {
        Ok(self.info()?.size)
    }

    /// Fills `size` bytes from `offset` on with zeros.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    ///
    /// # Safety
    /// Where the dataspace is attached, safe code must not rely on the old content.
    #[allow(unsafe_code)]
    pub unsafe fn clear(self, offset: u64, size: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::CLEAR).put(offset).put(size);
        ipc::transact(self.idx(), w.tag(proto::DATASPACE)?, Buffers::None).map(drop)
    }

    /// Allocates the memory of `size` bytes from `offset` on, so that no access to it can fail
    /// for want of memory.
    ///
    /// # Errors
    /// [`Error::NO_MEMORY`](crate::Error::NO_MEMORY) if there is not that much; whatever else
    /// the server answers; an IPC error.
    pub fn allocate(self, offset: u64, size: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::ALLOCATE).put(offset).put(size);
        ipc::transact(self.idx(), w.tag(proto::DATASPACE)?, Buffers::None).map(drop)
    }

    /// Copies `size` bytes of `source`, from `source_offset` on, to `offset`. A server may
    /// share the memory until one of the two is written.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    ///
    /// # Safety
    /// Where the dataspace is attached, safe code must not rely on the old content.
    #[allow(unsafe_code)]
    pub unsafe fn copy_in(
        self,
        offset: u64,
        source: Cap<Dataspace>,
        source_offset: u64,
        size: u64,
    ) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::COPY_IN)
            .put(offset)
            .put(source_offset)
            .put(size)
            .item(MapItem::cap(source.idx(), ObjRights::R));
        ipc::transact(self.idx(), w.tag(proto::DATASPACE)?, Buffers::None).map(drop)
    }

    /// Maps the page at `offset`, to be read and written, into a window of its own: what a page
    /// fault does of itself where a dataspace is attached.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    #[allow(unsafe_code)]
    pub fn map_into(self, offset: u64, window: &Window) -> Result<u32> {
        // SAFETY: nothing of Rust's is in a window.
        unsafe { self.map(offset, 0, DsFlags::RW, window.fpage()) }
    }

    /// Maps the page at `offset`, or more around it if the server likes, into `window`; the
    /// page goes to `spot` in it. Returns the order of what was mapped.
    ///
    /// # Errors
    /// What the server answers, or an IPC error.
    ///
    /// # Safety
    /// Safe code must not rely on what is in the window.
    #[allow(unsafe_code)]
    pub unsafe fn map(self, offset: u64, spot: u64, flags: DsFlags, window: Fpage) -> Result<u32> {
        let mut w = Writer::new();
        w.put(op::MAP).put(offset).put(spot).put(flags.bits());
        let tag = w.tag(proto::DATASPACE)?;
        let tag = ipc::transact(self.idx(), tag, Buffers::Window(window))?;
        match Reader::new(tag).item()? {
            l4re_sys::ReturnItem::Mapped { order, .. } => Ok(order),
            _ => Err(crate::Error::Malformed(crate::Malformed::NoItem)),
        }
    }
}
