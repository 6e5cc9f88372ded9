//! Region maps: what is where in an address space.
#![allow(unsafe_code)]

use crate::cap::{Cap, Object, OwnedCap};
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use crate::task::Task;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU8, Ordering};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::re::rm as op;
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::{CapIdx, Fpage, MapItem, MemRights, ObjRights, proto};

pub use op::{Region as RegionDesc, RmFlags};

/// A region map (`L4Re::Rm`, `l4/re/rm`). It answers a program's page faults, so attaching
/// costs nothing until the memory is used.
#[derive(Debug)]
pub enum Rm {}

impl Object for Rm {
    const PROTOCOL: i64 = proto::RM;
}

/// What [`Cap::<Rm>::find`] has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// The first byte.
    pub start: u64,
    /// The size in bytes.
    pub size: u64,
    /// The flags.
    pub flags: RmFlags,
    /// Where in the dataspace the region starts.
    pub offset: u64,
    /// The dataspace, as the region map knows it.
    pub dataspace: CapIdx,
    /// Whether this is a reserved area, not a region.
    pub is_area: bool,
}

fn round_page(size: usize) -> Result<usize> {
    size.checked_next_multiple_of(PAGE_SIZE)
        .filter(|size| *size != 0)
        .ok_or(Error::INVALID)
}

impl Cap<Rm> {
    /// Attaches a dataspace, all of it, at a free place, readable and writable.
    ///
    /// # Errors
    /// [`Error::INVALID`] if the dataspace is empty; whatever else region map or dataspace
    /// answer; an IPC error.
    pub fn attach(self, ds: OwnedCap<Dataspace>) -> Result<Region> {
        self.attach_with(ds, RmFlags::RW)
    }

    /// Attaches a dataspace, all of it, at a free place, to be read only.
    ///
    /// # Errors
    /// As [`attach`](Self::attach).
    pub fn attach_read_only(self, ds: OwnedCap<Dataspace>) -> Result<Region> {
        self.attach_with(ds, RmFlags::R)
    }

    fn attach_with(self, ds: OwnedCap<Dataspace>, flags: RmFlags) -> Result<Region> {
        let size = usize::try_from(ds.size()?).map_err(|_| Error::INVALID)?;
        // SAFETY: the region map chooses a free place.
        let start = unsafe {
            self.attach_at(
                op::ANY_ADDR,
                size,
                flags | RmFlags::SEARCH_ADDR,
                ds.cap(),
                0,
                PAGE_SHIFT as u8,
            )?
        };
        Ok(Region {
            rm: self,
            start: core::ptr::with_exposed_provenance_mut(start as usize),
            size: round_page(size)?,
            writable: flags.contains(RmFlags::W),
            ds: Some(ds),
            data: PhantomData,
        })
    }

    /// Attaches `size` bytes of a dataspace from `offset` on, rounded up to whole pages, at
    /// `start`; with [`RmFlags::SEARCH_ADDR`] at a free place from there on, of an alignment of
    /// `1 << align` bytes. Returns where.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    ///
    /// # Safety
    /// Without `SEARCH_ADDR`, safe code must not rely on what is there. The dataspace's
    /// capability must stay valid until the region is detached.
    pub unsafe fn attach_at(
        self,
        start: u64,
        size: usize,
        flags: RmFlags,
        ds: Cap<Dataspace>,
        offset: u64,
        align: u8,
    ) -> Result<u64> {
        let rights = if flags.contains(RmFlags::W) {
            ObjRights::RW
        } else {
            ObjRights::R
        };
        let item = MapItem::cap(ds.idx(), rights);
        self.attach_raw(start, size, flags, ds.idx(), Some(item), offset, align)
    }

