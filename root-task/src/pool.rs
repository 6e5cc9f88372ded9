//! The memory that dataspaces are made of: frames, seen by the root task at their own addresses.

use core::cell::RefCell;
use core::ops::Range;

use crate::frames::{FRAME_SIZE, Frames};

/// How much of other tasks' rights to a page is taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Revoke {
    /// The write right.
    Write,
    /// All of it.
    All,
}

/// Takes rights to `1 << order` bytes at the address back from all other tasks.
pub type RevokeFn = fn(address: usize, order: u32, what: Revoke);

/// Frames, and the means to take them back from those they were mapped to.
pub struct Pool {
    frames: RefCell<Frames>,
    revoke: RevokeFn,
}

impl Pool {
    /// A pool of `frames`.
    ///
    /// # Safety
    /// Each frame that is or becomes free in `frames` is memory that can be read and written at
    /// its address, for as long as the pool lives, and that nothing else uses; `revoke` returns
    /// only when no other task can reach the memory any more in the ways named.
    pub unsafe fn new(frames: Frames, revoke: RevokeFn) -> Self {
        Pool {
            frames: RefCell::new(frames),
            revoke,
        }
    }

    /// Bytes that are free.
    pub fn available(&self) -> usize {
        self.frames.borrow().available()
    }

    /// Takes adjacent zeroed memory: `bytes` rounded up to frames, at a multiple of `align`,
    /// within the addresses of `limits`. It must go back by [`Pool::free`].
    pub fn alloc_zeroed(&self, bytes: usize, align: usize, limits: Range<usize>) -> Option<usize> {
        let address = self.alloc(bytes, align, limits)?;
        let bytes = bytes.next_multiple_of(FRAME_SIZE);
        // SAFETY: the frames were free, so (by `new`'s contract) they are memory that is now
        // this caller's alone.
        unsafe { core::ptr::write_bytes(address as *mut u8, 0, bytes) };
        Some(address)
    }

    /// As [`Pool::alloc_zeroed`], with whatever the memory holds. Not for other eyes.
    pub fn alloc(&self, bytes: usize, align: usize, limits: Range<usize>) -> Option<usize> {
        self.frames.borrow_mut().alloc_within(bytes, align, limits)
    }

    /// Frees memory that no other task ever had.
    pub fn free_private(&self, address: usize, bytes: usize) {
        self.frames.borrow_mut().free(address, bytes);
    }

    /// Takes the memory back from all other tasks and frees it.
    pub fn free(&self, address: usize, bytes: usize) {
        self.revoke_range(address, bytes, Revoke::All);
        self.frames.borrow_mut().free(address, bytes);
    }

    /// Adds memory that was not free so far, as a boot module no longer needed.
    ///
    /// # Safety
    /// As for [`Pool::new`]: it is memory, and nothing uses it.
    pub unsafe fn add(&self, range: Range<usize>) {
        self.frames.borrow_mut().add(range);
    }

    /// Takes rights to a range of whole frames back from all other tasks.
    pub fn revoke_range(&self, mut address: usize, bytes: usize, what: Revoke) {
        let end = address + bytes.next_multiple_of(FRAME_SIZE);
        while address < end {
            let order = largest_order(address, end - address);
            (self.revoke)(address, order, what);
            address += 1 << order;
        }
    }
}

/// The order of the largest flexpage that starts at `address` and has at most `bytes`.
pub fn largest_order(address: usize, bytes: usize) -> u32 {
    address.trailing_zeros().min(bytes.ilog2())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::alloc::Layout;
    use std::boxed::Box;
    use std::sync::Mutex;
    use std::vec;
    use std::vec::Vec;

    /// What was revoked, for tests that run one at a time under [`LOCK`].
    pub static REVOKED: Mutex<Vec<(usize, u32, Revoke)>> = Mutex::new(Vec::new());

    fn record(address: usize, order: u32, what: Revoke) {
        // The list is the host's, whoever pays for what is revoked.
        crate::heap::pays(None, || {
            REVOKED.lock().unwrap().push((address, order, what))
        });
    }

    std::thread_local! {
        /// Where the memory of the pools of this thread's tests is.
        static PLACES: std::cell::RefCell<Vec<Range<usize>>> =
            const { std::cell::RefCell::new(Vec::new()) };
    }

    /// Whether an address lies in the memory of a pool of this thread.
    pub fn is_of_pool(address: usize) -> bool {
        // While the list itself grows, it is the host's.
        PLACES
            .try_with(|places| {
                let places = places.try_borrow();
                places.is_ok_and(|places| places.iter().any(|place| place.contains(&address)))
            })
            .unwrap_or(false)
    }

    /// A pool of `frames` frames of the test's own memory, which start at a multiple of 2 MiB.
    pub fn pool(frames: usize) -> &'static Pool {
        let bytes = frames * FRAME_SIZE;
        let layout = Layout::from_size_align(bytes, 2 << 20).unwrap();
        // SAFETY: the layout has a size; the memory is leaked, so it lives on.
        let base = unsafe { std::alloc::alloc(layout) } as usize;
        // SAFETY: just allocated.
        unsafe { core::ptr::write_bytes(base as *mut u8, 0xa5, bytes) };
        let range = base..base + bytes;
        PLACES.with(|places| places.borrow_mut().push(range.clone()));
        let bitmap = vec![0; Frames::words_for(&range)].leak();
        let mut free = Frames::new(range.clone(), bitmap);
        free.add(range);
        // SAFETY: the frames are the allocation above; there are no other tasks.
        Box::leak(Box::new(unsafe { Pool::new(free, record) }))
    }

    #[test]
    fn large_ranges_go_in_few_pieces() {
        assert_eq!(largest_order(0x20_0000, 0x20_0000), 21);
        assert_eq!(largest_order(0x20_1000, 0x20_0000), 12);
        assert_eq!(largest_order(0x20_0000, 0x1f_f000), 20);
    }

    #[test]
    fn memory_is_zeroed() {
        let pool = pool(8);
        let at = pool.alloc_zeroed(5000, 4096, 0..usize::MAX).unwrap();
        // SAFETY: two frames were allocated.
        let bytes = unsafe { core::slice::from_raw_parts(at as *const u8, 8192) };
        assert!(bytes.iter().all(|&b| b == 0));
        assert_eq!(pool.available(), 6 * FRAME_SIZE);
        pool.free(at, 5000);
        assert_eq!(pool.available(), 8 * FRAME_SIZE);
    }
}
