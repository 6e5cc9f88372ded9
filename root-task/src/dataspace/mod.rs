//! Memory that programs attach to their address spaces.
//!
//! A dataspace is either in one piece (a boot module, or memory that must be contiguous), or
//! made page by page as it is touched. Pages that are copied from a boot file are shared with
//! it until they are written.

mod content;
pub mod garbage;
mod pages;

use alloc::boxed::Box;
use core::cell::{Cell, RefCell};
use core::ops::Range;

use l4re_sys::MemRights;
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE, SUPERPAGE_SHIFT};

use crate::error::{Error, Result};
use crate::fallible::{Shared, boxed};
use crate::heap::{self, Heap, pays};
use crate::pool::Pool;
use crate::quota::{Charge, Quota};
use garbage::Memory;
use pages::{CHUNK, Page, Pages};

/// The largest size a dataspace may have: what the user address space has room for.
pub const MAX_SIZE: usize = 1 << 47;

/// A page brings as many neighbours into being as make this part of the dataspace.
const GROUP_PART: usize = 8;

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

enum Backing {
    /// Somebody else's memory: a boot module, the KIP.
    Foreign { base: usize },
    /// Memory in one piece.
    Contiguous { base: usize, _charge: Charge },
    /// Memory as it is touched; taken out when the dataspace goes.
    OnDemand(Option<Box<Memory>>),
}

/// Memory that programs attach.
pub struct Dataspace {
    pool: &'static Pool,
    size: usize,
    rights: MemRights,
    /// The most pages that come into being at once, a power of two.
    group: usize,
    backing: RefCell<Backing>,
    /// Whether there is one region with it, and nobody else has it.
    private: Cell<bool>,
    /// Who pays for the bookkeeping.
    heap: Option<Shared<Heap>>,
}

impl Dataspace {
    /// A dataspace of `size` bytes whose pages come into being when they are touched, charged
    /// to `quota` as they do. Its bookkeeping is charged to who pays now.
    ///
    /// # Errors
    /// [`Error::EINVAL`] if the size is 0 or too large, [`Error::ENOMEM`].
    pub fn on_demand(pool: &'static Pool, quota: &Shared<Quota>, size: usize) -> Result<Self> {
        let pages = Pages::new(check_size(size)? / PAGE_SIZE);
        let memory = boxed(Memory::new(pool, pages, Charge::none(quota.clone())))?;
        Ok(Self::new(
            pool,
            size,
            MemRights::RWX,
            Backing::OnDemand(Some(memory)),
        ))
    }

    /// The dataspace with at most `pages` coming into being at once, a power of two.
    pub fn with_groups(mut self, pages: usize) -> Self {
        self.group = pages.clamp(1, CHUNK);
        self
    }

    /// A dataspace of `size` bytes in one piece, at a multiple of `align` bytes (a power of
    /// two). What was in the memory before must be [cleared](Self::fill) before anybody gets it.
    ///
    /// # Errors
    /// [`Error::EINVAL`] if the size is 0 or too large, [`Error::ENOMEM`] if the quota or the
    /// memory does not suffice.
    pub fn contiguous(
        pool: &'static Pool,
        quota: &Shared<Quota>,
        size: usize,
        align: usize,
    ) -> Result<Self> {
        let bytes = check_size(size)?;
        let charge = Charge::of(quota, bytes).ok_or(Error::ENOMEM)?;
        let base = pool
            .alloc(bytes, align.max(PAGE_SIZE), 0..usize::MAX)
            .ok_or(Error::ENOMEM)?;
        let backing = Backing::Contiguous {
            base,
            _charge: charge,
        };
        Ok(Self::new(pool, size, MemRights::RWX, backing))
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
        base: usize,
        size: usize,
        rights: MemRights,
    ) -> Self {
        Self::new(pool, size, rights, Backing::Foreign { base })
    }

    fn new(pool: &'static Pool, size: usize, rights: MemRights, backing: Backing) -> Self {
        Dataspace {
            pool,
            size,
            rights,
            group: CHUNK,
            backing: RefCell::new(backing),
            private: Cell::new(false),
            heap: heap::payer(),
        }
    }

