//! Which page frames of the kernel's memory are free, in blocks of powers of two.
//!
//! Pure book-keeping over frame numbers: the table of [`FrameMeta`] is all it touches.

/// The largest block has 2^(ORDERS-1) frames.
pub const ORDERS: usize = 9;

const NONE: u32 = u32::MAX;
const USED: u8 = 0xff;

/// What is known of a frame.
#[derive(Clone, Copy)]
pub struct FrameMeta {
    next: u32,
    prev: u32,
    /// The order of the free block that starts here, or [`USED`].
    free_order: u8,
}

impl FrameMeta {
    /// A frame nobody may have yet.
    pub const USED: FrameMeta = FrameMeta {
        next: NONE,
        prev: NONE,
        free_order: USED,
    };
}

/// The free blocks of a range of frames.
pub struct Buddy<'a> {
    meta: &'a mut [FrameMeta],
    heads: [u32; ORDERS],
    free: usize,
}

impl<'a> Buddy<'a> {
    /// A range of `meta.len()` frames, of which none is free.
    pub fn new(meta: &'a mut [FrameMeta]) -> Self {
        meta.fill(FrameMeta::USED);
        Self {
            meta,
            heads: [NONE; ORDERS],
            free: 0,
        }
    }

    /// How many frames are free.
    pub fn free_frames(&self) -> usize {
        self.free
    }

    /// Takes a block of 2^order frames; its number is a multiple of 2^order.
    pub fn alloc(&mut self, order: usize) -> Option<usize> {
        let found = (order..ORDERS).find(|o| self.heads[*o] != NONE)?;
        let frame = self.heads[found];
        self.unlink(frame, found);
        for half in (order..found).rev() {
            self.link(frame + (1 << half), half);
        }
        self.free -= 1 << order;
        Some(frame as usize)
    }

    /// Gives a block back, or a range of frames that was never free a start.
    ///
    /// The block must be one that `alloc` gave for this order (or lie in the range and
    /// be unused); the kernel's own bookkeeping keeps that.
    pub fn free(&mut self, frame: usize, order: usize) {
        debug_assert!(frame + (1 << order) <= self.meta.len());
        debug_assert!(self.meta[frame].free_order == USED, "freed twice");
        self.free += 1 << order;
        let (mut frame, mut order) = (frame as u32, order);
        while order + 1 < ORDERS {
            let buddy = frame ^ (1 << order);
            match self.meta.get(buddy as usize) {
                Some(meta) if meta.free_order == order as u8 => {}
                _ => break,
            }
            self.unlink(buddy, order);
            frame &= !(1 << order);
            order += 1;
        }
        self.link(frame, order);
    }

    fn link(&mut self, frame: u32, order: usize) {
        let next = self.heads[order];
        self.meta[frame as usize] = FrameMeta {
            next,
            prev: NONE,
            free_order: order as u8,
        };
        if next != NONE {
            self.meta[next as usize].prev = frame;
        }
        self.heads[order] = frame;
    }

    fn unlink(&mut self, frame: u32, order: usize) {
        let FrameMeta { next, prev, .. } = self.meta[frame as usize];
        self.meta[frame as usize] = FrameMeta::USED;
        match prev {
            NONE => self.heads[order] = next,
            prev => self.meta[prev as usize].next = next,
        }
        if next != NONE {
            self.meta[next as usize].prev = prev;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_never_overlap_and_all_come_back(
            frames in 1usize..300,
            ops in prop::collection::vec((any::<bool>(), 0usize..ORDERS, any::<usize>()), 0..300),
        ) {
            let mut meta = vec![FrameMeta::USED; frames];
            let mut buddy = Buddy::new(&mut meta);
            for frame in 0..frames {
                buddy.free(frame, 0);
            }
            let mut owner = vec![false; frames];
            let mut held: Vec<(usize, usize)> = Vec::new();
            for (take, order, pick) in ops {
                if take {
                    if let Some(frame) = buddy.alloc(order) {
                        prop_assert_eq!(frame % (1 << order), 0);
                        for f in &mut owner[frame..frame + (1 << order)] {
                            prop_assert!(!*f);
                            *f = true;
                        }
                        held.push((frame, order));
                    }
                } else if !held.is_empty() {
                    let (frame, order) = held.swap_remove(pick % held.len());
                    owner[frame..frame + (1 << order)].fill(false);
                    buddy.free(frame, order);
                }
                prop_assert_eq!(buddy.free_frames(), owner.iter().filter(|f| !**f).count());
            }
            for (frame, order) in held {
                buddy.free(frame, order);
            }
            prop_assert_eq!(buddy.free_frames(), frames);
            // All merged again: the largest blocks that fit can be had.
            for _ in 0..frames >> (ORDERS - 1) {
                prop_assert!(buddy.alloc(ORDERS - 1).is_some());
            }
        }
    }
}
