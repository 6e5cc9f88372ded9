//! Random numbers, the same for the same seed.

/// A generator of random numbers (splitmix64).
pub struct Random(u64);

impl Random {
    /// The generator of a call: each has one of its own, so that what a call is does not depend
    /// on how those before it went.
    pub fn of(seed: u64, thread: u64, call: u64) -> Self {
        let mut random = Random(seed ^ thread.wrapping_mul(0xa076_1d64_78bd_642f));
        random.0 = random
            .next()
            .wrapping_add(call.wrapping_mul(0xe703_7ed1_a0b4_28db));
        random
    }

    /// Any number.
    #[expect(clippy::should_implement_trait, reason = "there is no end to them")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}
