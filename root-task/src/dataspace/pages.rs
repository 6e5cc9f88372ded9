//! The pages of a dataspace that is made as it is touched.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map;
use alloc::vec;

use l4re_sys::consts::{PAGE_SIZE, SUPERPAGE_SIZE};

use crate::error::{Error, Result};
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

    /// Where it is.
    pub(super) fn address(self) -> usize {
        self.0 & !(PAGE_SIZE - 1)
    }
}

/// All pages of a dataspace, by number.
pub(super) struct Pages {
    chunks: BTreeMap<usize, Box<[Page]>>,
    count: usize,
}

impl Pages {
    /// A table of `count` pages, all absent.
    pub(super) fn new(count: usize) -> Self {
        Pages {
            chunks: BTreeMap::new(),
            count,
        }
    }

    /// The number of pages, absent ones counted.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Page `number`.
    pub(super) fn get(&self, number: usize) -> Page {
        match self.chunks.get(&(number / CHUNK)) {
            Some(chunk) => chunk.get(number % CHUNK).copied().unwrap_or_default(),
            None => Page::default(),
        }
    }

    /// The number of the first page from `number` on that is there.
    pub(super) fn next_present(&self, number: usize) -> Option<usize> {
        let mut from = number;
        for (&index, chunk) in self.chunks.range(number / CHUNK..) {
            from = from.max(index * CHUNK);
            let rest = chunk.get(from % CHUNK..).unwrap_or(&[]);
            if let Some(at) = rest.iter().position(|page| !page.is_absent()) {
                return Some(from + at);
            }
            from = (index + 1) * CHUNK;
        }
        None
    }

    /// `len` pages from `first` on, if they have been made; they must not cross a chunk.
    pub(super) fn run(&self, first: usize, len: usize) -> Option<&[Page]> {
        let chunk = self.chunks.get(&(first / CHUNK))?;
        chunk.get(first % CHUNK..first % CHUNK + len)
    }

    /// The chunk that page `number` is in, and the page's index there. Its bookkeeping is
    /// charged.
    pub(super) fn chunk(
        &mut self,
        number: usize,
        charge: &mut Charge,
    ) -> Result<(&mut [Page], usize)> {
        let chunk = match self.chunks.entry(number / CHUNK) {
            btree_map::Entry::Occupied(entry) => entry.into_mut(),
            btree_map::Entry::Vacant(entry) => {
                let len = CHUNK.min(self.count - number / CHUNK * CHUNK);
                if !charge.grow(len * size_of::<Page>()) {
                    return Err(Error::ENOMEM);
                }
                entry.insert(vec![Page::default(); len].into_boxed_slice())
            }
        };
        Ok((chunk, number % CHUNK))
    }

    /// Takes page `number` out.
    pub(super) fn take(&mut self, number: usize) -> Page {
        let chunk = self.chunks.get_mut(&(number / CHUNK));
        let page = chunk.and_then(|chunk| chunk.get_mut(number % CHUNK));
        page.map(core::mem::take).unwrap_or_default()
    }

    /// All pages that have been made, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Page> {
        let pages = self.chunks.values().flat_map(|chunk| chunk.iter());
        pages.copied().filter(|page| !page.is_absent())
    }
}