    /// Reserves `size` bytes at `start`, or with [`RmFlags::SEARCH_ADDR`] at a free place from
    /// there on: nothing is there, and nothing else goes there; access is a fault. Returns
    /// where.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    pub fn reserve(self, start: u64, size: usize, flags: RmFlags, align: u8) -> Result<u64> {
        let flags = flags | RmFlags::RESERVED;
        self.attach_raw(start, size, flags, CapIdx::INVALID, None, 0, align)
    }

    #[expect(clippy::too_many_arguments, reason = "they are the interface's")]
    fn attach_raw(
        self,
        start: u64,
        size: usize,
        flags: RmFlags,
        ds: CapIdx,
        item: Option<MapItem>,
        offset: u64,
        align: u8,
    ) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::ATTACH)
            .put(start)
            .put(round_page(size)?)
            .put(flags.bits())
            .put(offset)
            .put(align)
            .put(ds)
            .string("")
            .put(0u64);
        if let Some(item) = item {
            w.item(item);
        }
        let tag = ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None)?;
        Reader::new(tag).get()
    }

    /// Detaches the region that holds `addr`.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if there is none; whatever else the region map answers; an IPC
    /// error.
    ///
    /// # Safety
    /// Safe code must not rely on what is there.
    pub unsafe fn detach(self, addr: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::DETACH).put(addr).put(1u64).put(op::DETACH_EXACT);
        let tag = ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        let start: u64 = r.get()?;
        let size: u64 = r.get()?;
        if tag.label() & op::UNMAPPED_RANGE == 0 {
            unmap_range(start, size);
        }
        Ok(())
    }

    /// What the first region, or reserved area, from `addr` on is, that overlaps `size` bytes.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if there is none; whatever else the region map answers; an IPC
    /// error.
    pub fn find(self, addr: u64, size: usize) -> Result<Found> {
        let mut w = Writer::new();
        w.put(op::FIND).put(addr).put(size);
        let tag = ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        Ok(Found {
            start: r.get()?,
            size: r.get()?,
            flags: RmFlags::from_bits_retain(r.get()?),
            offset: r.get()?,
            dataspace: r.get()?,
            is_area: tag.label() > 0,
        })
    }

    /// Reserves an area: only [`RmFlags::IN_AREA`] attaches into it. Returns where it is.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    pub fn reserve_area(self, start: u64, size: usize, flags: RmFlags, align: u8) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::RESERVE_AREA)
            .put(start)
            .put(round_page(size)?)
            .put(flags.bits())
            .put(align);
        let tag = ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None)?;
        Reader::new(tag).get()
    }

    /// Frees an area that was reserved.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    pub fn free_area(self, addr: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::FREE_AREA).put(addr);
        ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None).map(drop)
    }
}

/// Unmaps whole pages from the program's own task, in flexpages as large as possible. (A region
/// map that lives outside of the task cannot.)
fn unmap_range(start: u64, size: u64) {
    let end = start.saturating_add(size);
    let mut at = start;
    while at < end {
        let by_size = (end - at).ilog2();
        let order = by_size.min(at.trailing_zeros()).max(PAGE_SHIFT);
        let fpage = Fpage::memory(at, order, MemRights::RWX);
        // The region is gone from the map; what cannot be unmapped stays as it was.
        let _ = Cap::<Task>::THIS.unmap_any(fpage, UnmapFlags::ALL_SPACES);
        let Some(next) = at.checked_add(1 << order) else {
            return;
        };
        at = next;
    }
}

/// A dataspace that is part of the address space for as long as this value lives.
#[derive(Debug)]
pub struct Region {
    rm: Cap<Rm>,
    start: *mut u8,
    size: usize,
    writable: bool,
    /// Always there until dropped: it goes after the region.
    ds: Option<OwnedCap<Dataspace>>,
    data: PhantomData<[u8]>,
}

// SAFETY: the region is this value's own memory, and capabilities are the task's.
unsafe impl Send for Region {}
// SAFETY: as above; shared references only read.
unsafe impl Sync for Region {}

impl Region {
    /// Where it is.
    pub fn as_ptr(&self) -> *mut u8 {
        self.start
    }

    /// Its size in bytes: whole pages.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The dataspace.
    pub fn dataspace(&self) -> Cap<Dataspace> {
        self.ds
            .as_ref()
            .map_or(Cap::new(CapIdx::INVALID), OwnedCap::cap)
    }

    /// The bytes.
    ///
    /// # Safety
    /// While the slice lives, nobody who shares the memory writes to it.
    pub unsafe fn as_slice(&self) -> &[u8] {
        // SAFETY: the region is attached for as long as `self` lives.
        unsafe { core::slice::from_raw_parts(self.start, self.size) }
    }