    /// From now on there is one region with the dataspace, and nobody else has it: its pages may
    /// stay shared with a boot file until they are written. (Of others, a page that somebody may
    /// have mapped is never replaced.)
    pub fn make_private(&self) {
        self.private.set(true);
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

    /// The memory for the byte at `offset`, in as large a piece as its surroundings and `target`
    /// allow. Pages that are not there come into being; a page shared with a boot file becomes
    /// the dataspace's own if `rights` include writing, or the dataspace is not private.
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
        let write = rights.contains(MemRights::W) || !self.private.get();
        let offset = offset & !(PAGE_SIZE - 1);
        let spot = target.spot & !(PAGE_SIZE as u64 - 1);
        let address = self.page(offset, write)?;
        let mut order = PAGE_SHIFT;
        while order < SUPERPAGE_SHIFT && self.can_double(offset, address, order, spot, target) {
            // The half that the current piece is not in.
            let half = 1usize << order;
            let other = (offset & !(half - 1)) ^ half;
            if !self.is_run(other, half, (address & !(half - 1)) ^ half, write) {
                break;
            }
            order += 1;
        }
        let address = address & !((1 << order) - 1);
        Ok(Mapping {
            address,
            order,
            rights,
        })
    }

    /// Whether a piece of twice the size lines up in dataspace, memory and receiver, and lies
    /// within what may be mapped.
    fn can_double(
        &self,
        offset: usize,
        address: usize,
        order: u32,
        spot: u64,
        target: &Target,
    ) -> bool {
        let size = 2usize << order;
        let below = offset & (size - 1);
        let congruent =
            (spot ^ offset as u64) & (size as u64 - 1) == 0 && (address ^ offset) & (size - 1) == 0;
        // What is congruent starts at or above the piece's start, so that this does not wrap.
        let start = spot.wrapping_sub(below as u64);
        congruent
            && offset - below + size <= self.rounded_size()
            && start >= target.window.start
            && start
                .checked_add(size as u64)
                .is_some_and(|end| end <= target.window.end)
    }

    /// Whether the pages of `offset..offset + bytes` are there, at `address` onwards, and can be
    /// mapped for writing if that is asked.
    fn is_run(&self, offset: usize, bytes: usize, address: usize, write: bool) -> bool {
        match &*self.backing.borrow() {
            Backing::Foreign { base } | Backing::Contiguous { base, .. } => {
                base + offset == address
            }
            Backing::OnDemand(None) => false,
            Backing::OnDemand(Some(memory)) => {
                let run = memory.pages.run(offset / PAGE_SIZE, bytes / PAGE_SIZE);
                let mut run = run.unwrap_or(&[]).iter().enumerate().peekable();
                run.peek().is_some()
                    && run.all(|(i, page)| {
                        let page = page.get();
                        page.address() == address + i * PAGE_SIZE
                            && !page.is_absent()
                            && !(write && page.is_shared())
                    })
            }
        }
    }

    /// The address of the page at `offset`, which must be within; it comes into being if need
    /// be, and becomes the dataspace's own if it is to be written.
    fn page(&self, offset: usize, write: bool) -> Result<usize> {
        let mut backing = self.backing.borrow_mut();
        let memory = match &mut *backing {
            Backing::Foreign { base } | Backing::Contiguous { base, .. } => {
                return Ok(*base + offset);
            }
            Backing::OnDemand(memory) => memory.as_mut().ok_or(Error::ENOMEM)?,
        };
        let (pages, charge) = (&mut memory.pages, &mut memory.charge);
        let (count, number) = (pages.count(), offset / PAGE_SIZE);
        if !pages.has_chunk(number) {
            pays(self.heap.as_ref(), || {
                pages.chunk(number, self.pool, charge).map(drop)
            })?;
        }
        let (chunk, index) = pages.chunk(number, self.pool, charge)?;
        let cell = chunk.get(index).ok_or(Error::ERANGE)?;
        let page = cell.get();
        if page.is_absent() {
            self.populate(chunk, index, count, charge)?;
        } else if write && page.is_shared() {
            let own = self.charged_frames(1, charge, |bytes| {
                self.pool.alloc(bytes, PAGE_SIZE, 0..usize::MAX)
            })?;
            // SAFETY: the shared page is whole and readable (`foreign`'s contract), the new one
            // was just allocated.
            unsafe {
                let (from, to) = (page.address() as *const u8, own as *mut u8);
                core::ptr::copy_nonoverlapping(from, to, PAGE_SIZE);
            }
            // Whoever has the file's page mapped for this dataspace faulted just now, and gets
            // the new one in its place: the dataspace is private.
            cell.set(Page::own(own));
        }
        Ok(cell.get().address())
    }

    /// Brings zeroed pages into being around `index`: an aligned group that suits the size of
    /// the dataspace, or the one page if the group is not wholly absent or cannot be had.
    fn populate(
        &self,
        chunk: &[Cell<Page>],
        index: usize,
        count: usize,
        charge: &mut Charge,
    ) -> Result<()> {
        let group = 1usize << (count / GROUP_PART).clamp(1, self.group).ilog2();
        let first = index & !(group - 1);
        let zeroed = |bytes: usize| self.pool.alloc_zeroed(bytes, bytes, 0..usize::MAX);
        if let Some(whole) = chunk.get(first..first + group)
            && group > 1
            && whole.iter().all(|page| page.get().is_absent())
            && let Ok(base) = self.charged_frames(group, charge, zeroed)
        {
            for (i, page) in whole.iter().enumerate() {
                page.set(Page::own(base + i * PAGE_SIZE));
            }
            return Ok(());
        }
        let page = Page::own(self.charged_frames(1, charge, zeroed)?);
        if let Some(cell) = chunk.get(index) {
            cell.set(page);
        }
        Ok(())
    }

