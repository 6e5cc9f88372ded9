//! Which frames of memory are free.
//!
//! One bit a frame, so that looking after memory needs no memory of its own, blocks of any
//! length and alignment can be had, and freed blocks join by themselves. The search goes on
//! where the last one ended: successive requests get adjacent frames, which lets larger
//! flexpages be made of them.

use core::ops::Range;

/// Bytes in a frame.
pub const FRAME_SIZE: usize = 1 << FRAME_SHIFT;
/// Bits of an address within a frame.
pub const FRAME_SHIFT: u32 = 12;

const BITS: usize = u64::BITS as usize;

/// The free frames between two addresses.
pub struct Frames {
    /// A set bit is a free frame; bit 0 of word 0 is the frame at `base`.
    free: &'static mut [u64],
    base: usize,
    count: usize,
    available: usize,
    /// Where the next search starts, in frames.
    next: usize,
}

impl Frames {
    /// Words of bitmap that a range of addresses needs.
    pub fn words_for(range: &Range<usize>) -> usize {
        (range.len() >> FRAME_SHIFT).div_ceil(BITS)
    }

    /// Looks after `range`, whose ends must be multiples of [`FRAME_SIZE`]. Nothing is free at
    /// first. `bitmap` must have [`Frames::words_for`] words at least.
    pub fn new(range: Range<usize>, bitmap: &'static mut [u64]) -> Self {
        assert!(range.start.is_multiple_of(FRAME_SIZE) && range.end.is_multiple_of(FRAME_SIZE));
        assert!(bitmap.len() >= Self::words_for(&range));
        bitmap.fill(0);
        Frames {
            free: bitmap,
            base: range.start,
            count: range.len() >> FRAME_SHIFT,
            available: 0,
            next: 0,
        }
    }

    /// Bytes that are free.
    pub fn available(&self) -> usize {
        self.available << FRAME_SHIFT
    }

    /// Gives the whole frames of `range` to the free ones. Frames that are free already stay so.
    pub fn add(&mut self, range: Range<usize>) {
        self.fill(self.indices(range), true);
    }

    /// Takes every frame that `range` touches from the free ones, free or not.
    pub fn reserve(&mut self, range: Range<usize>) {
        let outer = range.start & !(FRAME_SIZE - 1)..range.end.next_multiple_of(FRAME_SIZE);
        self.fill(self.indices(outer), false);
    }

    /// Takes `bytes` (rounded up to frames) of adjacent memory at a multiple of `align` bytes
    /// (a power of two, at least a frame is meant). `None` if there is no such block.
    pub fn alloc(&mut self, bytes: usize, align: usize) -> Option<usize> {
        self.alloc_within(bytes, align, 0..usize::MAX)
    }

    /// As [`Frames::alloc`], with all of the block within the addresses of `limits`.
    pub fn alloc_within(
        &mut self,
        bytes: usize,
        align: usize,
        limits: Range<usize>,
    ) -> Option<usize> {
        let frames = bytes.div_ceil(FRAME_SIZE);
        if frames == 0 || frames > self.available || !align.is_power_of_two() {
            return None;
        }
        let limits = self.indices(limits);
        let from = self.next.clamp(limits.start, limits.end);
        let first = self
            .search(from..limits.end, frames, align)
            .or_else(|| self.search(limits.clone(), frames, align))?;
        self.fill(first..first + frames, false);
        self.next = first + frames;
        Some(self.address(first))
    }

    /// Gives back what [`Frames::alloc`] gave (or a part of it).
    ///
    /// # Panics
    /// If a frame is free already: then two owners had it, and going on would let one program
    /// write another's memory.
    pub fn free(&mut self, address: usize, bytes: usize) {
        let frames = self.indices(address..address + bytes.next_multiple_of(FRAME_SIZE));
        assert!(
            self.next_free(frames.start, frames.end).is_none(),
            "frame freed twice"
        );
        self.fill(frames, true);
    }

    fn address(&self, index: usize) -> usize {
        self.base + (index << FRAME_SHIFT)
    }

    /// The frames wholly within `range`, as indices.
    fn indices(&self, range: Range<usize>) -> Range<usize> {
        let end = self.base + (self.count << FRAME_SHIFT);
        let start = range.start.clamp(self.base, end) - self.base;
        let stop = range.end.clamp(self.base, end) - self.base;
        let first = start.div_ceil(FRAME_SIZE);
        first..(stop >> FRAME_SHIFT).max(first)
    }

    /// Makes all frames of a range free, or all of them used.
    fn fill(&mut self, range: Range<usize>, free: bool) {
        let mut at = range.start;
        while at < range.end {
            let end = range.end.min((at / BITS + 1) * BITS);
            let mask = (!0u64 >> (BITS - (end - at))) << (at % BITS);
            let word = &mut self.free[at / BITS];
            let before = word.count_ones() as usize;
            *word = if free { *word | mask } else { *word & !mask };
            self.available = self.available + word.count_ones() as usize - before;
            at = end;
        }
    }

