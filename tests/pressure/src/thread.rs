//! Threads by hand, in the program's own task and in others.

use crate::memory::reserve;
use crate::object::{create, delete, run, slots};
use core::arch::{asm, naked_asm};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU64, Ordering};
use l4re::sys::op::thread as op;
use l4re::sys::{CapIdx, Fpage, MapItem, MemRights, ObjRights, proto, utcb};
use test_services::{call, label};

/// What a thread is bound to.
#[derive(Clone, Copy)]
pub struct Bind {
    /// The task.
    pub task: CapIdx,
    /// The UTCB's address there.
    pub utcb: u64,
    /// Who gets its page faults and exceptions, by the task's slots.
    pub pager: CapIdx,
}

/// Binds a thread to a task.
pub fn bind_thread(thread: CapIdx, how: Bind) -> i64 {
    let flags = op::CONTROL_SET_PAGER | op::CONTROL_SET_EXC_HANDLER | op::CONTROL_BIND_TASK;
    let words = [
        op::CONTROL | flags,
        how.pager.0,
        how.pager.0,
        0,
        0,
        how.utcb,
    ];
    let item = MapItem::cap(how.task, ObjRights::RWS);
    label(call(thread, proto::THREAD, &words, Some(item), None))
}

/// Sets instruction and stack pointer; `flags` as `l4_thread_ex_regs()` has them.
pub fn ex_regs(thread: CapIdx, flags: u64, ip: u64, sp: u64) -> i64 {
    label(call(
        thread,
        proto::THREAD,
        &[op::EX_REGS | flags, ip, sp],
        None,
        None,
    ))
}

/// Writes words to memory of the program's.
///
/// # Safety
/// Nobody else uses the memory from `at` on.
pub unsafe fn put_words(at: u64, words: &[u64]) {
    let place = core::ptr::with_exposed_provenance_mut::<u64>(at as usize);
    for (i, word) in words.iter().enumerate() {
        // SAFETY: there is room for the words, which nobody else uses (contract of this function).
        unsafe { place.add(i).write_volatile(*word) };
    }
}

const MAX: usize = 24;
const STACK: usize = 32 << 10;

#[repr(align(4096))]
struct Stacks(UnsafeCell<[[u8; STACK]; MAX]>);

// SAFETY: a stack is used by the one thread that has its number.
unsafe impl Sync for Stacks {}

static STACKS: Stacks = Stacks(UnsafeCell::new([[0; STACK]; MAX]));
static UTCBS: AtomicU64 = AtomicU64::new(0);

/// The base of segment fs of the program's first thread, which the others share: none of them
/// uses thread-local data but to tell of a panic.
static FS_BASE: AtomicU64 = AtomicU64::new(0);

/// Threads in the program's own task, each with a number, a stack and a UTCB.
pub struct Crew {
    caps: CapIdx,
    made: [bool; MAX],
}

impl Crew {
    /// How many threads there can be.
    pub const MAX: usize = MAX;

    /// Makes room for threads. An error is the code of what went wrong.
    pub fn new() -> Result<Self, i64> {
        if UTCBS.load(Ordering::Relaxed) == 0 {
            let order = (MAX * utcb::SIZE).next_power_of_two().ilog2();
            let area = reserve(order).ok_or(-2)?;
            let fpage = Fpage::memory(area, order, MemRights::RW);
            let words = [l4re::sys::op::task::ADD_KU_MEM, fpage.raw()];
            match label(call(CapIdx::TASK, proto::TASK, &words, None, None)) {
                0 => UTCBS.store(area, Ordering::Relaxed),
                error => return Err(error),
            }
            let base: u64;
            // SAFETY: the control block's first word is its own address.
            unsafe { asm!("mov {}, fs:[0]", out(reg) base, options(nostack, readonly)) };
            FS_BASE.store(base, Ordering::Relaxed);
        }
        Ok(Crew {
            caps: slots(MAX as u64),
            made: [false; MAX],
        })
    }

