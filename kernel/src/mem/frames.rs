//! Page frames for the kernel's own use: objects, page tables, capability tables and
//! kernel-user memory. All but the first are reached through the direct map. What is taken
//! for somebody is taken through their account (`mem::account`).

use core::ptr::NonNull;

/// Bytes of a page frame.
pub const PAGE_SIZE: usize = 4096;

#[cfg(target_os = "none")]
mod imp {
    use super::PAGE_SIZE;
    use crate::mem::buddy::{Buddy, FrameMeta};
    use crate::util::global::Global;
    use core::ptr::NonNull;

    struct Heap {
        buddy: Buddy<'static>,
        base: *mut u8,
    }

    static HEAP: Global<Option<Heap>> = Global::new(None);

    /// Hands the kernel its memory, once.
    ///
    /// # Safety
    /// `base .. base + frames * PAGE_SIZE` is page-aligned, mapped writable, and used by
    /// nothing else for ever.
    pub unsafe fn init(base: *mut u8, frames: usize) {
        let meta_bytes = frames * size_of::<FrameMeta>();
        let meta_frames = meta_bytes.div_ceil(PAGE_SIZE);
        // SAFETY: the table lies in the memory that the caller gives away, is aligned
        // because a page is, and `Buddy::new` writes every element before it is read.
        let meta = unsafe {
            for i in 0..frames {
                base.cast::<FrameMeta>().add(i).write(FrameMeta::USED);
            }
            core::slice::from_raw_parts_mut(base.cast::<FrameMeta>(), frames)
        };
        #[cfg(all(target_os = "none", feature = "checks"))]
        // SAFETY: memory that the caller gives away, behind the table.
        unsafe {
            super::poison::lay(
                base.add(meta_frames * PAGE_SIZE),
                (frames - meta_frames) * PAGE_SIZE,
            )
        };
        let mut buddy = Buddy::new(meta);
        for frame in meta_frames..frames {
            buddy.free(frame, 0);
        }
        *HEAP.borrow() = Some(Heap { buddy, base });
    }

    pub(super) fn alloc_raw(order: usize) -> Option<NonNull<u8>> {
        let mut heap = HEAP.borrow();
        let heap = heap.as_mut()?;
        let frame = heap.buddy.alloc(order)?;
        NonNull::new(heap.base.wrapping_add(frame * PAGE_SIZE))
    }

    pub(super) fn count_free() -> usize {
        HEAP.borrow()
            .as_ref()
            .map_or(0, |heap| heap.buddy.free_frames())
    }

    pub(super) fn free_raw(block: NonNull<u8>, order: usize) {
        if let Some(heap) = HEAP.borrow().as_mut() {
            let frame = (block.as_ptr() as usize - heap.base as usize) / PAGE_SIZE;
            heap.buddy.free(frame, order);
        }
    }
}

#[cfg(not(target_os = "none"))]
mod imp {
    //! On the host, where the kernel's pure parts are tested, the heap is the host's.
    use super::PAGE_SIZE;
    use core::ptr::NonNull;
    use std::alloc::Layout;

    fn layout(order: usize) -> Layout {
        Layout::from_size_align(PAGE_SIZE << order, PAGE_SIZE << order).expect("a power of two")
    }

    pub(super) fn alloc_raw(order: usize) -> Option<NonNull<u8>> {
        // SAFETY: the size is not zero.
        NonNull::new(unsafe { std::alloc::alloc(layout(order)) })
    }

    pub(super) fn free_raw(block: NonNull<u8>, order: usize) {
        // SAFETY: `alloc_raw` gave the block for this order (contract of `free`).
        unsafe { std::alloc::dealloc(block.as_ptr(), layout(order)) }
    }
}

#[cfg(target_os = "none")]
pub use imp::init;

/// The order of the largest block.
pub const MAX_ORDER: usize = super::buddy::ORDERS - 1;

/// Takes 2^order frames, aligned to their size and filled with zero.
pub fn alloc(order: usize) -> Option<NonNull<u8>> {
    let block = alloc_dirty(order)?;
    // SAFETY: the block is ours, writable, and this long.
    unsafe { block.as_ptr().write_bytes(0, PAGE_SIZE << order) };
    Some(block)
}

/// Takes 2^order frames, aligned to their size, with what was in them before.
pub fn alloc_dirty(order: usize) -> Option<NonNull<u8>> {
    let block = imp::alloc_raw(order)?;
    #[cfg(all(target_os = "none", feature = "checks"))]
    // SAFETY: the block is ours, readable, and this long.
    unsafe {
        poison::check(block.as_ptr(), PAGE_SIZE << order)
    };
    Some(block)
}

/// How many frames are free.
#[cfg(target_os = "none")]
pub fn count_free() -> usize {
    imp::count_free()
}

/// Gives frames back.
///
/// # Safety
/// `alloc` gave the block for this order (or, with order 0, a block that it is a page of),
/// and nothing refers to it any more.
pub unsafe fn free(block: NonNull<u8>, order: usize) {
    #[cfg(all(target_os = "none", feature = "checks"))]
    // SAFETY: nobody else has the block any more (the caller's contract).
    unsafe {
        poison::lay(block.as_ptr(), PAGE_SIZE << order)
    };
    imp::free_raw(block, order);
}

/// Free frames hold a pattern, so that a write to memory that was given up is found when the
/// memory is given out again.
#[cfg(all(target_os = "none", feature = "checks"))]
mod poison {
    const PATTERN: u64 = 0xdead_f4a3_dead_f4a3;

    /// # Safety
    /// The block is writable, aligned to 8, and nobody else's.
    pub unsafe fn lay(block: *mut u8, bytes: usize) {
        for n in 0..bytes / 8 {
            // SAFETY: within the block.
            unsafe { block.cast::<u64>().add(n).write(PATTERN) };
        }
    }

    /// # Safety
    /// The block is readable, aligned to 8, and was given up (`lay`) or never given out.
    pub unsafe fn check(block: *const u8, bytes: usize) {
        for n in 0..bytes / 8 {
            // SAFETY: within the block.
            let word = unsafe { block.cast::<u64>().add(n).read() };
            assert!(
                word == PATTERN,
                "memory was written to after it was given up: {word:#x} at {:p}",
                block.wrapping_add(8 * n)
            );
        }
    }
}
