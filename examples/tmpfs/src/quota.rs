//! Shares of the memory.

use crate::error;
use alloc::rc::Rc;
use core::cell::Cell;
use l4re::Result;

/// A client's share of the memory, in bytes. What is taken of it is given back when the
/// [`Charge`] is dropped.
#[derive(Debug)]
pub struct Quota {
    limit: u64,
    used: Cell<u64>,
}

impl Quota {
    /// A share of so many bytes.
    pub fn new(limit: u64) -> Rc<Self> {
        let used = Cell::new(0);
        Rc::new(Quota { limit, used })
    }

    /// All of it.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// What is taken.
    pub fn used(&self) -> u64 {
        self.used.get()
    }

    /// Takes bytes.
    ///
    /// # Errors
    /// [`error::NO_SPACE`] if there are not as many left.
    pub fn charge(self: &Rc<Self>, bytes: u64) -> Result<Charge> {
        let used = self.used.get().checked_add(bytes);
        let used = used.filter(|used| *used <= self.limit);
        self.used.set(used.ok_or(error::NO_SPACE)?);
        Ok(Charge {
            quota: self.clone(),
            bytes,
        })
    }
}

/// Bytes that are taken of a quota, until it is dropped.
#[derive(Debug)]
pub struct Charge {
    quota: Rc<Quota>,
    bytes: u64,
}

impl Drop for Charge {
    fn drop(&mut self) {
        let used = self.quota.used.get();
        self.quota.used.set(used.saturating_sub(self.bytes));
    }
}
