//! Threads: registers, the UTCB, and what the scheduler and IPC keep of them.

use super::binding::Binding;
use super::irq::{Irq, PendingTag};
use super::task::{Task, ThreadsTag};
use super::thread_group::{MemberTag, ThreadGroup};
use super::{Handle, Header, KObject, Kind};
use crate::arch::cpu::{self, USER_CS, USER_CS32, USER_DS, USER_FLAGS, USER_FLAGS_SET};
use crate::arch::entry::Exit;
use crate::arch::paging::USER_END;
use crate::ipc;
use crate::ipc::queue::{WaitQueue, Waiter};
use crate::ipc::state::{Ipc, Message, ReplyCap};
use crate::mem::slab::{Slab, Slot};
use crate::sched;
use crate::sched::ready::{Prioritised, ReadyTag};
use crate::sched::timeout::TimeoutTag;
use crate::util::budget::{Budget, Unfinished};
use crate::util::list::{Link, Linked, List};
use crate::util::tree::{InTree, TreeLink};
use core::cell::{Cell, UnsafeCell};
use core::mem::offset_of;
use core::ptr::NonNull;
use l4re_sys::cap::CapIdx;
use l4re_sys::exc_regs::ExcRegs;
use l4re_sys::utcb::{self, Utcb};

/// Bytes of the x87, SSE and AVX registers as `xsave64` writes them: the 512 of `fxsave64`, a header
/// of 64, and the upper halves of the AVX registers.
pub const FPU_AREA_SIZE: usize = 832;

/// State of the x87, SSE and AVX registers.
#[repr(C, align(64))]
struct Fpu(UnsafeCell<[u8; FPU_AREA_SIZE]>);

impl Fpu {
    /// Control word 0x37f and MXCSR 0x1f80: all exceptions masked, double rounding. By its
    /// header all other registers are as after a reset.
    const INITIAL: [u8; FPU_AREA_SIZE] = {
        let mut area = [0; FPU_AREA_SIZE];
        area[0] = 0x7f;
        area[1] = 0x03;
        area[24] = 0x80;
        area[25] = 0x1f;
        area
    };
}

/// A thread.
#[repr(C, align(64))]
pub struct Thread {
    header: Header,
    /// How to go back to user mode.
    pub exit: Cell<Exit>,
    /// Whether the thread ever used the floating-point unit.
    pub fpu_used: Cell<bool>,
    /// 0 to 255; changed by `sched::set_priority` only.
    pub priority: Cell<u8>,
    /// What the thread does in an IPC.
    pub ipc: Cell<Ipc>,
    /// What the thread has of what it needs to run for the first time. Zeros, as a stale
    /// reference reads them, are a thread that cannot run.
    has: Cell<Has>,
    _pad: u8,
    regs: UnsafeCell<ExcRegs>,
    fpu: Fpu,
    /// All that the thread has of its task.
    pub binding: Binding,
    /// Length of a time slice.
    pub quantum_us: Cell<u64>,
    /// What was left of the time slice when the thread was preempted; 0: a new one is due.
    pub slice_left_us: Cell<u64>,
    /// Whom page faults go to, in the thread's own task.
    pub pager: Cell<CapIdx>,
    /// Whom exceptions go to, in the thread's own task.
    pub exc_handler: Cell<CapIdx>,
    /// What the thread sends, while it sends or waits for the answer.
    pub message: Message,
    /// Whose answer the thread waits for, while it waits for a reply.
    pub partner: Cell<Handle<Thread>>,
    /// Whether the thread's system calls are told to its exception handler.
    pub alien: Cell<Alien>,
    /// Changes with every wait for a reply: a reply capability names it.
    pub call_number: Cell<u64>,
    /// The caller that this thread owes a reply.
    pub reply: Cell<ReplyCap>,
    /// Those that want to send to this thread.
    pub senders: WaitQueue,
    /// Interrupts for this thread that it has not taken yet.
    pub irqs: List<Irq, PendingTag>,
    /// Consumed processor time in ticks of its counter, up to the last switch.
    pub ticks: Cell<u64>,
    /// Triggered when a gate that is bound to the thread is deleted.
    pub deletion_irq: Cell<Handle<Irq>>,
    /// The group that the thread belongs to.
    pub group: Cell<Handle<ThreadGroup>>,
    /// How far a system call came that is made again.
    pub progress: Cell<Progress>,
    /// Ties the thread to the group.
    pub group_link: Link<Thread, MemberTag>,
    ready_link: Link<Thread, ReadyTag>,
    timeout_link: TreeLink<Thread, TimeoutTag>,
    /// The thread's place among those that wait to send, or for a semaphore.
    pub waiter: Waiter,
    next_free: Cell<Option<&'static Thread>>,
    #[cfg(any(test, feature = "checks"))]
    all_link: Link<Thread, crate::checks::AllTag>,
}

