//! The heap.
//!
//! One area of the address space is reserved for it when it is first used, and filled with
//! dataspaces as it grows, so that it stays one piece. Their memory is there before the heap has
//! it: what there is no memory for is not allocated, and a program can notice
//! (`Vec::try_reserve`). It never shrinks.
//!
//! Free blocks are kept by size, so that allocating and freeing cost the same however many there
//! are.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use l4re::dataspace::Dataspace;
use l4re::region::RmFlags;
use l4re::sync::SpinLock;
use l4re::{Env, Error, OwnedCap, Result, msg, start};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use talc::base::Talc;
use talc::base::binning::DefaultBinning;
use talc::source::Manual;

/// How much address space the heap asks for; it takes less if there is less.
const AREA_SIZE: usize = 64 << 30;
/// The least that it takes.
const MIN_AREA_SIZE: usize = 1 << 20;
/// The least that it grows by.
const MIN_GROWTH: usize = 32 << 10;
/// The most that it grows by beyond what is needed.
const MAX_GROWTH: usize = 4 << 20;
/// As much memory is asked for at once, so that others are served in between.
const STEP: usize = 1 << 20;
/// What the heap keeps around a block, and once at its start, at most.
const OVERHEAD: usize = PAGE_SIZE;

struct State {
    heap: Talc<Manual, DefaultBinning>,
    /// The end of what the heap manages, as it says.
    top: Option<NonNull<u8>>,
    /// Bytes that the program has.
    used: usize,
    /// The first address of the area.
    start: usize,
    /// The first address behind the heap; 0 before its first use.
    end: usize,
    /// The first address behind the area.
    area_end: usize,
}

// SAFETY: the pointers are into the heap, which is as good in one thread as in another.
unsafe impl Send for State {}

impl State {
    /// Makes the heap larger, so that `layout` fits.
    fn grow(&mut self, layout: Layout) -> Result<()> {
        let env = start::try_env().ok_or(Error::NO_MEMORY)?;
        if self.end == 0 {
            self.reserve(env)?;
        }
        let need = layout
            .size()
            .checked_add(layout.align())
            .and_then(|size| size.checked_add(OVERHEAD))
            .and_then(|size| size.checked_next_multiple_of(PAGE_SIZE))
            .ok_or(Error::NO_MEMORY)?;
        let room = self.area_end - self.end;
        let wish = ((self.end - self.start) / 2)
            .clamp(MIN_GROWTH, MAX_GROWTH)
            .next_multiple_of(PAGE_SIZE)
            .min(room);
        // Where there is not as much as would be nice, what is needed may still be there.
        match self.grow_by(env, need.max(wish)) {
            Err(_) if need < wish => self.grow_by(env, need),
            result => result,
        }
    }

    /// Makes the heap larger by `size` bytes, whole pages.
    fn grow_by(&mut self, env: &Env, size: usize) -> Result<()> {
        if size > self.area_end - self.end {
            return Err(Error::NO_MEMORY);
        }
        let ds = memory(env, size)?;
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
        let at: *mut u8 = core::ptr::with_exposed_provenance_mut(self.end);
        // SAFETY: the memory has just been attached behind what the heap has, is nobody else's,
        // and stays.
        self.top = unsafe {
            match self.top {
                None => self.heap.claim(at, size),
                Some(top) => Some(self.heap.extend(top, at.wrapping_add(size))),
            }
        };
        self.end += size;
        Ok(())
    }

    /// Reserves the area.
    fn reserve(&mut self, env: &Env) -> Result<()> {
        let rm = env.rm();
        let mut size = AREA_SIZE;
        loop {
            match rm.reserve_area(0, size, RmFlags::SEARCH_ADDR, PAGE_SHIFT as u8) {
                Ok(start) => {
                    self.start = start as usize;
                    self.end = self.start;
                    self.area_end = self.start + size;
                    return Ok(());
                }
                Err(e) if size <= MIN_AREA_SIZE => return Err(e),
                Err(_) => size /= 8,
            }
        }
    }

    fn alloc(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: the size is not 0 (`GlobalAlloc::alloc`).
        let block = unsafe { self.heap.try_allocate(layout) }?;
        self.used += layout.size();
        Some(block)
    }
}

/// A dataspace whose memory is there.
fn memory(env: &Env, size: usize) -> Result<OwnedCap<Dataspace>> {
    let ds = env.mem_alloc().dataspace(size)?;
    let mut done = 0;
    while done < size {
        let step = STEP.min(size - done);
        ds.cap().allocate(done as u64, step as u64)?;
        done += step;
    }
    Ok(ds)
}

struct Allocator(SpinLock<State>);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(SpinLock::new(State {
    heap: Talc::new(Manual),
    top: None,
    used: 0,
    start: 0,
    end: 0,
    area_end: 0,
}));

// SAFETY: the heap hands out memory of the layout asked for, to one owner at a time; growing
// leaves what it has in place.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut state = self.0.lock();
        let block = state.alloc(layout).or_else(|| {
            // Growing talks to servers; a message that the caller writes or reads must survive it.
            msg::preserve(|| state.grow(layout)).ok()?;
            state.alloc(layout)
        });
        block.map_or(core::ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let mut state = self.0.lock();
        state.used -= layout.size();
        // SAFETY: the block comes from `alloc`, with this layout (`GlobalAlloc`).
        unsafe { state.heap.deallocate(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let mut state = self.0.lock();
        // SAFETY: the block comes from `alloc`, with this layout, and the size is not 0
        // (`GlobalAlloc`).
        if unsafe { state.heap.try_realloc_in_place(block, layout, size) } {
            state.used = state.used - layout.size() + size;
            return block;
        }
        drop(state);
        // SAFETY: the alignment is a valid one, and the size is in range with it
        // (`GlobalAlloc::realloc`).
        let new_layout = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the size is not 0; both blocks have the smaller of the two sizes, and are apart.
        unsafe {
            let new = self.alloc(new_layout);
            if !new.is_null() {
                new.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

/// The size of the heap and how much of it is in use, in bytes.
pub fn usage() -> (usize, usize) {
    let state = ALLOCATOR.0.lock();
    (state.end - state.start, state.used)
}