    /// A thread's capability.
    pub fn cap(&self, n: usize) -> CapIdx {
        assert!(n < MAX);
        CapIdx::from_index(self.caps.index() + n as u64)
    }

    /// The address of a thread's UTCB.
    pub fn utcb(&self, n: usize) -> u64 {
        UTCBS.load(Ordering::Relaxed) + (n * utcb::SIZE) as u64
    }

    /// Makes thread `n`, which is to run `f` with `argument`; it does not run yet. The memory
    /// that it uses must be mapped if `pager` is not the program's region map.
    pub fn make(&mut self, n: usize, factory: CapIdx, f: fn(u64), argument: u64) -> i64 {
        let pager = l4re::start::env().rm().idx();
        self.make_paged(n, factory, pager, f, argument)
    }

    /// As [`make`](Self::make), with a pager of choice.
    pub fn make_paged(
        &mut self,
        n: usize,
        factory: CapIdx,
        pager: CapIdx,
        f: fn(u64),
        argument: u64,
    ) -> i64 {
        let how = Bind {
            task: CapIdx::TASK,
            utcb: self.utcb(n),
            pager,
        };
        self.make_in(n, factory, how, f, argument)
    }

    /// As [`make`](Self::make), in another task, which shares the program's memory.
    pub fn make_in(
        &mut self,
        n: usize,
        factory: CapIdx,
        how: Bind,
        f: fn(u64),
        argument: u64,
    ) -> i64 {
        let cap = self.cap(n);
        let code = create(factory, proto::THREAD, None, cap);
        if code < 0 {
            return code;
        }
        self.made[n] = true;
        let code = bind_thread(cap, how);
        if code != 0 {
            return code;
        }
        let sp = STACKS.0.get() as u64 + ((n + 1) * STACK) as u64 - 32;
        // SAFETY: the stack is this thread's, which does not run yet.
        unsafe {
            put_words(
                sp,
                &[
                    f as *const () as u64,
                    argument,
                    FS_BASE.load(Ordering::Relaxed),
                ],
            )
        };
        ex_regs(cap, 0, entry as *const () as u64, sp).min(0)
    }

    /// Makes thread `n` and lets it run.
    pub fn spawn(&mut self, n: usize, prio: u64, f: fn(u64), argument: u64) -> Result<(), i64> {
        let factory = l4re::start::env().factory().idx();
        match self
            .make(n, factory, f, argument)
            .min(run(self.cap(n), prio))
        {
            0 => Ok(()),
            error => Err(error),
        }
    }

    /// Ends a thread.
    pub fn end(&mut self, n: usize) {
        if core::mem::take(&mut self.made[n]) {
            delete(self.cap(n));
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for n in 0..MAX {
            self.end(n);
        }
    }
}

/// Where a thread starts: on its stack are what it is to run, the argument, and the base of fs.
#[unsafe(naked)]
extern "C" fn entry() -> ! {
    naked_asm!(
        "xor ebp, ebp",
        "mov rdi, [rsp]",
        "mov rsi, [rsp + 8]",
        "mov rdx, [rsp + 16]",
        "and rsp, -16",
        "call {start}",
        "ud2",
        start = sym start,
    )
}

/// # Safety
/// `f` is the address of a `fn(u64)`.
unsafe extern "C" fn start(f: usize, argument: u64, fs_base: u64) -> ! {
    const SET: u64 = op::AMD64_SET_SEGMENT_BASE | op::SEGMENT_FS << op::SEGMENT_SHIFT;
    call(CapIdx::INVALID, proto::THREAD, &[SET, fs_base], None, None);
    // SAFETY: `f` is the address of a function of this type (contract of this function).
    let f = unsafe { core::mem::transmute::<usize, fn(u64)>(f) };
    f(argument);
    l4re::time::sleep_forever()
}
