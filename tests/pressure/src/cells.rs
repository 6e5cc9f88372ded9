//! Words that threads share.

use core::sync::atomic::{AtomicU64, Ordering};

/// Words that threads share.
pub struct Cells<const N: usize>([AtomicU64; N]);

impl<const N: usize> Cells<N> {
    /// All zero.
    pub const fn new() -> Self {
        Cells([const { AtomicU64::new(0) }; N])
    }

    /// The value of a cell.
    pub fn get(&self, i: usize) -> u64 {
        self.0[i].load(Ordering::SeqCst)
    }

    /// Sets a cell.
    pub fn set(&self, i: usize, value: u64) {
        self.0[i].store(value, Ordering::SeqCst);
    }

    /// Adds to a cell; gives the value of before.
    pub fn add(&self, i: usize, value: u64) -> u64 {
        self.0[i].fetch_add(value, Ordering::SeqCst)
    }

    /// Makes all of them zero.
    pub fn clear(&self) {
        for i in 0..N {
            self.set(i, 0);
        }
    }
}

impl<const N: usize> Default for Cells<N> {
    fn default() -> Self {
        Self::new()
    }
}
