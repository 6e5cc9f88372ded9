//! What is in a dataspace: read, written, copied, cleared.

use core::ops::Range;

use l4re_sys::MemRights;
use l4re_sys::consts::PAGE_SIZE;

use super::{Backing, Dataspace};
use crate::budget::{Budget, Step, cost};
use crate::error::{Error, Result};

impl Dataspace {
    /// Brings all pages of a range into being, within the budget. `at` is where to go on: 0 at
    /// first.
    ///
    /// # Errors
    /// [`Error::ERANGE`] if the range is not within, [`Error::ENOMEM`].
    pub fn allocate(
        &self,
        offset: usize,
        size: usize,
        write: bool,
        at: &mut usize,
        budget: &Budget,
    ) -> Result<Step<()>> {
        let range = self.range(offset, size)?;
        *at = (range.start & !(PAGE_SIZE - 1)).max(*at);
        while *at < range.end {
            if !budget.is_left() {
                return Ok(Step::More);
            }
            let before = self.charged();
            let made = self.page(*at, write);
            // A page comes with its neighbours.
            let pages = (self.charged() - before) / PAGE_SIZE;
            budget.spend(cost::LOOK + pages as u32 * cost::PAGE);
            made?;
            *at += PAGE_SIZE;
        }
        Ok(Step::Done(()))
    }

    /// Makes a range zero, within the budget; whole pages made on demand are freed. What lies
    /// behind the end is left out. `at` is where to go on: 0 at first.
    ///
    /// # Errors
    /// [`Error::ERANGE`] if the offset is outside, [`Error::EACCESS`] if the dataspace cannot be
    /// written, [`Error::ENOMEM`].
    pub fn clear(
        &self,
        offset: usize,
        size: usize,
        at: &mut usize,
        budget: &Budget,
    ) -> Result<Step<()>> {
        if offset >= self.rounded_size() {
            return Err(Error::ERANGE);
        }
        self.check_writable()?;
        let end = offset.saturating_add(size).min(self.rounded_size());
        *at = offset.max(*at);
        while *at < end {
            if !budget.is_left() {
                return Ok(Step::More);
            }
            let present = self.next_present(*at);
            if present > *at {
                budget.spend(cost::SEARCH);
                *at = present;
                continue;
            }
            let len = within_page(*at, end);
            if len == PAGE_SIZE && self.release(*at) {
                budget.spend(cost::REVOKE);
            } else {
                let to = self.byte(*at, true)?;
                // SAFETY: `len` bytes within a writable page of this dataspace.
                unsafe { core::ptr::write_bytes(to, 0, len) };
                budget.spend(cost::PAGE);
            }
            *at += len;
        }
        Ok(Step::Done(()))
    }

    /// Fills memory that was just taken with zeros, within the budget. `at` is where to go on: 0
    /// at first.
    pub fn fill(&self, at: &mut usize, budget: &Budget) -> Step<()> {
        let Backing::Contiguous { base, .. } = *self.backing.borrow() else {
            return Step::Done(());
        };
        while *at < self.rounded_size() {
            if !budget.is_left() {
                return Step::More;
            }
            // SAFETY: a page of the memory, which is this dataspace's alone.
            unsafe { core::ptr::write_bytes((base + *at) as *mut u8, 0, PAGE_SIZE) };
            budget.spend(cost::PAGE);
            *at += PAGE_SIZE;
        }
        Step::Done(())
    }

    /// Copies `size` bytes from another dataspace (or this one), within the budget. Whole pages
    /// of a boot file that line up are shared until written. `done` is where to go on: 0 at
    /// first.
    ///
    /// # Errors
    /// [`Error::ERANGE`] if one of the ranges is not within, [`Error::EACCESS`] if this
    /// dataspace cannot be written, [`Error::ENOMEM`].
    pub fn copy_in(
        &self,
        offset: usize,
        source: &Dataspace,
        source_offset: usize,
        size: usize,
        done: &mut usize,
        budget: &Budget,
    ) -> Result<Step<()>> {
        self.check_writable()?;
        let to = self.range(offset, size)?;
        source.range(source_offset, size)?;
        while *done < size {
            if !budget.is_left() {
                return Ok(Step::More);
            }
            let (at, from) = (to.start + *done, source_offset + *done);
            // Where nothing is on either side, there is nothing to do.
            let empty = (self.next_present(at) - at).min(source.next_present(from) - from);
            if empty > 0 {
                budget.spend(cost::SEARCH);
                *done = done.saturating_add(empty);
                continue;
            }
            let len = within_page(at, to.end);
            if len == PAGE_SIZE && self.share(at, source, from) {
                budget.spend(cost::LOOK);
            } else {
                let before = self.charged();
                // The part of this page may come from two pages of the source.
                let copied = each_page(from..from + len, |piece, len| {
                    self.copy_piece(at + (piece - from), source, piece, len)
                });
                let pages = 1 + self.charged().saturating_sub(before) / PAGE_SIZE;
                budget.spend(pages as u32 * cost::PAGE);
                copied?;
            }
            *done += len;
        }
        Ok(Step::Done(()))
    }