    /// The bytes, to be written.
    ///
    /// # Errors
    /// [`Error::NO_PERMISSION`] if the region may only be read.
    ///
    /// # Safety
    /// While the slice lives, nobody who shares the memory reads or writes it.
    pub unsafe fn as_mut_slice(&mut self) -> Result<&mut [u8]> {
        if !self.writable {
            return Err(Error::NO_PERMISSION);
        }
        // SAFETY: the region is attached for as long as `self` lives, and borrowed exclusively.
        Ok(unsafe { core::slice::from_raw_parts_mut(self.start, self.size) })
    }

    /// Copies bytes from the region, from `offset` on. What others write meanwhile may be
    /// seen in part.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if the region ends before.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> Result<()> {
        self.check(offset, to.len())?;
        for (i, byte) in to.iter_mut().enumerate() {
            // SAFETY: `check` found the byte to be in the region; volatile, since others may
            // write to it.
            *byte = unsafe { self.start.add(offset + i).read_volatile() };
        }
        Ok(())
    }

    /// Copies bytes into the region, from `offset` on.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if the region ends before; [`Error::NO_PERMISSION`] if it may
    /// only be read.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.check(offset, bytes.len())?;
        if !self.writable {
            return Err(Error::NO_PERMISSION);
        }
        for (i, byte) in bytes.iter().enumerate() {
            // SAFETY: as in `read`.
            unsafe { self.start.add(offset + i).write_volatile(*byte) };
        }
        Ok(())
    }

    fn check(&self, offset: usize, len: usize) -> Result<()> {
        let end = offset.checked_add(len);
        if end.is_none_or(|end| end > self.size) {
            return Err(Error::OUT_OF_RANGE);
        }
        Ok(())
    }

    /// `1 << order` bytes of the region, from `offset` (a multiple of that) on, to be shared with
    /// another task by a message. It sees what is written here from then on, and with the
    /// right to write, this region holds what it writes.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if the region ends before, [`Error::INVALID`] if the place is not
    /// aligned, [`Error::NO_PERMISSION`] if the region may only be read and is to be written.
    pub fn share(&self, offset: usize, order: u32, rights: MemRights) -> Result<Share<'_>> {
        let size = 1usize.checked_shl(order).ok_or(Error::INVALID)?;
        self.check(offset, size)?;
        let writes = rights.contains(MemRights::W);
        if writes && !self.writable {
            return Err(Error::NO_PERMISSION);
        }
        let addr = self.start.addr() + offset;
        if !addr.is_multiple_of(size) || order < PAGE_SHIFT {
            return Err(Error::INVALID);
        }
        // Only what is mapped can be sent: touch each page so that it is.
        for page in (0..size).step_by(PAGE_SIZE) {
            // SAFETY: `check` found the byte to be in the region; an atomic addition of nothing
            // maps the page for writing and loses no other thread's write.
            unsafe {
                let byte = self.start.add(offset + page);
                if writes {
                    AtomicU8::from_ptr(byte).fetch_or(0, Ordering::Relaxed);
                } else {
                    byte.read_volatile();
                }
            }
        }
        Ok(Share {
            fpage: Fpage::memory(addr as u64, order, rights),
            region: PhantomData,
        })
    }
}

/// Memory of a [`Region`] that a message shares.
#[derive(Clone, Copy, Debug)]
pub struct Share<'a> {
    fpage: Fpage,
    region: PhantomData<&'a Region>,
}

impl Share<'_> {
    pub(crate) fn item(self) -> MapItem {
        MapItem::map(0, self.fpage)
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the region is this value's own, and no borrow of it lives.
        let detached = unsafe { self.rm.detach(self.start.addr() as u64) };
        if detached.is_err() {
            // The region map still maps the dataspace, so it must not go.
            if let Some(ds) = self.ds.take() {
                ds.leak();
            }
        }
    }
}

/// A free place in the address space for memory to be received into.
///
/// It is empty until a message brings memory, and again when who shared it takes it back;
/// access to the empty window is a page fault, which ends the program.
#[derive(Debug)]
pub struct Window {
    rm: Cap<Rm>,
    start: *mut u8,
    order: u32,
}

