//! The heap.
//!
//! One area of the address space is reserved for it when it is first used, and filled with
//! dataspaces as it grows, so that it stays one piece. It never shrinks.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use l4re::region::RmFlags;
use l4re::sync::SpinLock;
use l4re::{Error, Result, msg, start};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use linked_list_allocator::Heap;

/// How much address space the heap asks for; it takes less if there is less.
const AREA_SIZE: usize = 64 << 30;
/// The least that it takes.
const MIN_AREA_SIZE: usize = 1 << 20;
/// The least that it grows by.
const MIN_GROWTH: usize = 64 << 10;
/// The most that it grows by beyond what is needed.
const MAX_GROWTH: usize = 16 << 20;

struct State {
    heap: Heap,
    /// The first address behind the heap; 0 before its first use.
    end: usize,
    /// The first address behind the area.
    area_end: usize,
}

impl State {
    /// Makes the heap larger, so that `layout` fits.
    fn grow(&mut self, layout: Layout) -> Result<()> {
        let env = start::try_env().ok_or(Error::NO_MEMORY)?;
        if self.end == 0 {
            self.reserve()?;
        }
        // A hole has a header, and what is behind the last hole may be too small for anything.
        let need = layout
            .size()
            .checked_add(layout.align())
            .and_then(|size| size.checked_add(4 * size_of::<usize>()))
            .ok_or(Error::NO_MEMORY)?;
        let size = need
            .max((self.heap.size() / 2).clamp(MIN_GROWTH, MAX_GROWTH))
            .checked_next_multiple_of(PAGE_SIZE)
            .ok_or(Error::NO_MEMORY)?;
        if size > self.area_end - self.end {
            return Err(Error::NO_MEMORY);
        }
        let ds = env.mem_alloc().dataspace(size)?;
        // SAFETY: the place is in the area that is reserved for the heap, and behind what the
        // heap has. The capability is kept for ever, below.
        unsafe {
            env.rm().attach_at(
                self.end as u64,
                size,
                RmFlags::RW | RmFlags::IN_AREA,
                ds.cap(),
                0,
                PAGE_SHIFT as u8,
            )?;
        }
        ds.leak();
        let at = core::ptr::with_exposed_provenance_mut(self.end);
        // SAFETY: the memory has just been attached, is nobody else's, and stays.
        unsafe {
            if self.heap.bottom().is_null() {
                self.heap.init(at, size);
            } else {
                self.heap.extend(size);
            }
        }
        self.end += size;
        Ok(())
    }

    /// Reserves the area.
    fn reserve(&mut self) -> Result<()> {
        let rm = start::try_env().ok_or(Error::NO_MEMORY)?.rm();
        let mut size = AREA_SIZE;
        loop {
            match rm.reserve_area(0, size, RmFlags::SEARCH_ADDR, PAGE_SHIFT as u8) {
                Ok(start) => {
                    self.end = start as usize;
                    self.area_end = self.end + size;
                    return Ok(());
                }
                Err(e) if size <= MIN_AREA_SIZE => return Err(e),
                Err(_) => size /= 8,
            }
        }
    }
}

struct Allocator(SpinLock<State>);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(SpinLock::new(State {
    heap: Heap::empty(),
    end: 0,
    area_end: 0,
}));

// SAFETY: the heap hands out memory of the layout asked for, to one owner at a time; growing
// leaves what it has in place.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut state = self.0.lock();
        if let Ok(block) = state.heap.allocate_first_fit(layout) {
            return block.as_ptr();
        }
        // Growing talks to servers; a message that the caller writes or reads must survive it.
        let grown = msg::preserve(|| state.grow(layout));
        match grown.map(|()| state.heap.allocate_first_fit(layout)) {
            Ok(Ok(block)) => block.as_ptr(),
            _ => core::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the block comes from `alloc`, with this layout (`GlobalAlloc`).
            unsafe { self.0.lock().heap.deallocate(block, layout) };
        }
    }
}

/// The size of the heap and how much of it is in use, in bytes.
pub fn usage() -> (usize, usize) {
    let state = ALLOCATOR.0.lock();
    (state.heap.size(), state.heap.used())
}