/// How far a system call came that is made again to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What tells the call from others; 0: there is none.
    pub of: u64,
    /// Where it goes on, as the operation counts.
    pub at: u64,
}

impl Progress {
    /// No system call is made again.
    pub const NONE: Self = Self { of: 0, at: 0 };
}

/// Whether a thread is one whose system calls somebody else looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alien {
    /// No.
    No,
    /// Its next system call becomes an exception.
    Yes,
    /// It is about to raise the exception for a system call.
    Begins,
    /// Its next system call is let through, and its end becomes an exception.
    LetThrough,
    /// The system call that was let through goes on; its end becomes an exception.
    Ends,
}

/// What a new thread lacks; bits.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Has(u8);

impl Has {
    const TASK: u8 = 1;
    const IP: u8 = 2;
    const SCHED: u8 = 4;
    const NOTHING: Has = Has(0);
    const ALL: Has = Has(7);
}

const _: () = {
    assert!(
        Thread::REGS_OFFSET % 16 == 8,
        "the processor aligns its stack to 16 on a trap"
    );
    assert!(
        size_of::<Thread>() <= crate::mem::slab::largest(2) || cfg!(any(test, feature = "checks")),
        "two threads to a page"
    );
};

// SAFETY: `repr(C)`, the header first, allocated from THREADS only.
unsafe impl KObject for Thread {}

impl Slot for Thread {
    const VACANT: Self = Self {
        header: Header::vacant(Kind::Thread),
        exit: Cell::new(Exit::Iret),
        fpu_used: Cell::new(false),
        priority: Cell::new(0),
        ipc: Cell::new(Ipc::None),
        has: Cell::new(Has::NOTHING),
        _pad: 0,
        regs: UnsafeCell::new(ExcRegs::ZERO),
        fpu: Fpu(UnsafeCell::new(Fpu::INITIAL)),
        binding: Binding::none(),
        quantum_us: Cell::new(0),
        slice_left_us: Cell::new(0),
        pager: Cell::new(CapIdx::INVALID),
        exc_handler: Cell::new(CapIdx::INVALID),
        message: Message::NONE,
        partner: Cell::new(Handle::NONE),
        alien: Cell::new(Alien::No),
        call_number: Cell::new(0),
        reply: Cell::new(ReplyCap::NONE),
        senders: WaitQueue::new(),
        irqs: List::new(),
        ticks: Cell::new(0),
        deletion_irq: Cell::new(Handle::NONE),
        group: Cell::new(Handle::NONE),
        progress: Cell::new(Progress::NONE),
        group_link: Link::new(),
        ready_link: Link::new(),
        timeout_link: TreeLink::new(),
        waiter: Waiter::new(),
        next_free: Cell::new(None),
        #[cfg(any(test, feature = "checks"))]
        all_link: Link::new(),
    };
    const KIND: usize = 1;
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

impl Linked<ReadyTag> for Thread {
    #[inline]
    fn link(&self) -> &Link<Self, ReadyTag> {
        &self.ready_link
    }
}
impl InTree<TimeoutTag> for Thread {
    #[inline]
    fn tree_link(&self) -> &TreeLink<Self, TimeoutTag> {
        &self.timeout_link
    }
}
impl Linked<ThreadsTag> for Thread {
    #[inline]
    fn link(&self) -> &Link<Self, ThreadsTag> {
        &self.binding.link
    }
}
impl Linked<MemberTag> for Thread {
    #[inline]
    fn link(&self) -> &Link<Self, MemberTag> {
        &self.group_link
    }
}
#[cfg(any(test, feature = "checks"))]
impl Linked<crate::checks::AllTag> for Thread {
    fn link(&self) -> &Link<Self, crate::checks::AllTag> {
        &self.all_link
    }
}
impl Prioritised for Thread {
    #[inline]
    fn priority(&self) -> u8 {
        self.priority.get()
    }
}

/// A thread that never runs, for what is still written to a thread that is gone.
pub fn nobody() -> &'static Thread {
    struct Nobody(Thread);
    // SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
    unsafe impl Sync for Nobody {}
    static NOBODY: Nobody = Nobody(Thread::VACANT);
    &NOBODY.0
}

