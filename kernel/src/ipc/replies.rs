//! The explicit reply capabilities of a task: places that a receiver names to have its
//! caller kept there, in place of the one that each thread has.

use super::state::ReplyCap;
use crate::mem::account::Account;
use crate::mem::frames::PAGE_SIZE;
use crate::obj::task::Task;
use core::cell::Cell;
use core::ptr::NonNull;

const PER_PAGE: usize = PAGE_SIZE / size_of::<Cell<ReplyCap>>();
const PAGES: usize = 16;

type Page = [Cell<ReplyCap>; PER_PAGE];

/// A task's explicit reply capabilities.
pub struct ReplyTable {
    pages: [Cell<Option<NonNull<Page>>>; PAGES],
}

impl ReplyTable {
    /// A table without memory.
    pub const fn vacant() -> Self {
        Self {
            pages: [const { Cell::new(None) }; PAGES],
        }
    }

    fn cell(&self, index: usize) -> Option<&Cell<ReplyCap>> {
        let page = self.pages.get(index / PER_PAGE)?.get()?;
        // SAFETY: the pages belong to this table until `clear`, were filled when they
        // were made, and hold only cells.
        Some(unsafe { &page.as_ref()[index % PER_PAGE] })
    }

    /// Sees to it that there is a place at `index`, at the cost of `task`.
    pub fn prepare(&self, index: usize, task: &Task) -> Option<()> {
        let place = self.pages.get(index / PER_PAGE)?;
        if place.get().is_some() {
            return Some(());
        }
        let page = task.account().alloc_dirty(0)?.cast::<Page>();
        for n in 0..PER_PAGE {
            // SAFETY: the page is ours and holds that many cells; each is written before
            // a reference to the page is made.
            unsafe {
                page.cast::<Cell<ReplyCap>>()
                    .add(n)
                    .write(Cell::new(ReplyCap::NONE))
            };
        }
        place.set(Some(page));
        Some(())
    }

    /// Takes the capability at `index`: it can be used once.
    pub fn take(&self, index: usize) -> ReplyCap {
        self.cell(index)
            .map_or(ReplyCap::NONE, |cell| cell.replace(ReplyCap::NONE))
    }

    /// Puts a capability at `index`, where `prepare` made a place.
    pub fn put(&self, index: usize, cap: ReplyCap) {
        if let Some(cell) = self.cell(index) {
            cell.set(cap);
        }
    }

    /// Gives the memory back to `account`, which paid for it.
    pub fn clear(&self, account: &Account) {
        for place in &self.pages {
            let Some(page) = place.take() else { continue };
            // SAFETY: the page came from this account (`prepare`); it was taken out of the table,
            // and no reference into it is held.
            unsafe { account.free(page.cast(), 0) };
        }
    }
}
