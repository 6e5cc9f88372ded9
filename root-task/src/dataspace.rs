//! Memory that programs attach to their address spaces.
//!
//! A dataspace is either in one piece (a boot module, or memory that must be contiguous), or
//! made page by page as it is touched. Pages that are copied from a boot file are shared with
//! it until they are written.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec;
use core::cell::RefCell;
use core::ops::Range;

use l4re_sys::MemRights;
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE, SUPERPAGE_SHIFT, SUPERPAGE_SIZE};

use crate::error::{Error, Result};
use crate::pool::{Pool, Revoke};
use crate::quota::{Charge, Quota};

/// Pages whose bookkeeping is made at once.
const CHUNK: usize = SUPERPAGE_SIZE / PAGE_SIZE;

/// The largest size a dataspace may have: what the user address space has room for.
pub const MAX_SIZE: usize = 1 << 47;

/// A piece of memory in the root task, and how much of it may be mapped at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// The address in the root task, a multiple of the size.
    pub address: usize,
    /// The logarithm (base 2) of the size.
    pub order: u32,
    /// The rights that may be passed on.
    pub rights: MemRights,
}

/// Where a mapping may go in the receiver.
#[derive(Clone, Debug)]
pub struct Target {
    /// The address at which the byte asked for will stand.
    pub spot: u64,
    /// The addresses that may get mapped.
    pub window: Range<u64>,
}

/// A page of a dataspace: its address, and whether it must be copied before it is written.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Page(usize);

impl Page {
    const SHARED: usize = 1;

    fn is_absent(self) -> bool {
        self.0 == 0
    }
    fn address(self) -> usize {
        self.0 & !(PAGE_SIZE - 1)
    }
    fn is_shared(self) -> bool {
        self.0 & Self::SHARED != 0
    }
}

enum Backing {
    /// Somebody else's memory: a boot module, the KIP.
    Foreign { base: usize },
    /// Memory in one piece.
    Contiguous { base: usize },
    /// Pages by number, in chunks.
    Pages(BTreeMap<usize, Box<[Page]>>),
}

/// Memory that programs attach.
pub struct Dataspace {
    pool: &'static Pool,
    size: usize,
    rights: MemRights,
    backing: RefCell<Backing>,
    charge: RefCell<Charge>,
}

impl Dataspace {
    /// A dataspace of `size` bytes whose pages come into being when they are touched, charged
    /// to `quota` as they do.
    ///
    /// # Errors
    /// [`Error::EINVAL`] if the size is 0 or too large.
    pub fn on_demand(pool: &'static Pool, quota: &Rc<Quota>, size: usize) -> Result<Self> {
        check_size(size)?;
        Ok(Dataspace {
            pool,
            size,
            rights: MemRights::RWX,
            backing: RefCell::new(Backing::Pages(BTreeMap::new())),
            charge: RefCell::new(Charge::none(quota.clone())),
        })
    }

    /// A dataspace of `size` bytes in one piece, at a multiple of `align` bytes.
    ///
    /// # Errors
    /// [`Error::EINVAL`] if the size is 0 or too large, [`Error::ENOMEM`] if the quota or the
    /// memory does not suffice.
    pub fn contiguous(
        pool: &'static Pool,
        quota: &Rc<Quota>,
        size: usize,
        align: usize,
    ) -> Result<Self> {
        check_size(size)?;
        let bytes = size.next_multiple_of(PAGE_SIZE);
        let charge = quota.charge(bytes).ok_or(Error::ENOMEM)?;
        let base = pool
            .alloc_zeroed(bytes, align.max(PAGE_SIZE), 0..usize::MAX)
            .ok_or(Error::ENOMEM)?;
        Ok(Dataspace {
            pool,
            size,
            rights: MemRights::RWX,
            backing: RefCell::new(Backing::Contiguous { base }),
            charge: RefCell::new(charge),
        })
    }

    /// A dataspace of memory that is there: a boot module, the KIP. Copies of its pages share
    /// it; if `rights` include writing, they do not.
    ///
    /// # Safety
    /// The whole pages from `base` (a multiple of a page) to behind `base + size` are readable,
    /// and writable if `rights` say so, as long as the root task runs; no memory is written
    /// that `rights` do not allow to write.
    pub unsafe fn foreign(
        pool: &'static Pool,
        quota: &Rc<Quota>,
        base: usize,
        size: usize,
        rights: MemRights,
    ) -> Self {
        Dataspace {
            pool,
            size,
            rights,
            backing: RefCell::new(Backing::Foreign { base }),
            charge: RefCell::new(Charge::none(quota.clone())),
        }
    }

