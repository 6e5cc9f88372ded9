//! Windows whose memory is taken away while it is used.
//!
//! A thread that uses what others share has a pager of its own: a thread of the program. Faults
//! in a window it answers with a page of zeros, and notes in the window's place that what is there
//! is not what was shared; all others go on to the region map.

use super::Rm;
use crate::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, program_static};
use crate::cap::{Cap, OwnedCap};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::ipc::{self, Accept};
use crate::ipc_gate::IpcGate;
use crate::msg::Writer;
use crate::pager::Pager;
use crate::server::{self, Answer, Request};
use crate::sync::OnceLock;
use crate::task::Task;
use crate::thread::{Builder, Control, Thread};
use alloc::boxed::Box;
use core::sync::atomic::AtomicU64;
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::op::pager::FAULT_MASK;
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::{Fpage, FpageType, MemRights, proto};

/// What the guard knows of a window. Places are never freed, but used again.
#[derive(Debug)]
pub(super) struct Place {
    /// The address, and in its lower bits the order; 0 if there is no window.
    window: AtomicUsize,
    lost: AtomicBool,
    next: *const Place,
}

// SAFETY: `next` is not changed once others see the place, and leads to one that is never freed.
unsafe impl Sync for Place {}
// SAFETY: `next` is not changed once others see the place, and leads to one that is never freed.
unsafe impl Send for Place {}

program_static! {
    /// The first place.
    static PLACES: AtomicPtr<Place> = AtomicPtr::new(core::ptr::null_mut());
}

fn places() -> impl Iterator<Item = &'static Place> {
    // SAFETY: null, or a place, which is never freed.
    let get = |place: *const Place| unsafe { place.as_ref::<'static>() };
    core::iter::successors(get(PLACES.load(Ordering::Acquire)), move |place| {
        get(place.next)
    })
}

impl Place {
    /// A place for the window of `1 << order` bytes at `start`.
    pub(super) fn take(start: usize, order: u32) -> &'static Place {
        let window = start | order as usize;
        let free = |place: &&Place| {
            let taken =
                (place.window).compare_exchange(0, window, Ordering::AcqRel, Ordering::Relaxed);
            taken.is_ok()
        };
        if let Some(place) = places().find(free) {
            place.lost.store(false, Ordering::Release);
            return place;
        }
        let place = Box::into_raw(Box::new(Place {
            window: AtomicUsize::new(window),
            lost: AtomicBool::new(false),
            next: core::ptr::null(),
        }));
        let mut first = PLACES.load(Ordering::Acquire);
        loop {
            // SAFETY: nobody else sees the place yet.
            unsafe { (*place).next = first };
            match PLACES.compare_exchange(first, place, Ordering::AcqRel, Ordering::Acquire) {
                // SAFETY: the place is never freed, and not changed from now on.
                Ok(_) => return unsafe { &*place },
                Err(other) => first = other,
            }
        }
    }

    /// The window is no more.
    pub(super) fn free(&self) {
        self.window.store(0, Ordering::Release);
    }

    /// Whether something else than what was shared has been there since the window was filled.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// The window is empty again.
    pub(super) fn renew(&self) {
        self.lost.store(false, Ordering::Release);
    }

    fn has(&self, address: usize) -> bool {
        let window = self.window.load(Ordering::Acquire);
        let order = window % PAGE_SIZE;
        window != 0 && address.wrapping_sub(window - order) >> order == 0
    }
}

/// A protocol that the guard does not have.
const NOTHING: i64 = 1;

program_static! {
    /// The guard's gate, which is its threads' pager.
    static GUARD: OnceLock<OwnedCap<IpcGate>> = OnceLock::new();
}

