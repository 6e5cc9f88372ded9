//! Threads of the cases: few, cheap, and ended whatever they do.

use super::{Answer, Msg, Space, case, mr, obj, sleep_ms};
use core::arch::{asm, naked_asm};
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use l4re::region::RmFlags;
use l4re::sys::consts::PAGE_SIZE;
use l4re::sys::elf::{Ehdr, PF_W, PT_LOAD, Phdr};
use l4re::sys::op::thread as op;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, Fpage, MapItem, MemRights, ObjRights, SchedParam, proto, utcb};

/// The priority of a case.
pub const NORMAL: u64 = 20;
/// Below that of a case.
pub const LOW: u64 = 10;
/// Above that of a case.
pub const HIGH: u64 = 30;

const MAX: usize = 16;
const STACK: usize = 32 << 10;

/// Sets the base of segment fs.
const SET_FS_BASE: u64 = op::AMD64_SET_SEGMENT_BASE | op::SEGMENT_FS << op::SEGMENT_SHIFT;

#[repr(align(4096))]
struct Stacks(core::cell::UnsafeCell<[[u8; STACK]; MAX]>);

// SAFETY: a stack is used by the one thread that has its number (`Seat`).
unsafe impl Sync for Stacks {}

static STACKS: Stacks = Stacks(core::cell::UnsafeCell::new([[0; STACK]; MAX]));

/// A stack and, in the program's own task, a UTCB.
struct Seat {
    taken: AtomicBool,
    thread: AtomicU64,
}

static SEATS: [Seat; MAX] = [const {
    Seat {
        taken: AtomicBool::new(false),
        thread: AtomicU64::new(0),
    }
}; MAX];

/// In place of a thread: the seat is taken for good.
const KEPT: u64 = 1;

/// Where the UTCBs of the cases' threads are.
static UTCBS: AtomicU64 = AtomicU64::new(0);

/// The base of segment fs of the program's first thread, which the others share: none of them
/// uses thread-local data but to tell of a panic.
static FS_BASE: AtomicU64 = AtomicU64::new(0);

/// Makes room for threads.
pub fn prepare() -> case::Outcome {
    let size = MAX * utcb::SIZE;
    let rm = l4re::start::env().rm();
    let flags = RmFlags::RESERVED | RmFlags::SEARCH_ADDR;
    let area = rm
        .reserve_area(0, size, flags, size.ilog2() as u8)
        .map_err(|_| -2)?;
    let fpage = Fpage::memory(area, size.ilog2(), MemRights::RW);
    let words = [l4re::sys::op::task::ADD_KU_MEM, fpage.raw()];
    match Msg::new(proto::TASK)
        .words(&words)
        .call(CapIdx::TASK)
        .code()
    {
        0 => {}
        error => return Err(error),
    }
    UTCBS.store(area, Ordering::Relaxed);
    let base: u64;
    // SAFETY: the control block's first word is its own address.
    unsafe { asm!("mov {}, fs:[0]", out(reg) base, options(nostack, readonly)) };
    FS_BASE.store(base, Ordering::Relaxed);
    touch_image();
    Ok(())
}

/// Has all of the program mapped, so that threads with pagers of their own do not miss it.
fn touch_image() {
    unsafe extern "C" {
        /// The start of the program's image, with its ELF header (defined by the linker).
        static __ehdr_start: Ehdr;
    }
    // SAFETY: the linker puts the headers into the first segment, and nobody writes to them.
    let headers = unsafe {
        let image = &raw const __ehdr_start;
        let first = image.byte_add((*image).phoff as usize).cast::<Phdr>();
        core::slice::from_raw_parts(first, usize::from((*image).phnum))
    };
    for segment in headers.iter().filter(|header| header.kind == PT_LOAD) {
        let start = segment.vaddr & !0xfff;
        for page in (start..segment.vaddr + segment.memsz).step_by(PAGE_SIZE) {
            let byte = core::ptr::with_exposed_provenance_mut::<u8>(page as usize);
            // SAFETY: the page is part of the image; an atomic addition of nothing changes
            // nothing.
            unsafe {
                if segment.flags & PF_W != 0 {
                    AtomicU8::from_ptr(byte).fetch_or(0, Ordering::Relaxed);
                } else {
                    byte.read_volatile();
                }
            }
        }
    }
}

/// The UTCB of a seat in the program's own task.
pub fn utcb_addr(seat: usize) -> u64 {
    UTCBS.load(Ordering::Relaxed) + (seat * utcb::SIZE) as u64
}

