//! How much of a long operation may be done before interrupts get their turn.

use core::cell::Cell;

/// Steps that may still be done.
pub struct Budget(Cell<u32>);

/// An operation has used its budget up and must be called again to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unfinished;

impl Budget {
    /// What one stay in the kernel may do: some ten thousand instructions' worth.
    pub fn of_one_stay() -> Self {
        Self(Cell::new(256))
    }

    /// No end, for what is known to be short.
    pub fn unlimited() -> Self {
        Self(Cell::new(u32::MAX))
    }

    /// Takes a step, or tells that there is none left.
    pub fn step(&self) -> Result<(), Unfinished> {
        let left = self.0.get().checked_sub(1).ok_or(Unfinished)?;
        self.0.set(left);
        Ok(())
    }
}
