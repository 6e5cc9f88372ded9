//! Who pays for kernel memory: every frame that is taken for somebody is charged to an
//! account in the same step, and goes back with its charge.

use super::frames::{self, PAGE_SIZE};
use super::quota::Quota;
use super::slab::{KINDS, PageList};
use core::ptr::NonNull;

/// An account: a limit, what is used of it, and the pages of objects that it paid for.
pub struct Account {
    quota: Quota,
    /// The pages of each kind of object.
    pub(super) pages: [PageList; KINDS],
}

impl Account {
    /// An account of nothing.
    pub const fn none() -> Self {
        Self {
            quota: Quota::none(),
            pages: [const { PageList::new() }; KINDS],
        }
    }

    /// Starts anew with this limit in bytes; all that it paid for is gone.
    pub fn reset(&self, limit: u64) {
        self.quota.reset(limit);
    }

    /// The limit in bytes.
    pub fn limit(&self) -> u64 {
        self.quota.limit()
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.quota.used()
    }

    /// Takes bytes for another account's limit, if they are there.
    #[must_use]
    pub fn take_share(&self, bytes: u64) -> bool {
        self.quota.take(bytes)
    }

    /// Takes another account's limit back.
    pub fn give_share(&self, bytes: u64) {
        self.quota.give(bytes);
    }

    /// Takes 2^order frames, aligned to their size and filled with zero. `None`: the limit
    /// is reached, or no such block is free.
    pub fn alloc(&self, order: usize) -> Option<NonNull<u8>> {
        let block = self.alloc_dirty(order)?;
        // SAFETY: the block is ours, writable, and this long.
        unsafe { block.as_ptr().write_bytes(0, PAGE_SIZE << order) };
        Some(block)
    }

    /// The same with whatever was in the frames before, which nobody may be shown.
    pub fn alloc_dirty(&self, order: usize) -> Option<NonNull<u8>> {
        let bytes = (PAGE_SIZE << order) as u64;
        if !self.quota.take(bytes) {
            return None;
        }
        let block = frames::alloc_dirty(order);
        if block.is_none() {
            self.quota.give(bytes);
        }
        block
    }

    /// Gives frames back.
    ///
    /// # Safety
    /// `alloc` of this account gave the block for this order (or, with order 0, a block that
    /// it is a page of), and nothing refers to it any more.
    pub unsafe fn free(&self, block: NonNull<u8>, order: usize) {
        // SAFETY: the contract of this function.
        unsafe { frames::free(block, order) };
        self.quota.give((PAGE_SIZE << order) as u64);
    }

    /// The first page of objects of a kind; for whoever ends all of them.
    pub fn first_page(&self, kind: usize) -> Option<super::slab::PageRef> {
        self.pages.get(kind)?.first(kind)
    }
}
