//! The interface by which the two programs meet, and what they send.

#![no_std]

use l4re::dataspace::Dataspace;
use l4re::semaphore::Semaphore;
use l4re::{OwnedCap, Result};

/// Who reads what others write.
#[l4re::interface(protocol = 0x4c)]
pub trait Pipe {
    /// Makes a ring for the caller: its memory, the semaphore that wakes the reader, and the one
    /// where the writer waits.
    fn open(
        &self,
    ) -> Result<(
        OwnedCap<Dataspace>,
        OwnedCap<Semaphore>,
        OwnedCap<Semaphore>,
    )>;
}

/// The size of the memory.
pub const SIZE: usize = 64 << 10;

/// How many bytes are sent.
pub const TOTAL: usize = 16 << 20;

/// What is sent: numbers that follow from each other.
#[derive(Clone, Copy, Debug)]
pub struct Pattern(u64);

impl Pattern {
    /// The first of the numbers follows.
    pub const START: Pattern = Pattern(1);

    /// Fills a block, whose length is a multiple of 8, with the next numbers.
    pub fn fill(&mut self, block: &mut [u8]) {
        for word in block.as_chunks_mut().0 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *word = self.0.to_le_bytes();
        }
    }
}