    /// The size in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The size in bytes, rounded up to pages: what can be mapped.
    pub fn rounded_size(&self) -> usize {
        self.size.next_multiple_of(PAGE_SIZE)
    }

    /// What the dataspace's memory may be mapped for at most.
    pub fn rights(&self) -> MemRights {
        self.rights
    }

    /// Bytes of memory charged for it.
    pub fn charged(&self) -> usize {
        self.charge.borrow().bytes()
    }

    /// The memory for the byte at `offset`, in as large a piece as its surroundings and `target`
    /// allow. Pages that are not there come into being; a page shared with a boot file becomes
    /// the dataspace's own if `rights` include writing.
    ///
    /// # Errors
    /// [`Error::ERANGE`] if the offset is outside, [`Error::EPERM`] if the dataspace does not
    /// give the rights, [`Error::ENOMEM`] if the quota or the memory does not suffice.
    pub fn map(&self, offset: usize, rights: MemRights, target: &Target) -> Result<Mapping> {
        if offset >= self.rounded_size() {
            return Err(Error::ERANGE);
        }
        if !self.rights.contains(rights) {
            return Err(Error::EPERM);
        }
        let offset = offset & !(PAGE_SIZE - 1);
        let spot = target.spot & !(PAGE_SIZE as u64 - 1);
        let address = self.page(offset, rights.contains(MemRights::W))?;

        let mut order = PAGE_SHIFT;
        while order < SUPERPAGE_SHIFT {
            let size = 1usize << (order + 1);
            let below = offset & (size - 1);
            let congruent = (spot ^ offset as u64) & (size as u64 - 1) == 0
                && (address ^ offset) & (size - 1) == 0;
            // The order of the checks matters: only what is congruent does not underflow.
            let within = congruent
                && offset - below + size <= self.rounded_size()
                && spot - below as u64 >= target.window.start
                && (spot - below as u64)
                    .checked_add(size as u64)
                    .is_some_and(|end| end <= target.window.end);
            if !within {
                break;
            }
            // The half that the current piece is not in.
            let half = size / 2;
            let other = (offset & !(half - 1)) ^ half;
            let wanted = (address & !(half - 1)) ^ half;
            if !self.is_run(other, half, wanted, rights.contains(MemRights::W)) {
                break;
            }
            order += 1;
        }
        Ok(Mapping {
            address: address & !((1 << order) - 1),
            order,
            rights,
        })
    }

    /// Whether the pages of `offset..offset + bytes` are there, at `address` onwards, and can be
    /// mapped for writing if that is asked.
    fn is_run(&self, offset: usize, bytes: usize, address: usize, write: bool) -> bool {
        match &*self.backing.borrow() {
            Backing::Foreign { base } | Backing::Contiguous { base } => base + offset == address,
            Backing::Pages(chunks) => {
                let first = offset / PAGE_SIZE;
                let Some(chunk) = chunks.get(&(first / CHUNK)) else {
                    return false;
                };
                let pages = &chunk[first % CHUNK..][..bytes / PAGE_SIZE];
                pages.iter().enumerate().all(|(i, page)| {
                    !page.is_absent()
                        && page.address() == address + i * PAGE_SIZE
                        && !(write && page.is_shared())
                })
            }
        }
    }