/// The end of a seat's stack.
pub fn stack_top(seat: usize) -> u64 {
    (STACKS.0.get() as u64) + ((seat + 1) * STACK) as u64
}

/// A thread of a case; it is ended with the case.
#[derive(Clone, Copy)]
pub struct Worker {
    thread: CapIdx,
    seat: usize,
    prio: u64,
}

impl Worker {
    /// Its capability in the program's own task.
    pub fn cap(self) -> CapIdx {
        self.thread
    }

    /// The number of its stack and UTCB.
    pub fn seat(self) -> usize {
        self.seat
    }

    /// Lets it run.
    pub fn start(self) -> case::Outcome {
        match run_thread(self.thread, self.prio) {
            0 => Ok(()),
            error => Err(error),
        }
    }

    /// Sets instruction and stack pointer; see `l4_thread_ex_regs()`.
    pub fn ex_regs(self, flags: u64, ip: u64, sp: u64) -> i64 {
        let words = [op::EX_REGS | flags, ip, sp];
        Msg::new(proto::THREAD)
            .words(&words)
            .call(self.thread)
            .code()
    }

    /// Ends it now. Its seat stays taken until the case ends.
    pub fn delete(self) {
        obj::unmap(
            CapIdx::TASK,
            Fpage::obj(self.thread, 0, ObjRights::RWSD),
            UnmapFlags::DELETE_OBJ,
        );
    }
}

/// Runs a thread with a priority.
pub fn run_thread(thread: CapIdx, prio: u64) -> i64 {
    let param = SchedParam::prio(prio);
    let words = [
        l4re::sys::op::scheduler::RUN_THREAD,
        param.affinity.gran_offset,
        param.affinity.map,
        param.prio,
        param.quantum,
    ];
    let items = [MapItem::cap(thread, ObjRights::RWS)];
    let scheduler = l4re::start::env().scheduler().idx();
    Msg::new(proto::SCHEDULER)
        .words(&words)
        .items(&items)
        .call(scheduler)
        .code()
}

/// Where a thread starts: on top of its stack are the address of its work, and who runs it.
#[unsafe(naked)]
extern "C" fn entry() -> ! {
    naked_asm!(
        "xor ebp, ebp",
        "mov rdi, [rsp]",
        "mov rax, [rsp + 8]",
        "and rsp, -16",
        "call rax",
        "ud2",
    )
}

/// # Safety
/// `work` holds what the calling thread is to run, and is nobody else's.
unsafe extern "C" fn run<F: FnOnce()>(work: *mut F) -> ! {
    let words = [SET_FS_BASE, FS_BASE.load(Ordering::Relaxed)];
    Msg::new(proto::THREAD).words(&words).call(CapIdx::INVALID);
    // SAFETY: `work` is a closure on this stack, which is called once (contract of this function).
    unsafe { work.read()() };
    l4re::time::sleep_forever()
}

/// Puts `work` on a new stack; gives the stack pointer for [`entry`].
///
/// # Safety
/// The stack that ends at `top` is not used yet, and has room for `work`.
unsafe fn put_work<F: FnOnce()>(top: u64, work: F) -> u64 {
    let align = align_of::<F>().max(16);
    let at = (top as usize - size_of::<F>()) & !(align - 1);
    let sp = at - 16;
    // SAFETY: the stack below `top` is the caller's, and has room (contract of this function).
    unsafe {
        core::ptr::with_exposed_provenance_mut::<F>(at).write(work);
        let words = core::ptr::with_exposed_provenance_mut::<usize>(sp);
        words.write(at);
        words.add(1).write(run::<F> as *const () as usize);
    }
    sp as u64
}

/// What a thread is made with; by default in the program's own task, whose region map is its
/// pager.
pub struct Paged {
    /// Capability of the pager, in the thread's task.
    pub pager: CapIdx,
    /// Capability of the exception handler, in the thread's task.
    pub exc_handler: CapIdx,
    /// The task, as the program knows it.
    pub task: CapIdx,
    /// The UTCB; that of the seat if 0.
    pub utcb: u64,
}

impl Paged {
    /// As the program's first thread.
    pub fn own() -> Self {
        let rm = l4re::start::env().rm().idx();
        Paged {
            pager: rm,
            exc_handler: rm,
            task: CapIdx::TASK,
            utcb: 0,
        }
    }
}

/// A thread that does not run yet.
pub fn new<F: FnOnce() + Send + 'static>(prio: u64, f: F) -> Result<Worker, i64> {
    with(prio, Paged::own(), f)
}

