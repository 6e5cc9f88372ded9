//! More threads.

use crate::lock::Mutex;
use crate::tls;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::arch::naked_asm;
use l4re::dataspace::Dataspace;
use l4re::region::RmFlags;
use l4re::semaphore::Semaphore;
use l4re::task::Task;
use l4re::thread::{Control, Thread};
use l4re::{Cap, Error, OwnedCap, Result, start, time};
use l4re_sys::consts::{MAIN_THREAD_PRIO, PAGE_SHIFT, PAGE_SIZE};
use l4re_sys::{Fpage, MemRights, SchedParam, Timeout, utcb};

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
    /// [`Error::NO_MEMORY`] if the factory's quota or the memory is used up; whatever else goes
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

/// A stack with a guard page below.
struct Stack {
    guard: u64,
    size: usize,
    _ds: OwnedCap<Dataspace>,
}

impl Stack {
    fn new(size: usize) -> Result<Self> {
        let rm = start::env().rm();
        let size = size
            .max(PAGE_SIZE)
            .checked_next_multiple_of(PAGE_SIZE)
            .ok_or(Error::NO_MEMORY)?;
        let whole = size.checked_add(PAGE_SIZE).ok_or(Error::NO_MEMORY)?;
        let ds = start::env().mem_alloc().dataspace(size)?;
        let align = PAGE_SHIFT as u8;
        let guard = rm.reserve_area(0, whole, RmFlags::SEARCH_ADDR, align)?;
        let bottom = guard + PAGE_SIZE as u64;
        let flags = RmFlags::RW | RmFlags::IN_AREA;
        // SAFETY: the place is in the area just reserved; the dataspace is kept until the
        // stack is dropped.
        let attached = unsafe { rm.attach_at(bottom, size, flags, ds.cap(), 0, align) };
        if let Err(e) = attached {
            // The area stays reserved if it cannot be freed: address space, no memory.
            let _ = rm.free_area(guard);
            return Err(e);
        }
        Ok(Stack {
            guard,
            size,
            _ds: ds,
        })
    }

    fn end(&self) -> usize {
        self.guard as usize + PAGE_SIZE + self.size
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let rm = start::env().rm();
        // SAFETY: the thread that used the stack is deleted (`Resources`).
        if unsafe { rm.detach(self.guard + PAGE_SIZE as u64) }.is_ok() {
            let _ = rm.free_area(self.guard);
        }
    }
}

/// UTCBs that no thread has.
static FREE_UTCBS: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// A UTCB of a thread's own; free again when dropped.
struct UtcbSlot {
    addr: u64,
}

impl UtcbSlot {
    fn take() -> Result<Self> {
        if let Some(addr) = FREE_UTCBS.lock().pop() {
            return Ok(UtcbSlot { addr });
        }
        // A page of memory shared with the kernel holds several.
        let rm = start::env().rm();
        let flags = RmFlags::RESERVED | RmFlags::SEARCH_ADDR;
        let page = rm.reserve_area(0, PAGE_SIZE, flags, PAGE_SHIFT as u8)?;
        let fpage = Fpage::page(page, MemRights::RW);
        // SAFETY: the place has just been reserved, so nothing is there.
        if let Err(e) = unsafe { Cap::<Task>::THIS.add_ku_mem(fpage) } {
            let _ = rm.free_area(page);
            return Err(e);
        }
        let mut free = FREE_UTCBS.lock();
        free.extend((1..PAGE_SIZE / utcb::SIZE).map(|i| page + (i * utcb::SIZE) as u64));
        Ok(UtcbSlot { addr: page })
    }
}

impl Drop for UtcbSlot {
    fn drop(&mut self) {
        FREE_UTCBS.lock().push(self.addr);
    }
}