/// Where threads live.
pub static THREADS: Slab<Thread> = Slab::new();

impl Thread {
    /// Where the saved registers stand, for the entry code.
    pub const REGS_OFFSET: usize = offset_of!(Thread, regs);
    /// Where [`Thread::exit`] stands, for the entry code.
    pub const EXIT_OFFSET: usize = offset_of!(Thread, exit);

    /// Makes a new thread of a slot that `obj::create` gave.
    pub fn init(&'static self) {
        #[cfg(any(test, feature = "checks"))]
        crate::checks::born(self);
        self.exit.set(Exit::Iret);
        self.fpu_used.set(false);
        self.priority.set(0);
        self.ipc.set(Ipc::None);
        self.has.set(Has::NOTHING);
        self.update_regs(|regs| *regs = ExcRegs::ZERO);
        // SAFETY: the thread never ran in this life, so that no processor state refers
        // to the area.
        unsafe { *self.fpu.0.get() = Fpu::INITIAL };
        self.quantum_us.set(sched::DEFAULT_QUANTUM_US);
        self.pager.set(CapIdx::INVALID);
        self.exc_handler.set(CapIdx::INVALID);
        self.alien.set(Alien::No);
        self.reply.set(ReplyCap::NONE);
        self.ticks.set(0);
        self.progress.set(Progress::NONE);
        self.deletion_irq.set(Handle::NONE);
    }

    /// The saved registers.
    pub fn regs(&self) -> ExcRegs {
        // SAFETY: the entry code and the kernel, one after the other, are the only ones
        // to touch the block; no reference into it is ever held.
        unsafe { self.regs.get().read() }
    }

    /// Looks at the saved registers in place.
    #[inline]
    pub fn read_regs<R>(&self, look: impl FnOnce(&ExcRegs) -> R) -> R {
        // SAFETY: nobody writes to the block while `look` runs: it gets no way to it but this.
        unsafe { look(&*self.regs.get()) }
    }

    /// Changes the saved registers. Whatever `change` leaves there is made safe to load:
    /// this is the one way by which registers of a user are written, but for what the
    /// processor itself had in them a moment ago.
    pub fn update_regs(&self, change: impl FnOnce(&mut ExcRegs)) {
        let mut regs = self.regs();
        change(&mut regs);
        // SAFETY: the kernel runs on one processor and holds no other reference into the block.
        unsafe { self.regs.get().write(safe_to_load(regs)) }
    }

    /// Saves what the processor had in a user's registers when a system call began.
    #[inline]
    pub fn save_for_syscall(&self, [r10, r9, r8, flags, ip]: [u64; 5], sp: u64) {
        // SAFETY: the kernel runs on one processor and holds no other reference into the block.
        let regs = unsafe { &mut *self.regs.get() };
        regs.r10 = r10;
        regs.r9 = r9;
        regs.r8 = r8;
        regs.flags = flags;
        regs.ip = ip;
        regs.sp = sp;
    }