/// A thread that does not run yet, with pager and task of choice.
pub fn with<F: FnOnce() + Send + 'static>(prio: u64, how: Paged, f: F) -> Result<Worker, i64> {
    let free = |seat: &Seat| !seat.taken.swap(true, Ordering::Acquire);
    let seat = SEATS.iter().position(free).ok_or(-3)?;
    let thread = obj::thread_cap()?.leak();
    SEATS[seat].thread.store(thread.0, Ordering::Relaxed);
    let utcb = if how.utcb == 0 {
        utcb_addr(seat)
    } else {
        how.utcb
    };
    let flags = op::CONTROL_SET_PAGER | op::CONTROL_SET_EXC_HANDLER | op::CONTROL_BIND_TASK;
    let words = [
        op::CONTROL | flags,
        how.pager.0,
        how.exc_handler.0,
        0,
        0,
        utcb,
    ];
    let items = [MapItem::cap(how.task, ObjRights::RWS)];
    let bound = Msg::new(proto::THREAD)
        .words(&words)
        .items(&items)
        .call(thread)
        .code();
    if bound != 0 {
        return Err(bound);
    }
    let worker = Worker { thread, seat, prio };
    // SAFETY: the seat's stack is this thread's, and not used yet. The heap would not do: a
    // thread that is ended while it holds the heap's lock would end the program with it.
    let sp = unsafe { put_work(stack_top(seat), f) };
    match worker.ex_regs(0, entry as *const () as u64, sp) {
        error if error < 0 => Err(error),
        _ => Ok(worker),
    }
}

/// Runs `f` in a thread of the program's own task.
pub fn spawn<F: FnOnce() + Send + 'static>(prio: u64, f: F) -> Result<Worker, i64> {
    let worker = new(prio, f)?;
    worker.start()?;
    Ok(worker)
}

/// Runs `f` in a thread of the program's own task that has other handlers of its faults. What
/// it touches must be mapped.
pub fn spawn_paged<F: FnOnce() + Send + 'static>(
    prio: u64,
    pager: CapIdx,
    exc_handler: CapIdx,
    f: F,
) -> Result<Worker, i64> {
    let worker = with(
        prio,
        Paged {
            pager,
            exc_handler,
            ..Paged::own()
        },
        f,
    )?;
    worker.start()?;
    Ok(worker)
}

/// Ends all threads of the case, and empties its tasks.
pub fn end_all() {
    let seats = || {
        SEATS
            .iter()
            .filter(|seat| seat.thread.load(Ordering::Relaxed) != KEPT)
    };
    for seat in seats() {
        let thread = CapIdx(seat.thread.swap(0, Ordering::Relaxed));
        if thread.0 != 0 {
            let fpage = Fpage::obj(thread, 0, ObjRights::RWSD);
            obj::unmap(CapIdx::TASK, fpage, UnmapFlags::DELETE_OBJ);
            // SAFETY: the slot is the seat's own, and has just been emptied.
            unsafe { l4re::cap_alloc::free(thread) };
        }
    }
    Space::end_all();
    for seat in seats() {
        seat.taken.store(false, Ordering::Release);
    }
}

static CELLS: [AtomicU64; 32] = [const { AtomicU64::new(0) }; 32];

/// A word that the threads of a case share; 0 when it starts.
pub fn cell(i: usize) -> &'static AtomicU64 {
    &CELLS[i]
}

/// The value of a cell.
pub fn counter(i: usize) -> u64 {
    CELLS[i].load(Ordering::SeqCst)
}

/// Sets a cell.
pub fn put(i: usize, value: u64) {
    CELLS[i].store(value, Ordering::SeqCst);
}

/// Notes an answer: its code, sender's label and first word, in three cells from `i` on.
pub fn note(i: usize, answer: Answer) {
    put(i + 1, answer.label);
    put(i + 2, mr(0));
    put(i, answer.code() as u64);
}

/// All cells zero.
pub fn clear_cells() {
    for cell in &CELLS {
        cell.store(0, Ordering::SeqCst);
    }
}

/// Lets all threads that are ready get as far as they can.
pub fn settle() {
    // A computer that does something else for a while spoils one of them only.
    for _ in 0..4 {
        sleep_ms(1);
    }
}

/// Takes a thread out of those that end with a case.
pub fn keep(worker: Worker) {
    SEATS[worker.seat].thread.store(KEPT, Ordering::Relaxed);
}