    /// The address of the page at `offset`, which must be within.
    fn page(&self, offset: usize, write: bool) -> Result<usize> {
        let mut backing = self.backing.borrow_mut();
        let chunks = match &mut *backing {
            Backing::Foreign { base } | Backing::Contiguous { base } => return Ok(*base + offset),
            Backing::Pages(chunks) => chunks,
        };
        let mut charge = self.charge.borrow_mut();
        let pages = self.rounded_size() / PAGE_SIZE;
        let number = offset / PAGE_SIZE;
        let chunk = match chunks.entry(number / CHUNK) {
            alloc::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            alloc::collections::btree_map::Entry::Vacant(entry) => {
                let len = CHUNK.min(pages - number / CHUNK * CHUNK);
                if !charge.grow(bookkeeping(len)) {
                    return Err(Error::ENOMEM);
                }
                entry.insert(vec![Page::default(); len].into_boxed_slice())
            }
        };
        let index = number % CHUNK;
        let page = chunk[index];
        if page.is_absent() {
            self.populate(chunk, index, pages, &mut charge)?;
        } else if write && page.is_shared() {
            if !charge.grow(PAGE_SIZE) {
                return Err(Error::ENOMEM);
            }
            let Some(own) = self.pool.alloc(PAGE_SIZE, PAGE_SIZE, 0..usize::MAX) else {
                charge.shrink(PAGE_SIZE);
                return Err(Error::ENOMEM);
            };
            // SAFETY: the shared page is whole and readable (`foreign`'s contract), the new one
            // was just allocated.
            unsafe {
                core::ptr::copy_nonoverlapping(
                    page.address() as *const u8,
                    own as *mut u8,
                    PAGE_SIZE,
                );
            }
            self.pool
                .revoke_range(page.address(), PAGE_SIZE, Revoke::All);
            chunk[index] = Page(own);
        }
        Ok(chunk[index].address())
    }

    /// Brings zeroed pages into being around `index`: an aligned group that suits the size of
    /// the dataspace, or the one page if the group is not wholly absent or cannot be had.
    fn populate(
        &self,
        chunk: &mut [Page],
        index: usize,
        pages: usize,
        charge: &mut Charge,
    ) -> Result<()> {
        let group = 1usize << (pages / 8).clamp(1, CHUNK).ilog2();
        let first = index & !(group - 1);
        let whole = chunk.get(first..first + group);
        if group > 1
            && whole.is_some_and(|pages| pages.iter().all(|page| page.is_absent()))
            && charge.grow(group * PAGE_SIZE)
        {
            let bytes = group * PAGE_SIZE;
            if let Some(base) = self.pool.alloc_zeroed(bytes, bytes, 0..usize::MAX) {
                for (i, page) in chunk[first..first + group].iter_mut().enumerate() {
                    *page = Page(base + i * PAGE_SIZE);
                }
                return Ok(());
            }
            charge.shrink(bytes);
        }
        if !charge.grow(PAGE_SIZE) {
            return Err(Error::ENOMEM);
        }
        match self.pool.alloc_zeroed(PAGE_SIZE, PAGE_SIZE, 0..usize::MAX) {
            Some(address) => {
                chunk[index] = Page(address);
                Ok(())
            }
            None => {
                charge.shrink(PAGE_SIZE);
                Err(Error::ENOMEM)
            }
        }
    }

    /// Brings all pages of a range into being.
    ///
    /// # Errors
    /// [`Error::ERANGE`] if the range is not within, [`Error::ENOMEM`].
    pub fn allocate(&self, offset: usize, size: usize, write: bool) -> Result<()> {
        let range = self.range(offset, size)?;
        let mut at = range.start & !(PAGE_SIZE - 1);
        while at < range.end {
            self.page(at, write)?;
            at += PAGE_SIZE;
        }
        Ok(())
    }

    /// Makes a range zero; whole pages made on demand are freed. What lies behind the end is
    /// left out.
    ///
    /// # Errors
    /// [`Error::ERANGE`] if the offset is outside, [`Error::EACCESS`] if the dataspace cannot be
    /// written, [`Error::ENOMEM`].
    pub fn clear(&self, offset: usize, size: usize) -> Result<()> {
        if offset >= self.rounded_size() {
            return Err(Error::ERANGE);
        }
        if !self.rights.contains(MemRights::W) {
            return Err(Error::EACCESS);
        }
        let end = offset.saturating_add(size).min(self.rounded_size());
        self.each_page(offset..end, |offset, len| {
            if len == PAGE_SIZE && self.release(offset) {
                return Ok(());
            }
            if !self.is_present(offset) {
                return Ok(());
            }
            let address = self.page(offset & !(PAGE_SIZE - 1), true)?;
            // SAFETY: the page is writable memory of this dataspace, `len` stays within it.
            unsafe {
                core::ptr::write_bytes((address + offset % PAGE_SIZE) as *mut u8, 0, len);
            }
            Ok(())
        })
    }