    /// The first aligned run of `frames` free frames in `range`.
    fn search(&self, range: Range<usize>, frames: usize, align: usize) -> Option<usize> {
        let mut at = range.start;
        loop {
            at = self.next_free(at, range.end)?;
            let aligned = self.address(at).checked_next_multiple_of(align)?;
            at = (aligned - self.base) >> FRAME_SHIFT;
            let end = at.checked_add(frames).filter(|&end| end <= range.end)?;
            match self.last_used(at..end) {
                None => return Some(at),
                Some(used) => at = used + 1,
            }
        }
    }

    /// The first free frame of `at..end`.
    fn next_free(&self, mut at: usize, end: usize) -> Option<usize> {
        while at < end {
            let rest = self.free[at / BITS] >> (at % BITS);
            if rest != 0 {
                let found = at + rest.trailing_zeros() as usize;
                return (found < end).then_some(found);
            }
            at = (at / BITS + 1) * BITS;
        }
        None
    }

    /// The last frame in use of `range`: a run that starts at or before it cannot be free.
    fn last_used(&self, range: Range<usize>) -> Option<usize> {
        let mut at = range.end;
        while at > range.start {
            let word = (at - 1) / BITS;
            let low = range.start.max(word * BITS);
            let mask = (!0u64 >> (BITS - (at - low))) << (low % BITS);
            let used = !self.free[word] & mask;
            if used != 0 {
                return Some(word * BITS + (BITS - 1 - used.leading_zeros() as usize));
            }
            at = low;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::vec;

    const BASE: usize = 0x10_3000;

    fn frames(count: usize) -> Frames {
        let range = BASE..BASE + count * FRAME_SIZE;
        let bitmap = vec![0; Frames::words_for(&range)].leak();
        let mut frames = Frames::new(range.clone(), bitmap);
        frames.add(range);
        frames
    }

    #[test]
    fn adjacent_requests_are_adjacent() {
        let mut f = frames(100);
        let a = f.alloc(1, 1).unwrap();
        let b = f.alloc(FRAME_SIZE, FRAME_SIZE).unwrap();
        assert_eq!(b, a + FRAME_SIZE);
    }

    #[test]
    fn alignment_is_of_the_address_not_of_the_index() {
        let mut f = frames(200);
        let a = f.alloc(16 * FRAME_SIZE, 16 * FRAME_SIZE).unwrap();
        assert_eq!(a % (16 * FRAME_SIZE), 0);
    }

    #[test]
    fn exhausts_and_recovers() {
        let mut f = frames(70);
        assert_eq!(f.alloc(71 * FRAME_SIZE, 1), None);
        let all = f.alloc(70 * FRAME_SIZE, 1).unwrap();
        assert_eq!((all, f.available()), (BASE, 0));
        assert_eq!(f.alloc(1, 1), None);
        f.free(all, 70 * FRAME_SIZE);
        assert_eq!(f.available(), 70 * FRAME_SIZE);
    }

    #[test]
    fn limits_hold() {
        let mut f = frames(100);
        let limits = BASE + 50 * FRAME_SIZE..BASE + 52 * FRAME_SIZE;
        assert_eq!(
            f.alloc_within(2 * FRAME_SIZE, 1, limits.clone()),
            Some(limits.start)
        );
        assert_eq!(f.alloc_within(1, 1, limits), None);
    }

    #[test]
    fn reserve_takes_whole_frames() {
        let mut f = frames(4);
        f.reserve(BASE + 10..BASE + FRAME_SIZE + 1);
        assert_eq!(f.available(), 2 * FRAME_SIZE);
        assert_eq!(f.alloc(2 * FRAME_SIZE, 1), Some(BASE + 2 * FRAME_SIZE));
    }

    #[test]
    #[should_panic(expected = "frame freed twice")]
    fn double_free_is_caught() {
        let mut f = frames(4);
        f.free(BASE, FRAME_SIZE);
    }

    /// Random requests against a plain set of frames.
    #[test]
    fn agrees_with_a_set_of_frames() {
        let mut f = frames(300);
        let mut owned: Vec<(usize, usize)> = vec![];
        let mut taken = BTreeSet::new();
        let mut seed = 1u64;
        for _ in 0..if cfg!(miri) { 300 } else { 20_000 } {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let r = (seed >> 33) as usize;
            if !r.is_multiple_of(3) || owned.is_empty() {
                let (n, align) = (1 + r / 3 % 20, FRAME_SIZE << (r / 64 % 5));
                match f.alloc(n * FRAME_SIZE, align) {
                    Some(at) => {
                        assert_eq!(at % align, 0);
                        for i in 0..n {
                            assert!(taken.insert(at + i * FRAME_SIZE));
                        }
                        owned.push((at, n));
                    }
                    None => {
                        let fits = (0..300).any(|s| {
                            let at = BASE + s * FRAME_SIZE;
                            at.is_multiple_of(align)
                                && s + n <= 300
                                && (0..n).all(|i| !taken.contains(&(at + i * FRAME_SIZE)))
                        });
                        assert!(!fits, "{n} frames at {align:#x} were there");
                    }
                }
            } else {
                let (at, n) = owned.swap_remove(r % owned.len());
                f.free(at, n * FRAME_SIZE);
                for i in 0..n {
                    taken.remove(&(at + i * FRAME_SIZE));
                }
            }
            assert_eq!(f.available(), (300 - taken.len()) * FRAME_SIZE);
        }
    }
    use std::vec::Vec;
}
