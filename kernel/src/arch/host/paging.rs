//! Address spaces as maps from address to page.

use crate::mem::account::Account;
pub use crate::space::page::{Attr, LARGE_PAGE, PAGE, Translation, USER_END};
use crate::util::budget::{Budget, Unfinished};
use core::ptr::NonNull;
use l4re_sys::fpage::MemRights;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Host memory is where it is.
pub fn phys_to_virt(phys: u64) -> *mut u8 {
    phys as *mut u8
}

/// Host memory is where it is.
pub fn virt_to_phys(virt: *const u8) -> u64 {
    virt as u64
}

/// An address space.
pub struct Space {
    pages: RefCell<BTreeMap<u64, Translation>>,
    /// A table for each 2 MiB that something was ever mapped in.
    tables: RefCell<BTreeMap<u64, NonNull<u8>>>,
}

impl Space {
    /// An empty space.
    pub const fn vacant() -> Self {
        Self {
            pages: RefCell::new(BTreeMap::new()),
            tables: RefCell::new(BTreeMap::new()),
        }
    }
    /// Some root.
    pub fn cr3(&self) -> u64 {
        0x1000
    }
    /// What is mapped at an address.
    pub fn translate(&self, addr: u64) -> Option<Translation> {
        let pages = self.pages.borrow();
        let (start, found) = pages.range(..=addr).next_back()?;
        (addr < start + (1 << found.order)).then_some(*found)
    }
    /// Maps a page.
    pub fn map(
        &self,
        addr: u64,
        phys: u64,
        order: u32,
        attr: Attr,
        account: &Account,
    ) -> Option<()> {
        if addr >= USER_END {
            return None;
        }
        self.table(addr, account)?;
        self.pages.borrow_mut().insert(
            addr,
            Translation {
                phys,
                order,
                attr,
                kernel_user: false,
            },
        );
        Some(())
    }
    /// Maps a page of the kernel.
    pub fn map_kernel_user(&self, addr: u64, phys: u64, account: &Account) -> Option<()> {
        self.table(addr, account)?;
        let attr = Attr {
            rights: MemRights::RW,
            caching: 0,
        };
        self.pages.borrow_mut().insert(
            addr,
            Translation {
                phys,
                order: PAGE,
                attr,
                kernel_user: true,
            },
        );
        Some(())
    }
    fn table(&self, addr: u64, account: &Account) -> Option<()> {
        let mut tables = self.tables.borrow_mut();
        if let std::collections::btree_map::Entry::Vacant(entry) = tables.entry(addr >> LARGE_PAGE)
        {
            entry.insert(account.alloc(0)?);
        }
        Some(())
    }
    /// Whether no small page is in the way.
    pub fn can_be_large(&self, addr: u64) -> bool {
        self.pages
            .borrow()
            .range(addr..addr + (1 << LARGE_PAGE))
            .all(|(_, t)| t.order == LARGE_PAGE)
    }
    /// Removes a page.
    pub fn unmap(&self, addr: u64) {
        self.pages.borrow_mut().remove(&addr);
    }
    /// Leaves a page these rights.
    pub fn restrict(&self, addr: u64, keep: MemRights) {
        if let Some(page) = self.pages.borrow_mut().get_mut(&addr) {
            page.attr.rights = (page.attr.rights & keep) | MemRights::R;
        }
    }
    /// Gives all up.
    pub fn clear(&self, account: &Account, budget: &Budget) -> Result<(), Unfinished> {
        budget.spend(Budget::PAGE)?;
        for page in self.pages.take().into_values().filter(|p| p.kernel_user) {
            if let Some(page) = NonNull::new(phys_to_virt(page.phys)) {
                // SAFETY: kernel-user pages are allocated from this account.
                unsafe { account.free(page, 0) };
            }
        }
        for table in self.tables.take().into_values() {
            // SAFETY: `table` took it from this account.
            unsafe { account.free(table, 0) };
        }
        Ok(())
    }
}