    /// Copies `size` bytes from another dataspace (or this one). Whole pages of a boot file that
    /// line up are shared until written.
    ///
    /// # Errors
    /// [`Error::ERANGE`] if one of the ranges is not within, [`Error::EACCESS`] if this dataspace
    /// cannot be written, [`Error::ENOMEM`].
    pub fn copy_in(
        &self,
        offset: usize,
        source: &Dataspace,
        source_offset: usize,
        size: usize,
    ) -> Result<()> {
        if !self.rights.contains(MemRights::W) {
            return Err(Error::EACCESS);
        }
        let to = self.range(offset, size)?;
        source.range(source_offset, size)?;
        self.each_page(to.clone(), |at, len| {
            let mut from = source_offset + (at - to.start);
            if len == PAGE_SIZE && self.share(at, source, from) {
                return Ok(());
            }
            // The piece of this page may span two pages of the source.
            let (mut at, end) = (at, at + len);
            while at < end {
                let piece = (end - at).min(PAGE_SIZE - from % PAGE_SIZE);
                self.copy_piece(at, source, from, piece)?;
                at += piece;
                from += piece;
            }
            Ok(())
        })
    }

    /// Copies bytes that lie within one page on both sides.
    fn copy_piece(&self, at: usize, source: &Dataspace, from: usize, len: usize) -> Result<()> {
        if !source.is_present(from) {
            if !self.is_present(at) {
                return Ok(());
            }
            let to = self.page(at & !(PAGE_SIZE - 1), true)? + at % PAGE_SIZE;
            // SAFETY: within a page of this dataspace.
            unsafe { core::ptr::write_bytes(to as *mut u8, 0, len) };
            return Ok(());
        }
        let to = self.page(at & !(PAGE_SIZE - 1), true)? + at % PAGE_SIZE;
        // After `to`: if both are one dataspace, making `to` writable may have moved the page.
        let from = source.page(from & !(PAGE_SIZE - 1), false)? + from % PAGE_SIZE;
        // SAFETY: both lie within a page of their dataspace; they may be the same page.
        unsafe { core::ptr::copy(from as *const u8, to as *mut u8, len) };
        Ok(())
    }

    /// Reads bytes that are there; false if not all of them are. Brings nothing into being.
    pub fn peek(&self, offset: usize, into: &mut [u8]) -> bool {
        let Ok(range) = self.range(offset, into.len()) else {
            return false;
        };
        self.each_page(range.clone(), |at, len| {
            if !self.is_present(at) {
                return Err(Error::ENOENT);
            }
            let from = self.page(at & !(PAGE_SIZE - 1), false)? + at % PAGE_SIZE;
            let start = at - range.start;
            // SAFETY: within a page of this dataspace; other tasks may write it, any bytes do.
            unsafe {
                core::ptr::copy_nonoverlapping(
                    from as *const u8,
                    into[start..start + len].as_mut_ptr(),
                    len,
                );
            }
            Ok(())
        })
        .is_ok()
    }

