//! Address spaces of devices. There is no I/O memory management unit: a device's addresses are
//! those of the memory itself. What is kept is that memory stays until nobody has it mapped.

use core::ops::Range;

use l4re_sys::MemRights;
use l4re_sys::consts::PAGE_SIZE;

use crate::dataspace::{Dataspace, Target};
use crate::error::{Error, Result};
use crate::fallible::{List, Shared};

/// As much is mapped at once: the rest is for other requests, so that others come in between.
const MAX_STEP: usize = 1 << 20;
/// How many pieces one can have: what a request to unmap has to look through.
const MAX_PIECES: usize = 256;

/// Whole pages of a dataspace that devices may use.
struct Piece {
    pages: Range<usize>,
    memory: Shared<Dataspace>,
}

/// Which memory devices may use.
#[derive(Default)]
pub struct DmaSpace {
    pieces: List<Piece>,
}

impl DmaSpace {
    /// Maps up to `size` bytes of `memory` from `offset` on, as many as are in one piece and below
    /// `max`. Returns the address, and how many.
    ///
    /// # Errors
    /// [`Error::ERANGE`] beyond the memory's end, [`Error::EINVAL`] of nothing,
    /// [`Error::EADDRNOTAVAIL`] above `max`, [`Error::ENOMEM`] if quota or memory does not
    /// suffice.
    pub fn map(
        &mut self,
        memory: &Shared<Dataspace>,
        rights: MemRights,
        offset: usize,
        size: usize,
        max: usize,
    ) -> Result<(usize, usize)> {
        if size == 0 {
            return Err(Error::EINVAL);
        }
        let left = memory.rounded_size().checked_sub(offset);
        let left = left.filter(|left| *left > 0).ok_or(Error::ERANGE)?;
        self.make_room()?;
        let end = offset + size.min(left).min(MAX_STEP);
        let first = page_at(memory, offset, rights)?;
        let start = first + offset % PAGE_SIZE;
        let mut behind = first + PAGE_SIZE;
        let mut at = (offset & !(PAGE_SIZE - 1)) + PAGE_SIZE;
        // What fails behind the first page is for another request to tell.
        while at < end && page_at(memory, at, rights) == Ok(behind) {
            behind += PAGE_SIZE;
            at += PAGE_SIZE;
        }
        let size = (end - offset).min(behind - start);
        if start.checked_add(size - 1).is_none_or(|last| last > max) {
            return Err(Error::EADDRNOTAVAIL);
        }
        self.pieces.push(Piece {
            pages: first..behind,
            memory: memory.clone(),
        })?;
        Ok((start, size))
    }

    /// Room for one more piece.
    fn make_room(&mut self) -> Result<()> {
        if self.pieces.len() >= MAX_PIECES {
            return Err(Error::ENOMEM);
        }
        self.pieces.reserve(1)
    }

