//! Dataspaces that are part of the address space.
#![allow(unsafe_code)]

use super::Area;
use crate::cap::{Cap, OwnedCap};
use crate::dataspace::{Dataspace, DsFlags};
use crate::error::{Error, Result};
use crate::task::Task;
use crate::{shared, start};
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU8, Ordering};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::re::rm::RmFlags;
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::{CapIdx, Fpage, MapItem, MemRights};

/// A dataspace that is part of the address space for as long as this value lives.
#[derive(Debug)]
pub struct Region {
    start: *mut u8,
    size: usize,
    writable: bool,
    /// Always there until dropped: it goes after the region.
    ds: Option<OwnedCap<Dataspace>>,
    /// The place, if the pages were mapped by this program, and not by its region map.
    own: Option<Area>,
    data: PhantomData<[u8]>,
}

// SAFETY: the place is this value's own until it is dropped, whichever thread has it.
unsafe impl Send for Region {}
// SAFETY: shared references access the memory by atomic operations, as all others do who may have
// the same dataspace attached elsewhere.
unsafe impl Sync for Region {}

impl Region {
    /// The region at `start`, where `ds` has just been attached.
    pub(super) fn attached(
        start: u64,
        size: usize,
        flags: RmFlags,
        ds: OwnedCap<Dataspace>,
    ) -> Self {
        Region {
            start: core::ptr::with_exposed_provenance_mut(start as usize),
            size,
            writable: flags.contains(RmFlags::W),
            ds: Some(ds),
            own: None,
            data: PhantomData,
        }
    }

    /// A region at a free place, with all pages of a dataspace mapped.
    pub(super) fn map_all(size: usize, flags: RmFlags, ds: OwnedCap<Dataspace>) -> Result<Self> {
        let area = Area::new(size, PAGE_SHIFT)?;
        let start = area.start() as u64;
        // From here on, dropping it gives the place back.
        let mut region = Region::attached(start, size, flags, ds);
        region.own = Some(area);
        let (rights, ds_flags) = if region.writable {
            (MemRights::RW, DsFlags::RW)
        } else {
            (MemRights::R, DsFlags::R)
        };
        for offset in (0..size as u64).step_by(PAGE_SIZE) {
            let page = Fpage::page(start + offset, rights);
            // SAFETY: the place is reserved for this value, which nobody else has yet.
            unsafe { region.dataspace().map(offset, 0, ds_flags, page)? };
        }
        Ok(region)
    }

    /// Unmaps the pages.
    fn unmap_all(&self) -> Result<()> {
        for offset in (0..self.size).step_by(PAGE_SIZE) {
            let page = Fpage::page((self.start.addr() + offset) as u64, MemRights::RWX);
            // SAFETY: the region is this value's own, and no borrow of it lives.
            unsafe { Cap::<Task>::THIS.unmap(page, UnmapFlags::ALL_SPACES)? };
        }
        Ok(())
    }

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
        // SAFETY: `check` found the bytes to be in the region, which is attached as long as `self`
        // lives.
        unsafe { shared::read(self.start.add(offset), to) };
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
        // SAFETY: `check` found the bytes to be in the region, which is attached as long as `self`
        // lives, and may be written.
        unsafe { shared::write(self.start.add(offset), bytes) };
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
                    AtomicU8::from_ptr(byte).load(Ordering::Relaxed);
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
        let gone = if self.own.is_some() {
            self.unmap_all()
        } else {
            match start::try_env() {
                // SAFETY: the region is this value's own, and no borrow of it lives.
                Some(env) => unsafe { env.rm().detach(self.start.addr() as u64) },
                None => Err(Error::INVALID),
            }
        };
        if gone.is_err() {
            // The dataspace is still there, so neither it nor its place must go.
            if let Some(ds) = self.ds.take() {
                ds.leak();
            }
            if let Some(area) = self.own.take() {
                area.leak();
            }
        }
    }
}
