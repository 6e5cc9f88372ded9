//! How much of a long operation may be done before interrupts get their turn.

use core::cell::Cell;

/// Work that may still be done, in units of some 30 instructions.
///
/// Every loop over what a user made spends from one: the number of rounds is the user's.
/// To look at an element is work, too.
///
/// An operation that was not finished begins anew in its next stay. What is kept of its work
/// is paid for by [`spend`](Self::spend), which grants the first piece of each stay: however
/// small the budget, a stay gets on. What has to be done again is paid for by
/// [`pass`](Self::pass), which never refuses: its amount is bounded by other means.
///
/// A stay has one budget, but for the dead, who have a short one of their own: they wait if the
/// stay has done much already ([`is_spent`]).
pub struct Budget {
    left: Cell<u32>,
    /// What there was at first.
    granted: u32,
    /// Something was done in this stay that is kept.
    gets_on: Cell<bool>,
}

struct Spent(Cell<bool>);
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Spent {}
static SPENT: Spent = Spent(Cell::new(false));

/// Whether a budget was used, to the half of a stay's or more, since this was asked the last time.
pub fn is_spent() -> bool {
    SPENT.0.take()
}

impl Drop for Budget {
    fn drop(&mut self) {
        if self.granted - self.left.get() >= Self::STAY / 2 {
            SPENT.0.set(true);
        }
    }
}

/// An operation has used its budget up and must be called again to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unfinished;

impl Budget {
    /// Looking at an element.
    pub const LOOK: u32 = 1;
    /// Waking a thread, with all that this entails.
    pub const WAKE: u32 = 12;
    /// Making or removing an entry of a table or a tree.
    pub const CHANGE: u32 = 16;
    /// Going through the entries of a table that is a page long.
    pub const SCAN: u32 = 80;
    /// Filling or copying a page of memory.
    pub const PAGE: u32 = 20;
    /// What one stay in the kernel may do.
    const STAY: u32 = 192;

    /// What one stay in the kernel may do: some six thousand instructions.
    pub fn of_one_stay() -> Self {
        Self::of(Self::STAY)
    }

    /// What may be done on the way out of a system call that has done its own work, or in an
    /// interrupt.
    pub fn of_a_short_stay() -> Self {
        Self::of(Self::STAY / 4)
    }

    /// No end.
    #[cfg(test)]
    pub fn unlimited() -> Self {
        Self::of(u32::MAX)
    }

    fn of(units: u32) -> Self {
        Self {
            left: Cell::new(units),
            granted: units,
            gets_on: Cell::new(false),
        }
    }

    /// Takes the smallest unit of work, or tells that there is none left.
    pub fn step(&self) -> Result<(), Unfinished> {
        self.spend(Self::LOOK)
    }

    /// Takes so much work, whose outcome is kept. The first piece of a stay is always
    /// granted: whatever it costs, the operation gets on. Others are if they fit.
    pub fn spend(&self, units: u32) -> Result<(), Unfinished> {
        if self.left.get() < units && self.gets_on.get() {
            return Err(Unfinished);
        }
        self.gets_on.set(true);
        self.pass(units);
        Ok(())
    }

    /// Takes so much work that the next stay does again. It is bounded without the budget.
    pub fn pass(&self, units: u32) {
        self.left.set(self.left.get().saturating_sub(units));
    }
}

/// An operation that may need several stays: what it may still do in this one, and how far
/// it came.
pub struct Work {
    /// What may be done in this stay.
    pub budget: Budget,
    at: Cell<u64>,
}

impl Work {
    /// A stay of an operation that came as far as `at`; 0 at first.
    pub fn from(at: u64) -> Self {
        Self {
            budget: Budget::of_one_stay(),
            at: Cell::new(at),
        }
    }

    /// An operation without end.
    #[cfg(test)]
    pub fn unlimited() -> Self {
        Self {
            budget: Budget::unlimited(),
            at: Cell::new(0),
        }
    }

    /// How far the operation came, as it counts.
    pub fn at(&self) -> u64 {
        self.at.get()
    }

    /// Notes how far the operation came.
    pub fn came_to(&self, at: u64) {
        self.at.set(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stay_gets_on_and_none_is_endless() {
        let budget = Budget::of(1);
        budget.pass(1_000_000);
        assert_eq!(budget.spend(1_000_000), Ok(()), "the first piece");
        assert_eq!(budget.step(), Err(Unfinished));
        let stay = Budget::of_one_stay();
        let steps = (0..).take_while(|_| stay.step().is_ok()).count();
        assert_eq!(steps as u32, Budget::STAY);
        let stay = Budget::of_one_stay();
        let changes = (0..)
            .take_while(|_| stay.spend(Budget::CHANGE).is_ok())
            .count();
        assert_eq!(changes as u32, Budget::STAY / Budget::CHANGE);
    }
}