/// Has the calling thread survive faults in windows.
pub(super) fn guard_thread(env: &'static Env) -> Result<()> {
    let gate = GUARD.get_or_try_init(|| {
        let rm = env.rm();
        let guard = Builder::new()
            .name("window guard")
            .spawn(move || server::run(Accept::Words, |request| fault(rm, request)))?;
        let gate = env.factory().create_gate_bound(guard.thread(), 0)?;
        // A new thread uses the heap, and its clients may fault while they hold the heap's lock:
        // it answers when it is in its loop, which does not.
        match ipc::request(gate.cap(), NOTHING, &Writer::new(), Accept::Words) {
            Err(error @ Error::Ipc(_)) => Err(error),
            _ => Ok(gate),
        }
    })?;
    let control = Control {
        pager: Some(gate.cap().idx()),
        ..Control::default()
    };
    // A thread that handles its faults itself, as L4Re has it for a program's first one, would
    // never ask its pager. A kernel that cannot do that has none to disable.
    let _ = Cap::<Thread>::CURRENT.pf_trampoline_disable();
    // SAFETY: the guard does for the thread what its own region map does, and puts zeros where only
    // windows are, whose content nobody relies on (`fault`).
    unsafe { Cap::<Thread>::CURRENT.control_any(&control) }.map(drop)
}

/// Answers a fault of a guarded thread.
fn fault(rm: Cap<Rm>, request: Request) -> Result<Answer> {
    let mut words = request.reader();
    let (what, ip): (u64, u64) = (words.get()?, words.get()?);
    let rm: Cap<Pager> = rm.cast();
    match request.protocol() {
        proto::PAGE_FAULT => {
            let page = what & !(PAGE_SIZE as u64 - 1);
            let page = Fpage::memory(page, PAGE_SHIFT, MemRights::RWX);
            match places().find(|place| place.has((what & !FAULT_MASK) as usize)) {
                Some(place) => {
                    place.lost.store(true, Ordering::Release);
                    fill(page)?;
                }
                None => drop(rm.fault(proto::PAGE_FAULT, what, ip, page)?),
            }
        }
        proto::IO_PAGE_FAULT if Fpage::from_raw(what).kind() == FpageType::Io => {
            rm.fault(proto::IO_PAGE_FAULT, what, ip, Fpage::from_raw(what))?;
        }
        _ => return Err(Error::BAD_PROTOCOL),
    }
    Ok(Answer::label(0))
}

#[repr(align(4096))]
struct Zeros([AtomicU64; PAGE_SIZE / 8]);

/// What is in a window that has lost its memory.
static ZEROS: Zeros = Zeros([const { AtomicU64::new(0) }; PAGE_SIZE / 8]);

/// Puts the page of zeros in place of a window's page.
fn fill(page: Fpage) -> Result<()> {
    // A window of another thread may have it, and have written to it; the page has to be there
    // to be mapped, too.
    for word in &ZEROS.0 {
        word.store(0, Ordering::Relaxed);
    }
    let zeros = Fpage::memory((&raw const ZEROS).addr() as u64, PAGE_SHIFT, MemRights::RW);
    let this = Cap::<Task>::THIS;
    // What is there may not be writable.
    this.unmap_any(page, UnmapFlags::ALL_SPACES)?;
    // SAFETY: the page is a window's, which only `Window` reads and writes, byte by byte; nobody
    // relies on the zeros.
    unsafe { this.map(this, zeros, page.addr()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_and_used_again() {
        let find = |address| places().find(|place| place.has(address));
        let place = Place::take(0x7000_0000, 13);
        assert!(find(0x6fff_ffff).is_none());
        assert!(find(0x7000_0000).is_some_and(|found| core::ptr::eq(found, place)));
        assert!(find(0x7000_1fff).is_some_and(|found| core::ptr::eq(found, place)));
        assert!(find(0x7000_2000).is_none());
        place.lost.store(true, Ordering::Release);
        place.free();
        assert!(find(0x7000_0000).is_none());
        let again = Place::take(0x7800_0000, 12);
        assert!(!again.is_lost());
        assert!(find(0x7800_0fff).is_some());
        assert!(find(0).is_none());
        again.free();
    }
}
