//! How much kernel memory a factory may hand out, and has.

use core::cell::Cell;

/// A limit in bytes and what is used of it.
pub struct Quota {
    limit: Cell<u64>,
    used: Cell<u64>,
}

impl Quota {
    /// A quota of nothing.
    pub const fn none() -> Self {
        Self {
            limit: Cell::new(0),
            used: Cell::new(0),
        }
    }

    /// Starts anew with this limit.
    pub fn reset(&self, limit: u64) {
        self.limit.set(limit);
        self.used.set(0);
    }

    /// The limit in bytes.
    pub fn limit(&self) -> u64 {
        self.limit.get()
    }

    /// Bytes in use.
    pub fn used(&self) -> u64 {
        self.used.get()
    }

    /// Takes bytes, if they are there.
    #[must_use]
    pub fn take(&self, bytes: u64) -> bool {
        match self.used.get().checked_add(bytes) {
            Some(used) if used <= self.limit.get() => {
                self.used.set(used);
                true
            }
            _ => false,
        }
    }

    /// Gives bytes back that `take` took.
    pub fn give(&self, bytes: u64) {
        debug_assert!(bytes <= self.used.get());
        self.used.set(self.used.get().saturating_sub(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_above_the_limit(limit in any::<u64>(), takes in prop::collection::vec(any::<u64>(), 0..50)) {
            let quota = Quota::none();
            quota.reset(limit);
            let mut held: Vec<u64> = Vec::new();
            for bytes in takes {
                let fits = held.iter().map(|b| *b as u128).sum::<u128>() + bytes as u128 <= limit as u128;
                prop_assert_eq!(quota.take(bytes), fits);
                if fits {
                    held.push(bytes);
                }
                prop_assert!(quota.used() <= limit);
            }
            for bytes in held {
                quota.give(bytes);
            }
            prop_assert_eq!(quota.used(), 0);
        }
    }
}
