//! How much memory a program may take.
//!
//! A quota has a limit and may be part of a larger one: what is charged to it is charged to
//! all that it is part of. A [`Charge`] gives back what it took when it is dropped, so nothing
//! that is released stays charged.

use core::cell::Cell;

use crate::error::Result;
use crate::fallible::Shared;

/// A limit on bytes, and what has been taken.
pub struct Quota {
    limit: usize,
    used: Cell<usize>,
    parent: Option<Shared<Quota>>,
}

impl Quota {
    /// A quota of `limit` bytes, part of `parent` if there is one.
    ///
    /// # Errors
    /// [`crate::error::Error::ENOMEM`].
    pub fn new(limit: usize, parent: Option<Shared<Quota>>) -> Result<Shared<Quota>> {
        Shared::new(Quota {
            limit,
            used: Cell::new(0),
            parent,
        })
    }

    /// As [`Quota::new`], for tests.
    #[cfg(test)]
    pub(crate) fn of(limit: usize, parent: Option<Shared<Quota>>) -> Shared<Quota> {
        Self::new(limit, parent).unwrap()
    }

    /// The limit in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes charged to this quota and to those that are part of it.
    pub fn used(&self) -> usize {
        self.used.get()
    }

    /// Bytes that can still be charged: the least that this quota and those that it is part of
    /// leave.
    pub fn available(&self) -> usize {
        let own = self.limit - self.used.get();
        self.parent
            .as_ref()
            .map_or(own, |parent| own.min(parent.available()))
    }

    /// Takes `bytes`; false if that is more than is left. Whoever takes gives back.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        if bytes > self.available() {
            return false;
        }
        let mut quota = Some(self);
        while let Some(q) = quota {
            q.used.set(q.used.get() + bytes);
            quota = q.parent.as_deref();
        }
        true
    }

    /// Gives back what [`Quota::take`] took.
    pub(crate) fn give_back(&self, bytes: usize) {
        let mut quota = Some(self);
        while let Some(q) = quota {
            q.used.set(q.used.get() - bytes);
            quota = q.parent.as_deref();
        }
    }
}

/// Bytes taken from a quota, until dropped.
pub struct Charge {
    quota: Shared<Quota>,
    bytes: usize,
}

impl Charge {
    /// Takes `bytes` from `quota`; `None` if that is more than is left.
    pub fn of(quota: &Shared<Quota>, bytes: usize) -> Option<Charge> {
        quota.take(bytes).then(|| Charge {
            quota: quota.clone(),
            bytes,
        })
    }

    /// A charge of nothing, which can grow.
    pub fn none(quota: Shared<Quota>) -> Charge {
        Charge { quota, bytes: 0 }
    }

    /// The bytes taken.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The quota that they are taken from.
    pub fn quota(&self) -> &Shared<Quota> {
        &self.quota
    }

    /// Takes `bytes` more; false if that is more than is left.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let granted = self.quota.take(bytes);
        if granted {
            self.bytes += bytes;
        }
        granted
    }

    /// Gives `bytes` back (at most what was taken).
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.quota.give_back(bytes);
        self.bytes -= bytes;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.quota.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_counts_all_the_way_up_and_comes_back() {
        let all = Quota::of(100, None);
        let part = Quota::of(80, Some(all.clone()));
        let mut charge = Charge::of(&part, 50).unwrap();
        assert_eq!((part.used(), all.used()), (50, 50));
        assert!(Charge::of(&part, 31).is_none());
        assert!(charge.grow(30) && !charge.grow(1));
        charge.shrink(70);
        assert_eq!((part.available(), all.available()), (70, 90));
        drop(charge);
        assert_eq!((part.used(), all.used()), (0, 0));
    }

    #[test]
    fn what_others_took_is_not_there() {
        let all = Quota::of(100, None);
        let greedy = Quota::of(usize::MAX, Some(all.clone()));
        let other = Charge::of(&all, 60).unwrap();
        assert_eq!(greedy.available(), 40);
        assert!(Charge::of(&greedy, 41).is_none());
        drop(other);
        assert!(Charge::of(&greedy, 100).is_some());
    }
}
