//! More threads.

mod stack;
mod utcb;

use crate::tls;
use alloc::boxed::Box;
use core::arch::naked_asm;
use l4re::semaphore::Semaphore;
use l4re::task::Task;
use l4re::thread::{Control, Thread};
use l4re::{Cap, OwnedCap, Result, start, time};
use l4re_sys::consts::MAIN_THREAD_PRIO;
use l4re_sys::{SchedParam, Timeout};
use stack::Stack;
use utcb::UtcbSlot;

/// The size of a thread's stack, if nothing else is asked for.
pub const STACK_SIZE: usize = 256 << 10;

/// How a thread is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Builder {
    stack_size: usize,
    prio: u64,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            stack_size: STACK_SIZE,
            prio: MAIN_THREAD_PRIO,
        }
    }
}

/// Runs `f` in a thread of its own, with the priority of the first thread.
///
/// # Errors
/// As [`Builder::spawn`].
pub fn spawn<F: FnOnce() + Send + 'static>(f: F) -> Result<JoinHandle> {
    Builder::default().spawn(f)
}

/// What a new thread runs, and what it needs for that.
struct Work {
    run: Box<dyn FnOnce() + Send>,
    tls_base: u64,
    done: Cap<Semaphore>,
}

impl Builder {
    /// The size of the stack in bytes, rounded up to whole pages.
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = size;
        self
    }

    /// The priority, 1 to 255, as far as the program's scheduler allows.
    pub fn prio(mut self, prio: u64) -> Self {
        self.prio = prio;
        self
    }

    /// Runs `f` in a thread of its own.
    ///
    /// # Errors
    /// [`Error::NO_MEMORY`](l4re::Error::NO_MEMORY) if the factory's quota or the memory is used up; whatever else goes
    /// wrong on the way.
    pub fn spawn<F: FnOnce() + Send + 'static>(self, f: F) -> Result<JoinHandle> {
        let env = start::env();
        let stack = Stack::new(self.stack_size)?;
        let utcb = UtcbSlot::take()?;
        let done = env.factory().create_semaphore()?;
        let tls = tls::Block::new(stack.end());
        let thread = env.factory().create_thread()?;
        thread.control(&Control {
            pager: Some(env.rm().idx()),
            exc_handler: Some(env.rm().idx()),
            bind: Some((Cap::<Task>::THIS, utcb.addr)),
            alien: None,
        })?;
        let work = Box::into_raw(Box::new(Work {
            run: Box::new(f),
            tls_base: tls.base(),
            done: done.cap(),
        }));
        // The entry takes the address of the work from the top of the stack.
        let top = stack.end() - 16;
        // SAFETY: the stack is the thread's own, and not used yet.
        unsafe {
            core::ptr::with_exposed_provenance_mut::<*mut Work>(top).write(work);
        }
        let entry = entry as *const () as u64;
        // SAFETY: the thread has not run yet; the entry runs on its own, fresh stack.
        let started = unsafe { thread.ex_regs(entry, top as u64, 0) }.and_then(|_| {
            env.scheduler()
                .run_thread(thread.cap(), SchedParam::prio(self.prio))
        });
        if let Err(e) = started {
            // SAFETY: the thread does not run, so the work is still ours.
            drop(unsafe { Box::from_raw(work) });
            return Err(e);
        }
        Ok(JoinHandle {
            resources: Some(Resources {
                thread,
                done,
                _stack: stack,
                _utcb: utcb,
                _tls: tls,
            }),
        })
    }
}

/// Where a thread starts: the address of its work is on top of the stack.
#[unsafe(naked)]
extern "C" fn entry() -> ! {
    naked_asm!(
        "xor ebp, ebp",
        "mov rdi, [rsp]",
        "and rsp, -16",
        "call {run}",
        "ud2",
        run = sym run,
    )
}

extern "C" fn run(work: *mut Work) -> ! {
    // SAFETY: `spawn` made it of a box, for this thread alone. The box is gone at the end of the
    // statement: this function never returns, so that it could go later.
    let Work {
        run,
        tls_base,
        done,
    } = *unsafe { Box::from_raw(work) };
    // SAFETY: the block is this thread's, and lives until the thread is deleted.
    unsafe { tls::set_base(tls_base) };
    run();
    // Whoever joins deletes the thread, while it sleeps.
    let _ = done.up();
    time::sleep_forever()
}

/// The fields are dropped in this order: the thread first, then what it uses.
struct Resources {
    thread: OwnedCap<Thread>,
    done: OwnedCap<Semaphore>,
    _stack: Stack,
    _utcb: UtcbSlot,
    _tls: tls::Block,
}

/// A thread that has been made. If dropped, the thread goes on, and what it uses is never freed.
pub struct JoinHandle {
    resources: Option<Resources>,
}

impl JoinHandle {
    /// The thread's capability.
    pub fn thread(&self) -> Cap<Thread> {
        let thread = self.resources.as_ref().map(|r| r.thread.cap());
        thread.unwrap_or(Cap::<Thread>::CURRENT)
    }

    /// Waits until the thread has ended, and frees what it used.
    ///
    /// # Errors
    /// An IPC error: the wait was canceled.
    pub fn join(mut self) -> Result<()> {
        if let Some(resources) = &self.resources {
            resources.done.down(Timeout::NEVER)?;
        }
        drop(self.resources.take());
        Ok(())
    }
}

impl Drop for JoinHandle {
    fn drop(&mut self) {
        // The thread may still run.
        core::mem::forget(self.resources.take());
    }
}
