//! The backend's own heap: tables of descriptors, mappings and threads. (uClibc's is built on
//! the backend's `brk`.)
//!
//! It starts with memory of the image, so that a small program pays nothing for it, and goes
//! on with dataspaces in an area of its own.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::NonNull;
use l4re::region::RmFlags;
use l4re::sync::SpinLock;
use l4re::{Error, Result, start};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use linked_list_allocator::Heap;

/// The size of the first part.
const FIRST: usize = 4 << 10;
/// The address space of the second part.
const AREA: usize = 1 << 30;
/// The least that the second part grows by.
const GROWTH: usize = 64 << 10;

#[repr(align(16))]
struct First(UnsafeCell<[u8; FIRST]>);

// SAFETY: only the heap touches it, which is locked.
unsafe impl Sync for First {}

static FIRST_PART: First = First(UnsafeCell::new([0; FIRST]));

struct State {
    first: Heap,
    second: Heap,
    /// The first address behind the second part; 0 before its first use.
    end: usize,
    /// The first address behind the area.
    area_end: usize,
}

impl State {
    fn alloc(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        if self.first.bottom().is_null() {
            let part = FIRST_PART.0.get().cast::<u8>();
            // SAFETY: the memory is static and nobody else's.
            unsafe { self.first.init(part, FIRST) };
        }
        (self.first.allocate_first_fit(layout).ok())
            .or_else(|| self.second.allocate_first_fit(layout).ok())
    }

    /// Makes the second part larger, so that `layout` fits.
    fn grow(&mut self, layout: Layout) -> Result<()> {
        let env = start::try_env().ok_or(Error::NO_MEMORY)?;
        if self.end == 0 {
            let align = PAGE_SHIFT as u8;
            self.end =
                env.rm()
                    .reserve_area(0, AREA, RmFlags::SEARCH_ADDR, align)? as usize;
            self.area_end = self.end + AREA;
        }
        // A hole has a header, and what is behind the last hole may be too small for anything.
        let need = (layout.size())
            .checked_add(layout.align() + 4 * size_of::<usize>())
            .ok_or(Error::NO_MEMORY)?;
        let size = (need.max(GROWTH))
            .checked_next_multiple_of(PAGE_SIZE)
            .filter(|size| *size <= self.area_end - self.end)
            .ok_or(Error::NO_MEMORY)?;
        crate::memory::attach_anonymous(self.end, size, RmFlags::RW | RmFlags::IN_AREA)?.leak();
        let at = core::ptr::with_exposed_provenance_mut(self.end);
        // SAFETY: the memory has just been attached behind what the heap has, is nobody else's,
        // and stays.
        unsafe {
            if self.second.bottom().is_null() {
                self.second.init(at, size);
            } else {
                self.second.extend(size);
            }
        }
        self.end += size;
        Ok(())
    }
}

struct Allocator(SpinLock<State>);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(SpinLock::new(State {
    first: Heap::empty(),
    second: Heap::empty(),
    end: 0,
    area_end: 0,
}));

// SAFETY: the parts hand out memory of the layout asked for, to one owner at a time; growing
// leaves what they have in place.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut state = self.0.lock();
        let block = state.alloc(layout).or_else(|| {
            state.grow(layout).ok()?;
            state.alloc(layout)
        });
        block.map_or(core::ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(block) = NonNull::new(block) else {
            return;
        };
        let first = FIRST_PART.0.get() as usize;
        let mut state = self.0.lock();
        let part = if (first..first + FIRST).contains(&(block.as_ptr() as usize)) {
            &mut state.first
        } else {
            &mut state.second
        };
        // SAFETY: the block comes from `alloc` of this part, with this layout (`GlobalAlloc`).
        unsafe { part.deallocate(block, layout) };
    }
}
