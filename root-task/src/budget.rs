//! How much is done in one go.
//!
//! Whoever calls the root task waits for what it does for the others, whatever their priorities
//! are. So a request that means much work is done in steps, and other requests are served in
//! between.

use core::cell::Cell;

/// Roughly how many instructions things take: what a [`Budget`] is counted in.
pub mod cost {
    /// Filling or copying a page.
    pub const PAGE: u32 = 1000;
    /// A page of a large dataspace that is passed over.
    pub const LOOK: u32 = 50;
    /// Taking memory back from other tasks.
    pub const REVOKE: u32 = 1500;
    /// Looking whether an object is still needed.
    pub const OBJECT: u32 = 400;
    /// Freeing a small value: a region, a name.
    pub const ENTRY: u32 = 500;
    /// A step of a search for a place in an address space.
    pub const SEARCH: u32 = 200;
    /// A frame of a backtrace.
    pub const FRAME: u32 = 300;
}

/// What may still be done before others have their turn.
pub struct Budget(Cell<u32>);

impl Budget {
    /// For one step: the time of some hundred pages' copies.
    const STEP: u32 = 150_000;

    /// What one step has.
    pub const fn step() -> Self {
        Budget(Cell::new(Self::STEP))
    }

    /// For what nobody waits for: before the first program runs, and in tests.
    pub const fn unlimited() -> Self {
        Budget(Cell::new(u32::MAX))
    }

    /// A step that ends sooner.
    pub(crate) const fn of(cost: u32) -> Self {
        Budget(Cell::new(cost))
    }

    /// Whether there is something left. Asked before each piece of work, however small the rest
    /// is: a step always gets further.
    pub fn is_left(&self) -> bool {
        self.0.get() != 0
    }

    /// What is left.
    pub(crate) fn left(&self) -> u32 {
        self.0.get()
    }

    /// Counts work that was done.
    pub fn spend(&self, cost: u32) {
        if self.0.get() != u32::MAX {
            self.0.set(self.0.get().saturating_sub(cost));
        }
    }
}

/// What came of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step<T> {
    /// It is done.
    Done(T),
    /// There is more to do.
    More,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_ends_and_always_does_something() {
        let budget = Budget::of(10);
        let mut done = 0;
        while budget.is_left() {
            budget.spend(4);
            done += 1;
        }
        assert_eq!(done, 3);
        let unlimited = Budget::unlimited();
        unlimited.spend(u32::MAX);
        assert!(unlimited.is_left());
    }
}
