//! Making threads.
#![allow(unsafe_code)]

use super::current::{Handle, Info};
use super::end::{Owner, Resources, Running, reap};
use super::stack::Stack;
use super::start::{Tls, Work, entry_address};
use super::utcb::UtcbSlot;
use super::{Control, Thread, current};
use crate::cap::Cap;
use crate::cap_alloc;
use crate::error::{Error, Result};
use crate::start;
use crate::task::Task;
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::fmt;
use core::time::Duration;
use l4re_sys::consts::MAIN_THREAD_PRIO;
use l4re_sys::{CpuSet, SchedParam};

/// The size of a thread's stack, if nothing else is asked for.
pub const STACK_SIZE: usize = 256 << 10;

/// How a thread is to be made.
#[derive(Clone, Debug)]
#[must_use = "no thread is made before `spawn`"]
pub struct Builder {
    name: Option<String>,
    stack_size: usize,
    param: SchedParam,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            name: None,
            stack_size: STACK_SIZE,
            param: SchedParam::prio(MAIN_THREAD_PRIO),
        }
    }
}

/// Runs `f` in a thread of its own, with the priority of the first thread.
///
/// # Errors
/// As [`Builder::spawn`].
pub fn spawn<F, T>(f: F) -> Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::default().spawn(f)
}

impl Builder {
    /// A thread without a name, with the priority of the first thread, on any processor.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name, for [`Handle::name`].
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The size of the stack in bytes, rounded up to whole pages.
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = size;
        self
    }

    /// The priority, 1 to 255, as far as the program's scheduler allows.
    pub fn prio(mut self, prio: u64) -> Self {
        self.param.prio = prio;
        self
    }

    /// The processors that the thread may run on.
    pub fn cpus(mut self, cpus: CpuSet) -> Self {
        self.param.affinity = cpus;
        self
    }

    /// The time slice: how long the thread runs while another of its priority is ready. 0 is the
    /// kernel's own choice.
    pub fn quantum(mut self, time: Duration) -> Self {
        self.param.quantum = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self
    }

    /// Runs `f` in a thread of its own.
    ///
    /// # Errors
    /// [`Error::NO_MEMORY`] if the factory's quota or the memory is used up;
    /// [`Error::NO_OPERATION`] if the program was not started by this project's run-time system;
    /// whatever else goes wrong on the way.
    pub fn spawn<F, T>(self, f: F) -> Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // SAFETY: nothing is borrowed.
        unsafe { self.spawn_unchecked(f, ()) }
    }

    /// Drops `last` when the thread has nothing of `f` and its result any more.
    ///
    /// # Safety
    /// What `f` and its result borrow lives until `last` is dropped.
    pub(super) unsafe fn spawn_unchecked<'a, F, T>(
        self,
        f: F,
        last: impl Send + 'static,
    ) -> Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'a,
        T: Send + 'a,
    {
        let result = Arc::new(Packet(UnsafeCell::new(None)));
        let to = result.clone();
        let run: Box<dyn FnOnce() + 'a> = Box::new(move || {
            let value = f();
            // SAFETY: the thread writes this once, before it ends; others read it behind that.
            unsafe { *to.0.get() = Some(value) };
            // If nobody waits for the result, it goes here.
            drop(to);
            drop(last);
        });
        // SAFETY: only the lifetime is changed; what the closure borrows outlives the thread
        // (contract of this function).
        let run: Box<dyn FnOnce()> = unsafe { core::mem::transmute(run) };
        let owner = self.start(run)?;
        Ok(JoinHandle { owner, result })
    }

    fn start(self, run: Box<dyn FnOnce()>) -> Result<Owner> {
        reap();
        let env = start::try_env().ok_or(Error::INVALID)?;
        let stack = Stack::new(self.stack_size)?;
        let utcb = UtcbSlot::take()?;
        let tls = Tls::new(stack.end())?;
        let thread = env.factory().create_thread()?;
        let control = Control {
            pager: Some(env.rm().idx()),
            exc_handler: Some(env.rm().idx()),
            bind: Some((Cap::<Task>::THIS, utcb.addr)),
            alien: None,
        };
        // SAFETY: the program's own region map handles the faults, as those of the first thread; the
        // UTCB is this thread's alone (`UtcbSlot`).
        unsafe { thread.control_any(&control)? };
        cap_alloc::pin_thread(thread.idx());
        // The entry takes the address of the work from the top of the stack.
        let top = stack.end() - 16;
        let (cap, tls_base) = (thread.cap(), tls.base());
        let info = Arc::new(Info::new(
            self.name.map(String::into_boxed_str),
            self.param.prio,
        ));
        let owner = Owner::new(Running::new(
            info,
            Resources {
                thread,
                _stack: stack,
                _utcb: utcb,
                _tls: tls,
            },
        ));
        let work = Box::into_raw(Box::new(Work {
            run,
            tls_base,
            thread: owner.as_ptr(),
        }));
        // SAFETY: the stack is the thread's own, and not used yet.
        unsafe {
            core::ptr::with_exposed_provenance_mut::<*mut Work>(top).write(work);
        }
        // SAFETY: the thread has not run yet; the entry runs on its own, fresh stack.
        let started = unsafe { cap.ex_regs(entry_address(), top as u64, 0) }
            .and_then(|_| env.scheduler().run_thread(cap, self.param));
        if let Err(error) = started {
            // SAFETY: the thread does not run, so the work is still ours.
            unsafe {
                drop(Box::from_raw(work));
                owner.discard();
            }
            return Err(error);
        }
        Ok(owner)
    }
}

/// Where the result of a thread goes.
struct Packet<T>(UnsafeCell<Option<T>>);

// SAFETY: written by the thread before its end, read by who joins it behind that.
unsafe impl<T: Send> Sync for Packet<T> {}
// SAFETY: written by the thread before its end, read by who joins it behind that.
unsafe impl<T: Send> Send for Packet<T> {}

/// A thread that has been made. If dropped, the thread goes on alone; what it used is freed in
/// time.
pub struct JoinHandle<T = ()> {
    owner: Owner,
    result: Arc<Packet<T>>,
}

impl<T> JoinHandle<T> {
    /// The thread's capability.
    pub fn thread(&self) -> Cap<Thread> {
        self.handle().cap()
    }

    /// The thread.
    pub fn handle(&self) -> Handle {
        Handle::new(self.owner.info().clone())
    }

    /// Whether the thread has ended: joining does not wait then.
    pub fn is_finished(&self) -> bool {
        self.owner.has_ended()
    }

    /// Waits until the thread has ended, frees what it used, and returns its result.
    ///
    /// # Errors
    /// [`Error::INVALID`] if this is the calling thread itself.
    pub fn join(self) -> Result<T> {
        self.join_until(None).map_err(|_| Error::INVALID)?
    }

    /// As [`join`](Self::join), for no longer than `time`.
    ///
    /// # Errors
    /// The thread, if it has not ended.
    pub fn join_timeout(self, time: Duration) -> Result<Result<T>, Self> {
        self.join_until(Some(Instant::now() + time))
    }

    fn join_until(self, until: Option<Instant>) -> Result<Result<T>, Self> {
        if current() == self.handle() {
            return Ok(Err(Error::INVALID));
        }
        if !self.owner.wait(until) {
            return Err(self);
        }
        let JoinHandle { owner, result } = self;
        // The thread goes first: it has the packet no more.
        drop(owner);
        // SAFETY: the thread has written it and ended.
        let value = unsafe { (*result.0.get()).take() };
        // A thread ends by returning its result; there is no other way.
        Ok(value.ok_or(Error::INVALID))
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinHandle({:?})", self.handle())
    }
}