    /// Writes bytes, bringing pages into being.
    ///
    /// # Errors
    /// As [`Dataspace::copy_in`].
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        if !self.rights.contains(MemRights::W) {
            return Err(Error::EACCESS);
        }
        let range = self.range(offset, bytes.len())?;
        self.each_page(range.clone(), |at, len| {
            let to = self.page(at & !(PAGE_SIZE - 1), true)? + at % PAGE_SIZE;
            let start = at - range.start;
            // SAFETY: within a page of this dataspace.
            unsafe {
                core::ptr::copy_nonoverlapping(
                    bytes[start..start + len].as_ptr(),
                    to as *mut u8,
                    len,
                );
            }
            Ok(())
        })
    }

    fn range(&self, offset: usize, size: usize) -> Result<Range<usize>> {
        match offset.checked_add(size) {
            Some(end) if end <= self.rounded_size() => Ok(offset..end),
            _ => Err(Error::ERANGE),
        }
    }

    /// Calls `each` with the offset and length of each part of `range` that lies in one page.
    fn each_page(
        &self,
        range: Range<usize>,
        mut each: impl FnMut(usize, usize) -> Result<()>,
    ) -> Result<()> {
        let mut at = range.start;
        while at < range.end {
            let len = (PAGE_SIZE - at % PAGE_SIZE).min(range.end - at);
            each(at, len)?;
            at += len;
        }
        Ok(())
    }

    fn is_present(&self, offset: usize) -> bool {
        match &*self.backing.borrow() {
            Backing::Pages(chunks) => {
                let number = offset / PAGE_SIZE;
                chunks
                    .get(&(number / CHUNK))
                    .is_some_and(|chunk| !chunk[number % CHUNK].is_absent())
            }
            _ => true,
        }
    }

    /// Makes the page at `offset` one shared with `source`, if that is a boot file and the
    /// offsets line up.
    fn share(&self, offset: usize, source: &Dataspace, from: usize) -> bool {
        if !from.is_multiple_of(PAGE_SIZE) || core::ptr::eq(self, source) {
            return false;
        }
        let address = match *source.backing.borrow() {
            Backing::Foreign { base } if !source.rights.contains(MemRights::W) => base + from,
            _ => return false,
        };
        // The last page of a file is copied: what lies behind the file's end is nobody's business.
        if from + PAGE_SIZE > source.size || !matches!(*self.backing.borrow(), Backing::Pages(_)) {
            return false;
        }
        self.release(offset);
        let mut backing = self.backing.borrow_mut();
        let Backing::Pages(chunks) = &mut *backing else {
            return false;
        };
        let number = offset / PAGE_SIZE;
        let pages = self.rounded_size() / PAGE_SIZE;
        if !chunks.contains_key(&(number / CHUNK)) {
            let len = CHUNK.min(pages - number / CHUNK * CHUNK);
            if !self.charge.borrow_mut().grow(bookkeeping(len)) {
                return false;
            }
            chunks.insert(
                number / CHUNK,
                vec![Page::default(); len].into_boxed_slice(),
            );
        }
        match chunks.get_mut(&(number / CHUNK)) {
            Some(chunk) => chunk[number % CHUNK] = Page(address | Page::SHARED),
            None => return false,
        }
        true
    }

    /// Frees the page at `offset` if pages are made on demand; false if they are not.
    fn release(&self, offset: usize) -> bool {
        let mut backing = self.backing.borrow_mut();
        let Backing::Pages(chunks) = &mut *backing else {
            return false;
        };
        let number = offset / PAGE_SIZE;
        if let Some(chunk) = chunks.get_mut(&(number / CHUNK)) {
            let page = core::mem::take(&mut chunk[number % CHUNK]);
            if page.is_shared() {
                self.pool
                    .revoke_range(page.address(), PAGE_SIZE, Revoke::All);
            } else if !page.is_absent() {
                self.pool.free(page.address(), PAGE_SIZE);
                self.charge.borrow_mut().shrink(PAGE_SIZE);
            }
        }
        true
    }
}

impl Drop for Dataspace {
    fn drop(&mut self) {
        let size = self.rounded_size();
        match self.backing.get_mut() {
            // What was mapped of a boot module stays: its memory is nobody's secret, and goes
            // with the task that has it.
            Backing::Foreign { .. } => {}
            Backing::Contiguous { base } => self.pool.free(*base, size),
            Backing::Pages(chunks) => {
                for chunk in chunks.values() {
                    free_runs(self.pool, chunk);
                }
            }
        }
    }
}

/// Frees a chunk's own pages, neighbours together.
fn free_runs(pool: &Pool, chunk: &[Page]) {
    let mut run: Option<Range<usize>> = None;
    for page in chunk
        .iter()
        .filter(|page| !page.is_absent() && !page.is_shared())
    {
        match &mut run {
            Some(range) if range.end == page.address() => range.end += PAGE_SIZE,
            _ => {
                if let Some(range) = run.take() {
                    pool.free(range.start, range.len());
                }
                run = Some(page.address()..page.address() + PAGE_SIZE);
            }
        }
    }
    if let Some(range) = run {
        pool.free(range.start, range.len());
    }
}

fn bookkeeping(pages: usize) -> usize {
    pages * size_of::<Page>()
}

fn check_size(size: usize) -> Result<()> {
    if size == 0 || size > MAX_SIZE {
        Err(Error::EINVAL)
    } else {
        Ok(())
    }
}
