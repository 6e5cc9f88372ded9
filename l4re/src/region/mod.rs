//! Region maps: what is where in an address space.
#![allow(unsafe_code)]

mod area;
mod attached;
mod guard;
mod list;
mod window;

pub use area::Area;
pub use attached::{Region, Share};
pub use list::RegionInfo;
pub use window::{LOST, Window};

use crate::cap::{Cap, Object, OwnedCap};
use crate::cap_alloc;
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use crate::pager::Pager;
use crate::start;
use crate::task::Task;
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::re::rm as op;
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::{CapIdx, Fpage, MapItem, MemRights, ObjRights, proto};

pub use op::{Region as RegionDesc, RmFlags};

/// A region map (`L4Re::Rm`, `l4/re/rm`). It answers a program's page faults, so attaching
/// costs nothing until the memory is used.
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// use l4re::sys::MemRights;
/// use l4re::sys::consts::PAGE_SHIFT;
///
/// let memory = env.mem_alloc().dataspace(0x4000)?;
/// let mut region = env.rm().attach(memory)?;
/// region.write(0x10, &[1, 2, 3])?;
/// let mut bytes = [0; 3];
/// region.read(0x10, &mut bytes)?;
/// assert_eq!(bytes, [1, 2, 3]);
///
/// // What is where?
/// let found = env.rm().find(region.as_ptr() as u64, 1)?;
/// assert_eq!(found.size, 0x4000);
///
/// // A page of it for somebody else, as long as the region is there.
/// let page = region.share(0x1000, PAGE_SHIFT, MemRights::R)?;
/// # let _ = page;
/// # Ok(())
/// # }
/// ```
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
    /// The region map as who handles page faults, and gives I/O ports.
    pub fn pager(self) -> Cap<Pager> {
        self.cast()
    }

    /// Whether this is the region map of the program's environment, which tells the truth about the
    /// program's own address space: by its slot, which safe code cannot fill.
    fn check_own(self) -> Result<()> {
        match start::try_env() {
            Some(env) if env.rm() == self => Ok(()),
            _ => Err(Error::NO_PERMISSION),
        }
    }

    /// Attaches a dataspace, all of it, at a free place, readable and writable.
    ///
    /// # Errors
    /// [`Error::NO_PERMISSION`] if this is not the region map of the program's
    /// [environment](crate::Env::rm), or the dataspace is the heap's or a stack's;
    /// [`Error::INVALID`] if the dataspace is empty; whatever else region map or dataspace
    /// answer; an IPC error.
    pub fn attach(self, ds: OwnedCap<Dataspace>) -> Result<Region> {
        self.attach_with(ds, RmFlags::RW, "")
    }

    /// As [`attach`](Self::attach), with a name that debuggers and
    /// [`region_info`](Self::region_info) tell.
    ///
    /// # Errors
    /// As `attach`; [`Error::TOO_LONG`] if the name does not fit into the message.
    pub fn attach_named(self, ds: OwnedCap<Dataspace>, name: &str) -> Result<Region> {
        self.attach_with(ds, RmFlags::RW, name)
    }

    /// Attaches a dataspace, all of it, at a free place, to be read only.
    ///
    /// # Errors
    /// As [`attach`](Self::attach).
    pub fn attach_read_only(self, ds: OwnedCap<Dataspace>) -> Result<Region> {
        self.attach_with(ds, RmFlags::R, "")
    }

    fn attach_with(self, ds: OwnedCap<Dataspace>, flags: RmFlags, name: &str) -> Result<Region> {
        self.check_own()?;
        if !cap_alloc::is_known(ds.idx()) {
            return Err(Error::NO_PERMISSION);
        }
        let size = usize::try_from(ds.size()?).map_err(|_| Error::INVALID)?;
        let free = flags | RmFlags::SEARCH_ADDR;
        let align = PAGE_SHIFT as u8;
        let start = self.attach_raw(op::ANY_ADDR, size, free, Some(ds.cap()), 0, align, name);
        match start {
            Ok(start) => Ok(Region::attached(start, round_page(size)?, flags, ds)),
            // The dataspace is a program's, whom a region map that serves many does not wait
            // for: its pages are mapped here.
            Err(Error::NOT_FOUND) => Region::map_all(round_page(size)?, flags, ds),
            Err(error) => Err(error),
        }
    }

    /// Attaches `size` bytes of a dataspace from `offset` on, rounded up to whole pages, at
    /// `start`; with [`RmFlags::SEARCH_ADDR`] at a free place from there on, of an alignment of
    /// `1 << align` bytes. Returns where.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    ///
    /// The dataspace's capability cannot be attached, passed on or removed by safe code from then on,
    /// so that what is there can be memory of the language: a heap, a stack.
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
        let start = self.attach_raw(start, size, flags, Some(ds), offset, align, "")?;
        if self.check_own().is_ok() {
            cap_alloc::make_private(ds.idx());
        }
        Ok(start)
    }

    /// Reserves `size` bytes at `start`, or with [`RmFlags::SEARCH_ADDR`] at a free place from
    /// there on: nothing is there, and nothing else goes there; access is a fault. Returns
    /// where.
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    pub fn reserve(self, start: u64, size: usize, flags: RmFlags, align: u8) -> Result<u64> {
        let flags = (flags & (RmFlags::SEARCH_ADDR | RmFlags::IN_AREA)) | RmFlags::RESERVED;
        self.attach_raw(start, size, flags, None, 0, align, "")
    }

    #[expect(clippy::too_many_arguments, reason = "they are the interface's")]
    fn attach_raw(
        self,
        start: u64,
        size: usize,
        flags: RmFlags,
        ds: Option<Cap<Dataspace>>,
        offset: u64,
        align: u8,
        name: &str,
    ) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::ATTACH)
            .put(start)
            .put(round_page(size)?)
            .put(flags.bits())
            .put(offset)
            .put(align)
            .put(ds.map_or(CapIdx::INVALID, Cap::idx))
            .string(name)
            .put(0u64);
        if let Some(ds) = ds {
            let rights = if flags.contains(RmFlags::W) {
                ObjRights::RW
            } else {
                ObjRights::R
            };
            w.item(MapItem::cap(ds.idx(), rights));
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
        self.detach_once(addr, 1, op::DETACH_OVERLAP).map(drop)
    }

    /// Detaches exactly `size` bytes from `start` on (whole pages), of however many regions;
    /// those that reach beyond keep what is beyond.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if there is nothing; whatever else the region map answers; an IPC
    /// error.
    ///
    /// # Safety
    /// Safe code must not rely on what is there.
    pub unsafe fn detach_range(self, start: u64, size: usize) -> Result<()> {
        while self.detach_once(start, size, op::DETACH_EXACT)? & op::DETACH_AGAIN != 0 {}
        Ok(())
    }

    fn detach_once(self, addr: u64, size: usize, flags: u32) -> Result<i64> {
        let mut w = Writer::new();
        w.put(op::DETACH).put(addr).put(size).put(flags);
        let tag = ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        let start: u64 = r.get()?;
        let size: u64 = r.get()?;
        if tag.label() & op::UNMAPPED_RANGE == 0 {
            // SAFETY: nobody relies on what is there (the contract of `detach`, which is what calls
            // this). Of another map than the program's own the answer may be any number.
            unsafe { unmap_range(Cap::<Task>::THIS, start, size) };
        }
        Ok(tag.label())
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

    /// Frees an area that was reserved. (An [`Area`] does so by itself.)
    ///
    /// # Errors
    /// What the region map answers, or an IPC error.
    ///
    /// # Safety
    /// The area is the caller's: nobody else has reserved it and relies on what is there, or on
    /// nothing being there.
    pub unsafe fn free_area(self, addr: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::FREE_AREA).put(addr);
        ipc::transact(self.idx(), w.tag(proto::RM)?, Buffers::None).map(drop)
    }
}

/// Unmaps whole pages from a task, in flexpages as large as possible. (A region map that lives
/// outside of the task cannot.)
///
/// # Safety
/// If this is the program's own task, safe code must not rely on what is there.
pub unsafe fn unmap_range(task: Cap<Task>, start: u64, size: u64) {
    let end = start.saturating_add(size);
    // Whatever the region map tells: pieces are aligned, and so few.
    let mut at = start & !(PAGE_SIZE as u64 - 1);
    while at < end {
        let by_size = (end - at).ilog2();
        let order = by_size.min(at.trailing_zeros()).max(PAGE_SHIFT);
        let fpage = Fpage::memory(at, order, MemRights::RWX);
        // The region is gone from the map; what cannot be unmapped stays as it was.
        let _ = task.unmap_any(fpage, UnmapFlags::ALL_SPACES);
        let Some(next) = at.checked_add(1 << order) else {
            return;
        };
        at = next;
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
            // SAFETY: there is no kernel that would unmap anything.
            || unsafe { unmap_range(Cap::<Task>::THIS, 0x3000, 0x6000) },
        );
        assert_eq!(pieces, [(0x3000, 12), (0x4000, 14), (0x8000, 12)]);
    }
}
