//! The end of threads.
//!
//! A thread cannot free its own stack. Whoever joins it deletes it; if nobody wants to any more,
//! the thread puts itself into a list, and the next one that makes a thread empties that.
#![allow(unsafe_code)]

use super::Thread;
use super::current::Info;
use super::local::Values;
use super::stack::Stack;
use super::start::Tls;
use super::utcb::UtcbSlot;
use crate::atomic::AtomicPtr;
use crate::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use crate::atomic::program_static;
use crate::cap::OwnedCap;
use crate::sync::{Parking, Wait};
use crate::time::Instant;
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::ptr::{self, null_mut};

/// What a thread runs on. The fields are dropped in this order: the thread first.
pub(super) struct Resources {
    pub(super) thread: OwnedCap<Thread>,
    pub(super) _stack: Stack,
    pub(super) _utcb: UtcbSlot,
    pub(super) _tls: Tls,
}

/// The thread has ended.
const ENDED: u32 = 1;
/// Nobody will join it.
const DETACHED: u32 = 2;

/// A thread, from its start until it is deleted. It belongs to whoever deletes it: until then
/// there is but the pointer.
pub(super) struct Running {
    info: Arc<Info>,
    state: Parking,
    /// Taken by who deletes the thread.
    resources: UnsafeCell<Option<Resources>>,
    next: AtomicPtr<Running>,
}

program_static! {
    /// Threads that have ended and that nobody joins.
    static ENDED_ALONE: AtomicPtr<Running> = AtomicPtr::new(null_mut());
}

impl Running {
    pub(super) fn new(info: Arc<Info>, resources: Resources) -> Self {
        info.set_cap(resources.thread.idx());
        Running {
            info,
            state: Parking::new(0),
            resources: UnsafeCell::new(Some(resources)),
            next: AtomicPtr::new(null_mut()),
        }
    }

    pub(super) fn info(&self) -> *const Info {
        Arc::as_ptr(&self.info)
    }

    pub(super) fn values(&self) -> &Values {
        &self.info.values
    }

    /// The thread's own last words: nothing that it holds may be needed behind this.
    pub(super) fn end(&self) {
        let before = self.state.value().fetch_or(ENDED, AcqRel);
        if before & DETACHED == 0 {
            self.state.wake(usize::MAX);
            return;
        }
        let own = ptr::from_ref(self).cast_mut();
        let mut first = ENDED_ALONE.load(Relaxed);
        loop {
            self.next.store(first, Relaxed);
            match ENDED_ALONE.compare_exchange_weak(first, own, Release, Relaxed) {
                Ok(_) => return,
                Err(now) => first = now,
            }
        }
    }
}

/// Deletes the threads that have ended alone.
pub(super) fn reap() {
    let mut next = ENDED_ALONE.swap(null_mut(), Acquire);
    while !next.is_null() {
        let this = next;
        // SAFETY: it is in the list, so it has ended alone, and nobody else has the list now.
        unsafe {
            next = (*this).next.load(Relaxed);
            delete(this);
        }
    }
}

/// Deletes a thread, and frees what it used.
///
/// # Safety
/// The thread has ended (or never started), and nobody else deletes it.
unsafe fn delete(thread: *mut Running) {
    // SAFETY: the pointer was a box's (`Owner::new`), and is nobody's else now. The thread runs
    // no more than `end` and its sleep until it is deleted, which comes first: `resources` is
    // dropped in the order of its fields.
    unsafe {
        let resources = (*(*thread).resources.get()).take();
        drop(resources);
        drop(alloc::boxed::Box::from_raw(thread));
    }
}

/// The right to join a thread. If dropped, the thread goes on alone.
pub(super) struct Owner {
    thread: *mut Running,
}

// SAFETY: what is behind the pointer is used by atomic operations, or by who deletes the thread.
unsafe impl Send for Owner {}
// SAFETY: what is behind the pointer is used by atomic operations, or by who deletes the thread.
unsafe impl Sync for Owner {}

impl Owner {
    pub(super) fn new(thread: Running) -> Self {
        Owner {
            thread: alloc::boxed::Box::into_raw(alloc::boxed::Box::new(thread)),
        }
    }

    pub(super) fn as_ptr(&self) -> *const Running {
        self.thread
    }

    fn running(&self) -> &Running {
        // SAFETY: it is deleted by `join` or `drop` alone, or in time behind `drop`.
        unsafe { &*self.thread }
    }

    pub(super) fn info(&self) -> &Arc<Info> {
        &self.running().info
    }

    pub(super) fn has_ended(&self) -> bool {
        self.running().state.value().load(Acquire) & ENDED != 0
    }

    /// Waits until the thread has ended. Whether it has in time.
    pub(super) fn wait(&self, until: Option<Instant>) -> bool {
        while !self.has_ended() {
            if self.running().state.wait(0, until) == Wait::TimedOut {
                return self.has_ended();
            }
        }
        true
    }

    /// Deletes a thread that has not been started.
    ///
    /// # Safety
    /// It does not run.
    pub(super) unsafe fn discard(self) {
        // SAFETY: the thread does not run (contract of this function), and nobody else deletes it:
        // the owner is used up.
        unsafe { delete(self.thread) };
        core::mem::forget(self);
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let before = self.running().state.value().fetch_or(DETACHED, SeqCst);
        if before & ENDED != 0 {
            // SAFETY: it has ended, and knew that somebody would delete it.
            unsafe { delete(self.thread) };
        }
    }
}