    /// Undoes one mapping of each page from `address` on; what is not mapped is passed over.
    ///
    /// # Errors
    /// [`Error::EINVAL`] of nothing or beyond all addresses; [`Error::ENOMEM`] if there is no memory
    /// for the rest of a piece: then some pages may still be mapped.
    pub fn unmap(&mut self, address: usize, size: usize) -> Result<()> {
        let end = address.checked_add(size).filter(|_| size > 0);
        let end = end.and_then(|end| end.checked_next_multiple_of(PAGE_SIZE));
        let start = address & !(PAGE_SIZE - 1);
        // What of it is still to be found.
        let all = start..end.ok_or(Error::EINVAL)?;
        let mut wanted = List::copy_of(&[all])?;
        let mut next = 0;
        while let (Some(piece), false) = (self.pieces.get(next), wanted.is_empty()) {
            let pages = piece.pages.clone();
            let found = wanted.iter().position(|range| overlaps(range, &pages));
            let Some(found) = found else {
                next += 1;
                continue;
            };
            // Before anything changes: room for what is left of the range and of the piece.
            wanted.reserve(2)?;
            let Some(range) = wanted.get(found).cloned() else {
                break;
            };
            let cut = range.start.max(pages.start)..range.end.min(pages.end);
            let (before, behind) = (pages.start..cut.start, cut.end..pages.end);
            if !before.is_empty() && !behind.is_empty() {
                self.make_room()?;
            }
            wanted.swap_remove(found);
            wanted.extend(&[range.start..cut.start, cut.end..range.end])?;
            wanted.retain(|range| !range.is_empty());
            let Some(piece) = self.pieces.get_mut(next) else {
                break;
            };
            if before.is_empty() && behind.is_empty() {
                self.pieces.swap_remove(next);
            } else if before.is_empty() {
                piece.pages = behind;
            } else {
                piece.pages = before;
                let memory = piece.memory.clone();
                if !behind.is_empty() {
                    let pages = behind;
                    self.pieces.push(Piece { pages, memory })?;
                }
            }
        }
        Ok(())
    }
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The address of the page that holds the byte at `offset`; it comes into being.
fn page_at(memory: &Dataspace, offset: usize, rights: MemRights) -> Result<usize> {
    // A spot that is no neighbour's: a page, and no more.
    let target = Target {
        spot: 0,
        window: 0..PAGE_SIZE as u64,
    };
    Ok(memory.map(offset, rights, &target)?.address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::tests::pool;
    use crate::quota::Quota;

    const P: usize = PAGE_SIZE;
    const ALL: usize = usize::MAX;

    fn memory(pages: usize) -> (Shared<Dataspace>, &'static crate::pool::Pool) {
        let (pool, quota) = (pool(64), Quota::of(ALL, None));
        let memory = Dataspace::contiguous(pool, &quota, pages * P, P).unwrap();
        (Shared::new(memory).unwrap(), pool)
    }

    #[test]
    fn memory_is_where_it_is_and_stays_while_it_is_mapped() {
        let mut dma = DmaSpace::default();
        let (memory, pool) = memory(4);
        let before = pool.available();
        let rw = MemRights::RW;
        let (address, size) = dma.map(&memory, rw, P + 5, 2 * P, ALL).unwrap();
        assert_eq!((address % P, size), (5, 2 * P));
        memory.write(P + 5, b"x").unwrap();
        // SAFETY: the host's memory is where the pool says.
        assert_eq!(unsafe { *(address as *const u8) }, b'x');
        drop(memory);
        assert_eq!(pool.available(), before);
        dma.unmap(address, size).unwrap();
        assert_eq!(pool.available(), before + 4 * P);
    }

    #[test]
    fn limits() {
        let mut dma = DmaSpace::default();
        let (memory, _) = memory(2);
        let r = MemRights::R;
        assert_eq!(dma.map(&memory, r, 2 * P, 1, ALL), Err(Error::ERANGE));
        assert_eq!(dma.map(&memory, r, ALL, 1, ALL), Err(Error::ERANGE));
        assert_eq!(dma.map(&memory, r, 0, 0, ALL), Err(Error::EINVAL));
        assert_eq!(dma.map(&memory, r, 0, 1, 0), Err(Error::EADDRNOTAVAIL));
        assert_eq!(dma.map(&memory, r, 0, ALL, ALL).unwrap().1, 2 * P);
        assert_eq!(dma.unmap(0, 0), Err(Error::EINVAL));
        assert_eq!(dma.unmap(ALL - 1, 3), Err(Error::EINVAL));
        assert_eq!(dma.unmap(ALL - 1, 1), Err(Error::EINVAL));
        for _ in 1..MAX_PIECES {
            dma.map(&memory, r, 0, 1, ALL).unwrap();
        }
        assert_eq!(dma.map(&memory, r, 0, 1, ALL), Err(Error::ENOMEM));
    }

    #[test]
    fn each_mapping_of_a_page_is_undone_once() {
        let mut dma = DmaSpace::default();
        let (memory, _) = memory(8);
        let r = MemRights::R;
        let (address, size) = dma.map(&memory, r, 0, 8 * P, ALL).unwrap();
        assert_eq!(size, 8 * P);
        let again = dma.map(&memory, r, 2 * P, 2 * P, ALL).unwrap();
        assert_eq!(again, (address + 2 * P, 2 * P));
        let mapped = |dma: &DmaSpace| -> std::vec::Vec<usize> {
            let times = |page| {
                let holds = |piece: &&Piece| piece.pages.contains(&(address + page * P));
                dma.pieces.iter().filter(holds).count()
            };
            (0..8).map(times).collect()
        };
        assert_eq!(mapped(&dma), [1, 1, 2, 2, 1, 1, 1, 1]);
        dma.unmap(address + 2 * P, 3 * P).unwrap();
        assert_eq!(mapped(&dma), [1, 1, 1, 1, 0, 1, 1, 1]);
        dma.unmap(address + P + 1, 3 * P).unwrap();
        assert_eq!(mapped(&dma), [1, 0, 0, 0, 0, 1, 1, 1]);
        // What is not there is passed over.
        dma.unmap(address, 100 * P).unwrap();
        assert_eq!(mapped(&dma), [0; 8]);
    }
}
