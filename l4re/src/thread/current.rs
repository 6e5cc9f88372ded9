//! What a thread knows of itself.
#![allow(unsafe_code)]

use super::Thread;
use super::local::Values;
use super::start::is_first;
use crate::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::atomic::{AtomicU64, AtomicUsize};
use crate::cap::Cap;
use crate::env::Env;
use crate::start;
use crate::sync::{Parking, Wait};
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::cell::Cell;
use core::fmt;
use core::ptr;
use core::time::Duration;
use l4re_sys::CapIdx;
use l4re_sys::consts::MAIN_THREAD_PRIO;

/// What there is to know about a thread.
pub(super) struct Info {
    name: Option<Box<str>>,
    number: u64,
    prio: u64,
    /// Its capability, for as long as there is the thread.
    cap: AtomicU64,
    /// 1 if [`Handle::unpark`] was called and the thread has not parked since.
    unparked: Parking,
    /// Its own, nobody else's.
    pub(super) values: Values,
}

/// The number of the next thread; the first one has 0.
static NEXT: AtomicUsize = AtomicUsize::new(1);

impl Info {
    pub(super) fn new(name: Option<Box<str>>, prio: u64) -> Self {
        Info {
            name,
            number: NEXT.fetch_add(1, Relaxed) as u64,
            prio,
            cap: AtomicU64::new(CapIdx::INVALID.0),
            unparked: Parking::new(0),
            values: Values::new(),
        }
    }

    pub(super) fn set_cap(&self, cap: CapIdx) {
        self.cap.store(cap.0, Relaxed);
    }
}

/// The calling thread's: null until it is known.
#[cfg(target_os = "l4re")]
#[thread_local]
static OWN: Cell<*const Info> = Cell::new(ptr::null());

#[cfg(not(target_os = "l4re"))]
l4re_sys::fake::thread_local! {
    static OWN: Cell<*const Info> = const { Cell::new(ptr::null()) };
}

fn own() -> *const Info {
    #[cfg(target_os = "l4re")]
    return OWN.get();
    #[cfg(not(target_os = "l4re"))]
    return OWN.get();
}

/// Makes this what the calling thread knows of itself.
///
/// # Safety
/// It lives as long as the thread runs.
pub(super) unsafe fn set_own(info: *const Info) {
    OWN.set(info);
}

/// What the calling thread knows of itself. For one that was not made here (the first, for one)
/// it is made now, and kept.
pub(super) fn own_info<R>(use_it: impl FnOnce(&Arc<Info>) -> R) -> R {
    let mut own = own();
    if own.is_null() {
        let info = match start::try_env().filter(|_| is_first()) {
            Some(env) => {
                let mut info = Info::new(Some("main".into()), MAIN_THREAD_PRIO);
                info.number = 0;
                info.set_cap(env.main_thread().idx());
                info
            }
            None => {
                let info = Info::new(None, MAIN_THREAD_PRIO);
                if let Some(cap) = crate::hosted::current_thread() {
                    info.set_cap(cap);
                }
                info
            }
        };
        own = Arc::into_raw(Arc::new(info));
        OWN.set(own);
    }
    // SAFETY: the pointer is an `Arc`'s that lives as long as the thread (`set_own`), or for
    // ever; the count that it stands for is not given up here.
    let info = core::mem::ManuallyDrop::new(unsafe { Arc::from_raw(own) });
    use_it(&info)
}

/// The calling thread's priority, as far as it is known.
pub(crate) fn own_prio() -> u64 {
    let own = own();
    // SAFETY: null, or lives as long as the thread (`set_own`).
    unsafe { own.as_ref() }.map_or(MAIN_THREAD_PRIO, |info| info.prio)
}

/// The calling thread's capability, as far as it is known, here or by a C library that made the
/// thread: the first thread's if it is not.
pub(crate) fn current_cap(env: &Env) -> Cap<Thread> {
    let own = own();
    // SAFETY: the pointer is null or to the calling thread's own record, which lives as long as the
    // thread.
    let cap = unsafe { own.as_ref() }.map(|info| Cap::new(CapIdx(info.cap.load(Relaxed))));
    cap.filter(|cap| cap.is_valid())
        .or_else(|| crate::hosted::current_thread().map(Cap::new))
        .unwrap_or_else(|| env.main_thread())
}

/// A thread: its name and number, and how to wake it. Clones are the same thread.
#[derive(Clone)]
pub struct Handle {
    info: Arc<Info>,
}

impl Handle {
    pub(super) fn new(info: Arc<Info>) -> Self {
        Handle { info }
    }

    /// The name, if it was given one; `main` of the first thread.
    pub fn name(&self) -> Option<&str> {
        self.info.name.as_deref()
    }

    /// A number that no other thread of the program has had.
    pub fn number(&self) -> u64 {
        self.info.number
    }

    /// The priority that the thread was started with.
    pub fn prio(&self) -> u64 {
        self.info.prio
    }

    /// The kernel's object. When the thread has ended it is gone.
    pub fn cap(&self) -> Cap<Thread> {
        Cap::new(CapIdx(self.info.cap.load(Relaxed)))
    }

    /// Has the thread's [`park`] return: the one that waits, or the next.
    pub fn unpark(&self) {
        if self.info.unparked.value().swap(1, Release) == 0 {
            self.info.unparked.wake(1);
        }
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.info, &other.info)
    }
}

impl Eq for Handle {}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name().unwrap_or("");
        write!(f, "thread {} {name:?}", self.number())
    }
}

/// The calling thread.
///
/// ```
/// let me = l4re::thread::current();
/// me.unpark();
/// // Does not wait, since it was told so.
/// l4re::thread::park();
/// ```
pub fn current() -> Handle {
    own_info(|info| Handle::new(info.clone()))
}

/// Waits until somebody [unparks](Handle::unpark) the calling thread, if nobody has since the last
/// time.
pub fn park() {
    park_until(None);
}

/// As [`park`], for no longer than `time`. Whether it was in time.
pub fn park_timeout(time: Duration) -> bool {
    park_until(Some(Instant::now() + time))
}

fn park_until(until: Option<Instant>) -> bool {
    own_info(|info| {
        loop {
            if info.unparked.value().swap(0, Acquire) == 1 {
                return true;
            }
            if info.unparked.wait(0, until) == Wait::TimedOut {
                return info.unparked.value().swap(0, Acquire) == 1;
            }
        }
    })
}
