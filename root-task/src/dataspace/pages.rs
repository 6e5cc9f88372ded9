//! The pages of a dataspace that is made as it is touched.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use l4re_sys::consts::{PAGE_SIZE, SUPERPAGE_SIZE};

use crate::error::{Error, Result};
use crate::fallible::List;
use crate::map::{Keyed, Map};
use crate::pool::Pool;
use crate::quota::Charge;

/// Pages whose bookkeeping is made at once.
pub(super) const CHUNK: usize = SUPERPAGE_SIZE / PAGE_SIZE;

/// A page: its address, and whether it is shared with a boot file until it is written.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Page(usize);

impl Page {
    const SHARED: usize = 1;

    /// A page of the dataspace's own.
    pub(super) fn own(address: usize) -> Self {
        Page(address)
    }

    /// A page of a boot file.
    pub(super) fn shared(address: usize) -> Self {
        Page(address | Self::SHARED)
    }

    /// Whether there is none.
    pub(super) fn is_absent(self) -> bool {
        self.0 == 0
    }

    /// Whether it must be copied before it is written.
    pub(super) fn is_shared(self) -> bool {
        self.0 & Self::SHARED != 0
    }

    /// Whether it is the dataspace's own, and at this address.
    pub(super) fn is_own_at(self, address: usize) -> bool {
        self.0 == address
    }

    /// Where it is.
    pub(super) fn address(self) -> usize {
        self.0 & !(PAGE_SIZE - 1)
    }
}

/// The bookkeeping of some pages.
pub(super) struct Chunk {
    /// The number of its first page, by [`CHUNK`].
    number: usize,
    table: Table,
}

enum Table {
    /// As many pages as a large page has: a frame of its own, charged as the pages are.
    Whole(NonNull<[Cell<Page>; CHUNK]>),
    /// What is behind the last whole chunk of a dataspace.
    Part(List<Cell<Page>>),
}

const _: () = assert!(size_of::<[Cell<Page>; CHUNK]>() == PAGE_SIZE);

impl Keyed for Chunk {
    type Key = usize;

    fn key(&self) -> &usize {
        &self.number
    }
}

impl Table {
    fn new(len: usize, pool: &Pool, charge: &mut Charge) -> Result<Self> {
        if len < CHUNK {
            let mut list = List::with_room(len)?;
            for _ in 0..len {
                list.push(Cell::default())?;
            }
            return Ok(Table::Part(list));
        }
        if !charge.grow(PAGE_SIZE) {
            return Err(Error::ENOMEM);
        }
        let Some(address) = pool.alloc_zeroed(PAGE_SIZE, PAGE_SIZE, 0..usize::MAX) else {
            charge.shrink(PAGE_SIZE);
            return Err(Error::ENOMEM);
        };
        // A page that is absent is a zero.
        let frame = ptr::with_exposed_provenance_mut(address);
        NonNull::new(frame).map(Table::Whole).ok_or(Error::ENOMEM)
    }
}

impl Chunk {
    /// The pages.
    pub(super) fn pages(&self) -> &[Cell<Page>] {
        match &self.table {
            // SAFETY: the frame is the chunk's until it is taken apart (`free`), and full of pages.
            Table::Whole(frame) => unsafe { frame.as_ref() },
            Table::Part(list) => list,
        }
    }

    /// Gives the bookkeeping's own frame back.
    pub(super) fn free(self, pool: &Pool, charge: &mut Charge) {
        if let Table::Whole(frame) = self.table {
            pool.free_private(frame.addr().get(), PAGE_SIZE);
            charge.shrink(PAGE_SIZE);
        }
    }
}

/// All pages of a dataspace, by number.
pub(super) struct Pages {
    chunks: Map<Chunk>,
    count: usize,
}

impl Pages {
    /// A table of `count` pages, all absent.
    pub(super) fn new(count: usize) -> Self {
        Pages {
            chunks: Map::default(),
            count,
        }
    }

    /// The number of pages, absent ones counted.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    fn cell(&self, number: usize) -> Option<&Cell<Page>> {
        self.chunks
            .get(&(number / CHUNK))?
            .pages()
            .get(number % CHUNK)
    }

    /// Page `number`.
    pub(super) fn get(&self, number: usize) -> Page {
        self.cell(number).map_or_else(Page::default, Cell::get)
    }

    /// The number of the first page from `number` on that is there, or that was not looked at:
    /// one chunk is.
    pub(super) fn next_present(&self, number: usize) -> Option<usize> {
        let chunk = self.chunks.at_or_above(&(number / CHUNK))?;
        let first = chunk.number * CHUNK;
        let from = number.max(first);
        let rest = chunk.pages().get(from - first..).unwrap_or(&[]);
        match rest.iter().position(|page| !page.get().is_absent()) {
            Some(at) => Some(from + at),
            None => Some(first + CHUNK),
        }
    }

    /// `len` pages from `first` on, if they have been made; they must not cross a chunk.
    pub(super) fn run(&self, first: usize, len: usize) -> Option<&[Cell<Page>]> {
        let chunk = self.chunks.get(&(first / CHUNK))?;
        chunk.pages().get(first % CHUNK..first % CHUNK + len)
    }

    /// The pages of the chunk that page `number` is in, and the page's index there. Their
    /// bookkeeping is charged.
    pub(super) fn chunk(
        &mut self,
        number: usize,
        pool: &Pool,
        charge: &mut Charge,
    ) -> Result<(&[Cell<Page>], usize)> {
        let key = number / CHUNK;
        if self.chunks.get(&key).is_none() {
            let table = Table::Part(List::new());
            self.chunks.insert(Chunk { number: key, table })?;
            match Table::new(CHUNK.min(self.count - key * CHUNK), pool, charge) {
                Ok(table) => self.chunks.change(&key, |chunk| chunk.table = table),
                Err(error) => {
                    self.chunks.remove(&key);
                    return Err(error);
                }
            };
        }
        let chunk = self.chunks.get(&key).ok_or(Error::ENOMEM)?;
        Ok((chunk.pages(), number % CHUNK))
    }

    /// Whether the chunk of page `number` has been made.
    pub(super) fn has_chunk(&self, number: usize) -> bool {
        self.chunks.get(&(number / CHUNK)).is_some()
    }

    /// Takes page `number` out.
    pub(super) fn take(&self, number: usize) -> Page {
        self.cell(number).map(Cell::take).unwrap_or_default()
    }

    /// The pages that have been made, in order, of the first chunk.
    pub(super) fn first(&self) -> Option<&Chunk> {
        self.chunks.at_or_above(&0)
    }

    /// Takes the first chunk out.
    pub(super) fn pop_first(&mut self) -> Option<Chunk> {
        self.chunks.pop_first()
    }
}