// SAFETY: the window is this value's own place, and is only accessed byte by byte.
unsafe impl Send for Window {}
// SAFETY: as above.
unsafe impl Sync for Window {}

impl Window {
    /// A window of `1 << order` bytes, at least a page, aligned to its size.
    ///
    /// # Errors
    /// [`Error::INVALID`] if the size is not possible; what the region map answers; an IPC error.
    pub fn new(rm: Cap<Rm>, order: u32) -> Result<Self> {
        let size = 1usize
            .checked_shl(order)
            .filter(|size| size.is_multiple_of(PAGE_SIZE))
            .ok_or(Error::INVALID)?;
        let flags = RmFlags::RESERVED | RmFlags::SEARCH_ADDR;
        let start = rm.reserve_area(op::ANY_ADDR, size, flags, order as u8)?;
        Ok(Window {
            rm,
            start: core::ptr::with_exposed_provenance_mut(start as usize),
            order,
        })
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        1 << self.order
    }

    /// The place, ready to be received into.
    pub(crate) fn fpage(&self) -> Fpage {
        Fpage::memory(self.start.addr() as u64, self.order, MemRights::RWX)
    }

    fn check(&self, offset: usize, len: usize) -> Result<()> {
        match offset.checked_add(len) {
            Some(end) if end <= self.size() => Ok(()),
            _ => Err(Error::OUT_OF_RANGE),
        }
    }

    /// Copies bytes from the memory received. What others write meanwhile may be seen in part.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if the window ends before.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> Result<()> {
        self.check(offset, to.len())?;
        for (i, byte) in to.iter_mut().enumerate() {
            // SAFETY: `check` found the byte to be in the window, where nothing of Rust's is;
            // volatile, since others may write to it.
            *byte = unsafe { self.start.add(offset + i).read_volatile() };
        }
        Ok(())
    }

    /// Copies bytes into the memory received, where it may be written.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if the window ends before.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.check(offset, bytes.len())?;
        for (i, byte) in bytes.iter().enumerate() {
            // SAFETY: as in `read`.
            unsafe { self.start.add(offset + i).write_volatile(*byte) };
        }
        Ok(())
    }

    /// Empties the window.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn clear(&self) -> Result<()> {
        Cap::<Task>::THIS.unmap_any(self.fpage(), UnmapFlags::ALL_SPACES)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // A place that could not be emptied is not given back.
        if self.clear().is_ok() {
            let _ = self.rm.free_area(self.start.addr() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use l4re_sys::fake;

    #[test]
    fn attach_is_laid_out_as_in_cxx() {
        let mut bytes = vec![];
        let addr = fake::with(
            |call| {
                assert_eq!(call.tag.label(), proto::RM);
                assert_eq!((call.tag.words(), call.tag.items()), (10, 1));
                bytes = call.bytes();
                call.reply(0, &[0x7000])
            },
            // SAFETY: nothing is really attached.
            || unsafe {
                Cap::<Rm>::new(CapIdx::from_index(3)).attach_at(
                    0x1234_5000,
                    0x1801,
                    RmFlags::RW | RmFlags::SEARCH_ADDR,
                    Cap::new(CapIdx::from_index(0x99)),
                    0x3000,
                    12,
                )
            },
        );
        assert_eq!(addr.unwrap(), 0x7000);
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        assert_eq!(word(0) as u32, op::ATTACH);
        assert_eq!(word(8), 0x1234_5000);
        assert_eq!(word(16), 0x2000);
        assert_eq!(word(24) as u32, 0x2_0006);
        assert_eq!(word(32), 0x3000);
        assert_eq!(bytes[40], 12);
        assert_eq!(word(48), 0x99 << 12);
        assert_eq!((word(56), bytes[64], word(72)), (1, 0, 0));
    }

    #[test]
    fn ranges_are_unmapped_in_aligned_pieces() {
        let mut pieces = vec![];
        fake::with(
            |call| {
                let fpage = Fpage::from_raw(call.utcb.mr(2));
                pieces.push((fpage.addr(), fpage.order()));
                fake::Reply::label(0)
            },
            || unmap_range(0x3000, 0x6000),
        );
        assert_eq!(pieces, [(0x3000, 12), (0x4000, 14), (0x8000, 12)]);
    }
}