    /// Notes which trap the saved registers are of. None of that is ever loaded.
    #[inline]
    pub fn set_trap(&self, set: impl FnOnce(&mut u64, &mut u64, &mut u64)) {
        // SAFETY: the kernel runs on one processor and holds no other reference into the block.
        let regs = unsafe { &mut *self.regs.get() };
        set(&mut regs.trapno, &mut regs.err, &mut regs.pfa);
    }

    /// Puts the two results of a system call in place.
    #[inline]
    pub fn set_result(&self, tag: u64, label: u64) {
        // SAFETY: the kernel runs on one processor and holds no other reference into the block.
        // Any value may be loaded into these two.
        let regs = unsafe { &mut *self.regs.get() };
        regs.rax = tag;
        regs.rsi = label;
    }

    /// The end of the block that the processor pushes a trap's frame into.
    #[inline]
    pub fn trap_stack(&self) -> u64 {
        self.regs.get() as u64 + offset_of!(ExcRegs, ss) as u64 + 8
    }

    /// Where the floating-point registers are saved.
    #[inline]
    pub fn fpu_area(&self) -> *mut u8 {
        self.fpu.0.get().cast()
    }

    /// The root of the thread's page tables.
    #[inline]
    pub fn cr3(&self) -> u64 {
        self.binding.cr3()
    }

    /// The user's `fs` and `gs` bases.
    #[inline]
    pub fn segment_bases(&self) -> (u64, u64) {
        self.read_regs(|regs| (regs.fs_base, regs.gs_base))
    }

    /// Sets the base of `fs` or `gs`.
    pub fn set_segment_base(&self, gs: bool, base: u64) {
        self.update_regs(|regs| {
            if gs {
                regs.gs_base = base
            } else {
                regs.fs_base = base
            }
        });
        cpu::reload_bases(self);
    }

    /// The task that the thread runs in.
    #[inline]
    pub fn task(&self) -> Option<&'static Task> {
        self.binding.task()
    }

    /// Whether the thread may be bound to a task: it never was.
    pub fn can_be_bound(&self) -> bool {
        self.has.get().0 & Has::TASK == 0 && !self.has_ended()
    }

    /// Whether the thread has stopped for ever.
    #[inline]
    pub fn has_ended(&self) -> bool {
        matches!(self.ipc.get(), Ipc::Ended)
    }

    /// Binds the thread to a task, once. `utcb` is the kernel's address of the UTCB,
    /// `utcb_address` the task's.
    pub fn bind(&'static self, task: &'static Task, utcb: NonNull<Utcb>, utcb_address: u64) {
        self.binding.bind(self, task, utcb);
        self.set_alien(self.alien.get());
        // User code finds its UTCB's address at gs:0. The word between message and
        // buffer registers is nobody's: it holds the address.
        let word = utcb::BUF_REGS_OFFSET as u64 - 8;
        // SAFETY: the word lies in the UTCB, which is 1024 bytes of kernel-user memory.
        unsafe {
            utcb.cast::<u64>()
                .add(utcb::BUF_REGS_OFFSET / 8 - 1)
                .write(utcb_address)
        };
        self.update_regs(|regs| regs.gs_base = utcb_address + word);
        self.found(Has::TASK);
    }

    /// Makes the thread an alien, or no longer. An alien has no short way to its
    /// capabilities, so that the short way of system calls is closed to it.
    pub fn set_alien(&self, alien: Alien) {
        self.alien.set(alien);
        match self.task() {
            Some(task) if alien == Alien::No => self.binding.caps.look_at(&task.caps),
            _ => self.binding.caps.look_away(),
        }
    }

    /// Notes that the thread has an instruction pointer.
    pub fn has_ip(&'static self) {
        self.found(Has::IP);
    }

    /// Notes that the thread was given to the scheduler.
    pub fn has_sched(&'static self) {
        self.found(Has::SCHED);
    }

    fn found(&'static self, what: u8) {
        let before = self.has.get();
        self.has.set(Has(before.0 | what));
        if before != Has::ALL && self.can_run() {
            sched::wake(self);
        }
    }

    /// Whether the thread could use the processor now.
    #[inline]
    pub fn can_run(&self) -> bool {
        self.has.get() == Has::ALL && matches!(self.ipc.get(), Ipc::None)
    }

    /// Whether the thread has all it needs to run, blocked or not.
    pub fn is_started(&self) -> bool {
        self.has.get() == Has::ALL
    }

    /// The timeout of the thread's IPC has struck.
    pub fn timed_out(&'static self) {
        ipc::timed_out(self);
    }

    /// Has the thread go on by `iret`. A system call comes from 64-bit code; the frame
    /// may still be that of an earlier trap, from 32-bit code.
    pub fn leave_by_iret(&self) {
        if self.exit.replace(Exit::Iret) == Exit::Sysret {
            self.update_regs(|regs| regs.dummy1 = u64::from(USER_CS));
        }
    }

    /// Stops the thread for ever: out of all queues, its partners told, without a task. It
    /// stops with the first call; its partners are told as far as the budget goes.
    pub fn halt(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        self.has.set(Has::NOTHING);
        sched::remove(self);
        sched::timeout::clear(self);
        // Before its interrupts are looked at: another member may take them.
        self.group_link.unlink();
        self.group.set(Handle::NONE);
        if cpu::current().is_some_and(|c| core::ptr::eq(c, self)) {
            cpu::forget_current();
        }
        ipc::leave(self, budget)?;
        self.binding.unbind();
        self.pager.set(CapIdx::INVALID);
        self.exc_handler.set(CapIdx::INVALID);
        self.alien.set(Alien::No);
        Ok(())
    }

    /// The thread's end (from `obj::reap`).
    pub fn destroy(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        self.halt(budget)?;
        #[cfg(any(test, feature = "checks"))]
        crate::checks::gone(self);
        super::release(&THREADS, self);
        Ok(())
    }

    /// Takes over what ports the task may use, which may have had none when the thread was
    /// bound to it. False if there is nothing new.
    pub fn learn_ports(&self) -> bool {
        let Some(task) = self.task() else {
            return false;
        };
        if self.binding.io_bitmap.get() == task.io.get() {
            return false;
        }
        self.binding.io_bitmap.set(task.io.get());
        cpu::reload_io(self);
        true
    }
}

