//! The root task's heap: it starts in the image, and grows by frames.

use core::alloc::Layout;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use root_task::pool::Pool;
use talc::TalcLock;
use talc::base::Talc;
use talc::base::binning::Binning;
use talc::lock_api::{GuardNoSend, RawMutex};
use talc::source::Source;

/// Bytes of the heap in the image: enough until memory is found.
const FIRST: usize = 64 << 10;
/// What the heap grows by, in bytes, unless more is needed or only less is there.
const STEP: usize = 64 << 10;
/// Room for the heap's own bookkeeping around an allocation.
const OVERHEAD: usize = 4096;

static mut FIRST_HEAP: [u8; FIRST] = [0; FIRST];

#[global_allocator]
static HEAP: TalcLock<OneThread, FramesSource> = TalcLock::new(FramesSource { started: false });

/// Where the heap gets more memory.
static POOL: AtomicPtr<Pool> = AtomicPtr::new(core::ptr::null_mut());

/// Lets the heap grow by the pool's memory.
pub fn grow_by(pool: &'static Pool) {
    POOL.store(core::ptr::from_ref(pool).cast_mut(), Ordering::Relaxed);
}

/// The image's part of the heap first, frames then.
#[derive(Debug)]
struct FramesSource {
    started: bool,
}

// SAFETY: the pool's frames are found without the heap.
unsafe impl Source for FramesSource {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        if !talc.source.started {
            talc.source.started = true;
            // SAFETY: nothing else uses the array.
            unsafe { talc.claim((&raw mut FIRST_HEAP).cast(), FIRST) };
            return Ok(());
        }
        // SAFETY: the pool is never freed, and its frames are counted in a cell.
        let pool = unsafe { POOL.load(Ordering::Relaxed).as_ref() }.ok_or(())?;
        let wanted = layout
            .size()
            .checked_add(layout.align() + OVERHEAD)
            .ok_or(())?;
        let size = wanted.next_multiple_of(l4re_sys::consts::PAGE_SIZE);
        let (base, size) = [size.max(STEP), size]
            .into_iter()
            .find_map(|size| Some((pool.alloc(size, 1, 0..usize::MAX)?, size)))
            .ok_or(())?;
        // SAFETY: the frames are the heap's from now on.
        unsafe { talc.claim(base as *mut u8, size) }
            .map(drop)
            .ok_or(())
    }
}

/// The lock of a task with one thread: it is never waited for.
struct OneThread(AtomicBool);

// SAFETY: a second lock while it is held does not return.
unsafe impl RawMutex for OneThread {
    const INIT: Self = OneThread(AtomicBool::new(false));

    type GuardMarker = GuardNoSend;

    fn lock(&self) {
        assert!(self.try_lock(), "the heap was entered twice");
    }

    fn try_lock(&self) -> bool {
        !self.0.swap(true, Ordering::Acquire)
    }

    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}
