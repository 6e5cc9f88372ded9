//! The heap: the C library's.

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;
use core::mem::size_of;
use core::ptr::null_mut;
use l4re::msg;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// What `malloc` aligns to: C's `max_align_t`.
const MALLOC_ALIGN: usize = 16;

struct Malloc;

#[global_allocator]
static ALLOCATOR: Malloc = Malloc;

impl Malloc {
    /// Calls the C library, which may talk to servers for more memory: a message that the
    /// caller writes or reads must survive it.
    fn call(f: impl FnOnce() -> *mut c_void) -> *mut u8 {
        msg::preserve(f).cast()
    }

    /// A block of a larger alignment: in a block that is larger by so much, behind the latter's
    /// address.
    fn aligned(layout: Layout) -> *mut u8 {
        // `malloc`'s block is aligned, so there are at least so many bytes in front.
        let Some(size) = layout.size().checked_add(layout.align()) else {
            return null_mut();
        };
        // SAFETY: any size is allowed.
        let whole = Malloc::call(|| unsafe { malloc(size) });
        if whole.is_null() {
            return whole;
        }
        let gap = layout.align() - whole.addr() % layout.align();
        debug_assert!(gap >= size_of::<*mut u8>());
        // SAFETY: `gap` is at most the alignment, by which the block is larger, and at least
        // `MALLOC_ALIGN`: there is place for the address.
        unsafe {
            let block = whole.add(gap);
            block.cast::<*mut u8>().sub(1).write(whole);
            block
        }
    }
}

// SAFETY: blocks are `malloc`'s, which has one owner for each, or parts of such with the
// alignment asked for.
unsafe impl GlobalAlloc for Malloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > MALLOC_ALIGN {
            return Malloc::aligned(layout);
        }
        // SAFETY: any size is allowed.
        Malloc::call(|| unsafe { malloc(layout.size()) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= MALLOC_ALIGN {
            // SAFETY: any size is allowed.
            return Malloc::call(|| unsafe { calloc(1, layout.size()) });
        }
        let block = Malloc::aligned(layout);
        if !block.is_null() {
            // SAFETY: the block is of this size.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let whole = match layout.align() > MALLOC_ALIGN {
            // SAFETY: `aligned` has left the address there.
            true => unsafe { block.cast::<*mut u8>().sub(1).read() },
            false => block,
        };
        // SAFETY: the block comes from `malloc` or its kin, and is the caller's to give back.
        msg::preserve(|| unsafe { free(whole.cast()) });
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.align() <= MALLOC_ALIGN {
            // SAFETY: the block comes from `malloc` or its kin, which keep this alignment, and is
            // the caller's to give back (`GlobalAlloc`).
            return Malloc::call(|| unsafe { realloc(block.cast(), size) });
        }
        // SAFETY: the size, rounded up to the alignment, is in range (`GlobalAlloc::realloc`).
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        let moved = Malloc::aligned(new);
        if !moved.is_null() {
            // SAFETY: both are as large as is copied, and different blocks; the old one is given
            // back with the layout that it has.
            unsafe {
                moved.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}