    /// Copies bytes that lie within one page on both sides.
    fn copy_piece(&self, at: usize, source: &Dataspace, from: usize, len: usize) -> Result<()> {
        if source.is_present(from) {
            let to = self.byte(at, true)?;
            // After `to`: if both are one dataspace, making `to` writable may move the page.
            let from = source.byte(from, false)?;
            // SAFETY: `len` bytes within a page of their dataspace, perhaps the same.
            unsafe { core::ptr::copy(from, to, len) };
        } else if self.is_present(at) {
            let to = self.byte(at, true)?;
            // SAFETY: `len` bytes within a writable page of this dataspace.
            unsafe { core::ptr::write_bytes(to, 0, len) };
        }
        Ok(())
    }

    /// Reads bytes that are there; false if not all of them are. Brings nothing into being.
    pub fn peek(&self, offset: usize, into: &mut [u8]) -> bool {
        let Ok(range) = self.range(offset, into.len()) else {
            return false;
        };
        let mut rest = into;
        let read = each_page(range, |at, len| {
            if !self.is_present(at) {
                return Err(Error::ENOENT);
            }
            let from = self.byte(at, false)?;
            let (piece, behind) = core::mem::take(&mut rest).split_at_mut(len);
            // SAFETY: `len` bytes within a page of this dataspace. Other tasks may write them
            // meanwhile; any bytes will do.
            unsafe { core::ptr::copy_nonoverlapping(from, piece.as_mut_ptr(), len) };
            rest = behind;
            Ok(())
        });
        read.is_ok()
    }

    /// Writes bytes, bringing pages into being.
    ///
    /// # Errors
    /// As [`Dataspace::copy_in`].
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.check_writable()?;
        let mut rest = bytes;
        each_page(self.range(offset, bytes.len())?, |at, len| {
            let to = self.byte(at, true)?;
            let (piece, behind) = rest.split_at(len);
            // SAFETY: `len` bytes within a writable page of this dataspace.
            unsafe { core::ptr::copy_nonoverlapping(piece.as_ptr(), to, len) };
            rest = behind;
            Ok(())
        })
    }

    /// Where the byte at `offset` is; the rest of its page is there, too.
    fn byte(&self, offset: usize, write: bool) -> Result<*mut u8> {
        let page = self.page(offset & !(PAGE_SIZE - 1), write)?;
        Ok((page + offset % PAGE_SIZE) as *mut u8)
    }

    fn check_writable(&self) -> Result<()> {
        if self.rights.contains(MemRights::W) {
            Ok(())
        } else {
            Err(Error::EACCESS)
        }
    }

    fn range(&self, offset: usize, size: usize) -> Result<Range<usize>> {
        match offset.checked_add(size) {
            Some(end) if end <= self.rounded_size() => Ok(offset..end),
            _ => Err(Error::ERANGE),
        }
    }
}

/// Bytes from `at` to the end of its page, or to `end` if that is nearer.
fn within_page(at: usize, end: usize) -> usize {
    (PAGE_SIZE - at % PAGE_SIZE).min(end - at)
}

/// Calls `each` with the offset and length of each part of `range` that lies in one page.
fn each_page(range: Range<usize>, mut each: impl FnMut(usize, usize) -> Result<()>) -> Result<()> {
    let mut at = range.start;
    while at < range.end {
        let len = within_page(at, range.end);
        each(at, len)?;
        at += len;
    }
    Ok(())
}