/// Registers that user mode may be entered with: segments and flags are a user's, the
/// instruction pointer and the bases are addresses that the processor takes.
fn safe_to_load(regs: ExcRegs) -> ExcRegs {
    let base = |base| if base < USER_END { base } else { 0 };
    // 32-bit code has no addresses above.
    let narrow = regs.dummy1 == u64::from(USER_CS32) && regs.ip >> 32 == 0;
    ExcRegs {
        dummy1: u64::from(if narrow { USER_CS32 } else { USER_CS }),
        ss: u64::from(USER_DS),
        flags: regs.flags & USER_FLAGS | USER_FLAGS_SET,
        // There is no page at the end: whoever goes on there faults.
        ip: regs.ip.min(USER_END),
        fs_base: base(regs.fs_base),
        gs_base: base(regs.gs_base),
        ..regs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// `iretq` and `sysretq` fault in the kernel on what this leaves out.
        #[test]
        fn whatever_is_written_can_be_loaded(
            cs in prop_oneof![Just(0x1bu64), Just(0x2b), Just(0x08), any::<u64>()],
            ip in any::<u64>(), flags in any::<u64>(), ss in any::<u64>(), bases in any::<(u64, u64)>(),
        ) {
            let regs = safe_to_load(ExcRegs {
                dummy1: cs, ip, flags, ss, fs_base: bases.0, gs_base: bases.1, ..ExcRegs::ZERO
            });
            prop_assert!(regs.ip <= USER_END && regs.fs_base < USER_END && regs.gs_base < USER_END);
            match regs.dummy1 as u16 {
                USER_CS32 => prop_assert!(regs.ip < 1 << 32),
                other => prop_assert_eq!(other, USER_CS),
            }
            prop_assert_eq!(regs.ss, u64::from(USER_DS));
            prop_assert_eq!(regs.flags & !USER_FLAGS, USER_FLAGS_SET & !USER_FLAGS);
        }
    }
}