    /// Takes `frames` frames by `alloc`, which is given their size in bytes, and charges them.
    fn charged_frames(
        &self,
        frames: usize,
        charge: &mut Charge,
        alloc: impl FnOnce(usize) -> Option<usize>,
    ) -> Result<usize> {
        let bytes = frames * PAGE_SIZE;
        if !charge.grow(bytes) {
            return Err(Error::ENOMEM);
        }
        alloc(bytes).ok_or_else(|| {
            charge.shrink(bytes);
            Error::ENOMEM
        })
    }

    /// Bytes that are charged for pages that came into being, and for their bookkeeping.
    fn charged(&self) -> usize {
        match &*self.backing.borrow() {
            Backing::OnDemand(Some(memory)) => memory.charge.bytes(),
            _ => 0,
        }
    }

    /// Whether the page at `offset` has come into being.
    fn is_present(&self, offset: usize) -> bool {
        match &*self.backing.borrow() {
            Backing::OnDemand(Some(memory)) => !memory.pages.get(offset / PAGE_SIZE).is_absent(),
            _ => true,
        }
    }

    /// The first offset from `offset` on whose page has come into being, or may have: what is
    /// large but empty is passed over in large steps. The end if there is none.
    fn next_present(&self, offset: usize) -> usize {
        match &*self.backing.borrow() {
            Backing::OnDemand(Some(memory)) => {
                match memory.pages.next_present(offset / PAGE_SIZE) {
                    Some(number) => offset.max((number * PAGE_SIZE).min(self.rounded_size())),
                    None => self.rounded_size(),
                }
            }
            _ => offset,
        }
    }

    /// Frees the page at `offset` if pages are made on demand; false if they are not.
    fn release(&self, offset: usize) -> bool {
        let mut backing = self.backing.borrow_mut();
        let Backing::OnDemand(Some(memory)) = &mut *backing else {
            return false;
        };
        let page = memory.pages.take(offset / PAGE_SIZE);
        // A page of a boot file that somebody has mapped stays where it is: others have it, too.
        if !page.is_absent() && !page.is_shared() {
            self.pool.free(page.address(), PAGE_SIZE);
            memory.charge.shrink(PAGE_SIZE);
        }
        true
    }

    /// Makes the page at `offset` one shared with `source`, if that is a boot file, has all of
    /// the page, and the offsets line up; false if not.
    fn share(&self, offset: usize, source: &Dataspace, from: usize) -> bool {
        let Backing::Foreign { base } = *source.backing.borrow() else {
            return false;
        };
        // The last page of a file is copied: what is behind the file's end is nobody's business.
        let whole = from.is_multiple_of(PAGE_SIZE) && from + PAGE_SIZE <= source.size;
        if !whole || source.rights.contains(MemRights::W) || !self.release(offset) {
            return false;
        }
        let mut backing = self.backing.borrow_mut();
        let Backing::OnDemand(Some(memory)) = &mut *backing else {
            return false;
        };
        let (pages, charge) = (&mut memory.pages, &mut memory.charge);
        let number = offset / PAGE_SIZE;
        let cell = pays(self.heap.as_ref(), || {
            let (chunk, index) = pages.chunk(number, self.pool, charge).ok()?;
            chunk.get(index)
        });
        match cell {
            Some(cell) => {
                cell.set(Page::shared(base + from));
                true
            }
            None => false,
        }
    }
}

impl Drop for Dataspace {
    fn drop(&mut self) {
        let size = self.rounded_size();
        match self.backing.get_mut() {
            // What was mapped of a boot module stays: its memory is nobody's secret, and goes
            // with the task that has it.
            Backing::Foreign { .. } => {}
            Backing::Contiguous { base, .. } => self.pool.free(*base, size),
            Backing::OnDemand(memory) => {
                if let Some(memory) = memory.take() {
                    garbage::throw_away(memory);
                }
            }
        }
    }
}

/// The size in whole pages.
fn check_size(size: usize) -> Result<usize> {
    if size == 0 || size > MAX_SIZE {
        return Err(Error::EINVAL);
    }
    Ok(size.next_multiple_of(PAGE_SIZE))
}

#[cfg(test)]
mod tests;
