//! What is in a dataspace: read, written, copied, cleared.

use core::ops::Range;

use l4re_sys::MemRights;
use l4re_sys::consts::PAGE_SIZE;

use super::Dataspace;
use crate::error::{Error, Result};

impl Dataspace {
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
        self.check_writable()?;
        let end = offset.saturating_add(size).min(self.rounded_size());
        let mut at = self.next_present(offset);
        while at < end {
            let len = within_page(at, end);
            if len != PAGE_SIZE || !self.release(at) {
                let to = self.byte(at, true)?;
                // SAFETY: `len` bytes within a writable page of this dataspace.
                unsafe { core::ptr::write_bytes(to, 0, len) };
            }
            at = self.next_present(at + len);
        }
        Ok(())
    }

    /// Copies `size` bytes from another dataspace (or this one). Whole pages of a boot file that
    /// line up are shared until written.
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
    ) -> Result<()> {
        self.check_writable()?;
        let to = self.range(offset, size)?;
        source.range(source_offset, size)?;
        let mut at = to.start;
        while at < to.end {
            let from = source_offset + (at - to.start);
            // Where nothing is on either side, there is nothing to do.
            let empty = (self.next_present(at) - at).min(source.next_present(from) - from);
            if empty > 0 {
                at = at.saturating_add(empty);
                continue;
            }
            let len = within_page(at, to.end);
            if len != PAGE_SIZE || !self.share(at, source, from) {
                // The part of this page may come from two pages of the source.
                each_page(from..from + len, |piece, len| {
                    self.copy_piece(at + (piece - from), source, piece, len)
                })?;
            }
            at += len;
        }
        Ok(())
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
