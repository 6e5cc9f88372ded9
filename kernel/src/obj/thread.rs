//! Threads: registers, the UTCB, and what the scheduler and IPC keep of them.

use super::irq::{Irq, PendingTag};
use super::pf_trampoline::Trampoline;
use super::task::{Task, ThreadsTag};
use super::thread_group::{MemberTag, ThreadGroup};
use super::{Handle, Header, KObject, Kind};
use crate::arch::cpu::{self, USER_CS, USER_DS, USER_FLAGS, USER_FLAGS_SET};
use crate::arch::entry::Exit;
use crate::cap::CapView;
use crate::ipc;
use crate::ipc::state::{Ipc, Message, ReplyCap, SenderTag};
use crate::mem::slab::{Slab, Slot};
use crate::sched;
use crate::sched::ready::{Prioritised, ReadyTag};
use crate::sched::timeout::TimeoutTag;
use crate::util::list::{Link, Linked, List};
use core::cell::{Cell, UnsafeCell};
use core::mem::offset_of;
use core::ptr::NonNull;
use l4re_sys::cap::CapIdx;
use l4re_sys::exc_regs::ExcRegs;
use l4re_sys::utcb::{self, UtcbRef};

/// State of the x87 and SSE registers (`fxsave64`).
#[repr(C, align(16))]
struct Fpu(UnsafeCell<[u8; 512]>);

impl Fpu {
    /// Control word 0x37f and MXCSR 0x1f80: all exceptions masked, double rounding.
    const INITIAL: [u8; 512] = {
        let mut area = [0; 512];
        area[0] = 0x7f;
        area[1] = 0x03;
        area[24] = 0x80;
        area[25] = 0x1f;
        area
    };
}

/// A thread.
#[repr(C, align(16))]
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
    /// What is still missing before the thread may run for the first time.
    missing: Cell<Missing>,
    _pad: u8,
    regs: UnsafeCell<ExcRegs>,
    fpu: Fpu,
    utcb: Cell<*mut utcb::Utcb>,
    utcb_address: Cell<u64>,
    cr3: Cell<u64>,
    /// The I/O ports of the task, if it has any.
    pub io_bitmap: Cell<Option<NonNull<u8>>>,
    task: Cell<Handle<Task>>,
    /// The capabilities of the task; empty while there is none.
    pub caps: CapView,
    /// Length of a time slice.
    pub quantum_us: Cell<u64>,
    /// What was left of the time slice when the thread was preempted; 0: a new one is due.
    pub slice_left_us: Cell<u64>,
    /// How the thread handles page faults itself, if it does.
    pub trampoline: Trampoline,
    /// When the timeout strikes that `sched::timeout` knows of.
    pub timeout_at: Cell<u64>,
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
    pub call_number: Cell<u32>,
    /// Where the next caller is kept, if not in `reply`: the index of an explicit reply
    /// capability of the task.
    pub reply_slot: Cell<Option<u32>>,
    /// The caller that this thread owes a reply.
    pub reply: Cell<ReplyCap>,
    /// Those that want to send to this thread.
    pub senders: List<Thread, SenderTag>,
    /// Interrupts for this thread that it has not taken yet.
    pub irqs: List<Irq, PendingTag>,
    /// Consumed processor time in ticks of its counter, up to the last switch.
    pub ticks: Cell<u64>,
    /// Triggered when a gate that is bound to the thread is deleted.
    pub deletion_irq: Cell<Handle<Irq>>,
    /// The group that the thread belongs to.
    pub group: Cell<Handle<ThreadGroup>>,
    group_link: Link<Thread>,
    ready_link: Link<Thread>,
    timeout_link: Link<Thread>,
    sender_link: Link<Thread>,
    task_link: Link<Thread>,
    next_free: Cell<Option<&'static Thread>>,
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
}

/// What a new thread lacks; bits.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Missing(u8);

impl Missing {
    const TASK: u8 = 1;
    const IP: u8 = 2;
    const SCHED: u8 = 4;
    const ALL: Missing = Missing(7);
}

const _: () = {
    assert!(
        Thread::REGS_OFFSET % 16 == 8,
        "the processor aligns its stack to 16 on a trap"
    );
    assert!(size_of::<Thread>() <= 1360, "three threads to a page");
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
        missing: Cell::new(Missing::ALL),
        _pad: 0,
        regs: UnsafeCell::new(ExcRegs::ZERO),
        fpu: Fpu(UnsafeCell::new(Fpu::INITIAL)),
        utcb: Cell::new(core::ptr::null_mut()),
        utcb_address: Cell::new(0),
        cr3: Cell::new(0),
        io_bitmap: Cell::new(None),
        task: Cell::new(Handle::NONE),
        caps: CapView::empty(),
        quantum_us: Cell::new(0),
        slice_left_us: Cell::new(0),
        trampoline: Trampoline::NONE,
        timeout_at: Cell::new(0),
        pager: Cell::new(CapIdx::INVALID),
        exc_handler: Cell::new(CapIdx::INVALID),
        message: Message::NONE,
        partner: Cell::new(Handle::NONE),
        alien: Cell::new(Alien::No),
        call_number: Cell::new(0),
        reply_slot: Cell::new(None),
        reply: Cell::new(ReplyCap::NONE),
        senders: List::new(),
        irqs: List::new(),
        ticks: Cell::new(0),
        deletion_irq: Cell::new(Handle::NONE),
        group: Cell::new(Handle::NONE),
        group_link: Link::new(),
        ready_link: Link::new(),
        timeout_link: Link::new(),
        sender_link: Link::new(),
        task_link: Link::new(),
        next_free: Cell::new(None),
    };
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

impl Linked<ReadyTag> for Thread {
    fn link(&self) -> &Link<Self> {
        &self.ready_link
    }
}
impl Linked<TimeoutTag> for Thread {
    fn link(&self) -> &Link<Self> {
        &self.timeout_link
    }
}
impl Linked<SenderTag> for Thread {
    fn link(&self) -> &Link<Self> {
        &self.sender_link
    }
}
impl Linked<ThreadsTag> for Thread {
    fn link(&self) -> &Link<Self> {
        &self.task_link
    }
}
impl Linked<MemberTag> for Thread {
    fn link(&self) -> &Link<Self> {
        &self.group_link
    }
}
impl Prioritised for Thread {
    #[inline]
    fn priority(&self) -> u8 {
        self.priority.get()
    }
}

/// Where threads live.
pub static THREADS: Slab<Thread> = Slab::new();

impl Thread {
    /// Where the saved registers stand, for the entry code.
    pub const REGS_OFFSET: usize = offset_of!(Thread, regs);
    /// Where [`Thread::exit`] stands, for the entry code.
    pub const EXIT_OFFSET: usize = offset_of!(Thread, exit);

    /// Makes a new thread of a slot that `obj::create` gave.
    pub fn init(&self) {
        self.exit.set(Exit::Iret);
        self.fpu_used.set(false);
        self.priority.set(0);
        self.ipc.set(Ipc::None);
        self.missing.set(Missing::ALL);
        self.set_regs(ExcRegs {
            dummy1: u64::from(USER_CS),
            ss: u64::from(USER_DS),
            flags: USER_FLAGS_SET,
            ..ExcRegs::ZERO
        });
        // SAFETY: the thread never ran in this life, so that no processor state refers
        // to the area.
        unsafe { *self.fpu.0.get() = Fpu::INITIAL };
        self.quantum_us.set(sched::DEFAULT_QUANTUM_US);
        self.pager.set(CapIdx::INVALID);
        self.exc_handler.set(CapIdx::INVALID);
        self.alien.set(Alien::No);
        self.trampoline.reset();
        self.reply_slot.set(None);
        self.reply.set(ReplyCap::NONE);
        self.ticks.set(0);
        self.deletion_irq.set(Handle::NONE);
    }

    /// The saved registers.
    pub fn regs(&self) -> ExcRegs {
        // SAFETY: the entry code and the kernel, one after the other, are the only ones
        // to touch the block; no reference into it is ever held.
        unsafe { self.regs.get().read() }
    }

    /// Replaces the saved registers.
    pub fn set_regs(&self, regs: ExcRegs) {
        // SAFETY: as in `regs`.
        unsafe { self.regs.get().write(regs) }
    }

    /// Changes the saved registers in place.
    #[inline]
    pub fn with_regs<R>(&self, change: impl FnOnce(&mut ExcRegs) -> R) -> R {
        // SAFETY: as in `regs`; `change` gets no way to this thread's block but this.
        unsafe { change(&mut *self.regs.get()) }
    }

    /// Puts the two results of a system call in place.
    #[inline]
    pub fn set_result(&self, tag: u64, label: u64) {
        self.with_regs(|regs| {
            regs.rax = tag;
            regs.rsi = label;
        });
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
        self.cr3.get()
    }

    /// The user's `fs` and `gs` bases.
    #[inline]
    pub fn segment_bases(&self) -> (u64, u64) {
        self.with_regs(|regs| (regs.fs_base, regs.gs_base))
    }

    /// Sets the base of `fs` or `gs`; the caller has checked that it is canonical.
    pub fn set_segment_base(&self, gs: bool, base: u64) {
        self.with_regs(|regs| {
            if gs {
                regs.gs_base = base
            } else {
                regs.fs_base = base
            }
        });
        cpu::reload_bases(self);
    }

    /// The message registers. Only for threads bound to a task, which all threads are
    /// that ever run or take part in an IPC.
    #[inline]
    pub fn utcb(&self) -> UtcbRef {
        // SAFETY: the UTCB lies in kernel-user memory, which is mapped in the direct map
        // and lives as long as the task; the task's end unbinds its threads.
        unsafe { UtcbRef::new(self.utcb.get()) }
    }

    /// The task that the thread runs in.
    #[inline]
    pub fn task(&self) -> Option<&'static Task> {
        self.task.get().get()
    }

    /// Whether the thread was ever bound to a task.
    pub fn is_bound(&self) -> bool {
        self.missing.get().0 & Missing::TASK == 0
    }

    /// Binds the thread to a task, once. `utcb` is the kernel's address of the UTCB.
    pub fn bind(&'static self, task: &'static Task, utcb: *mut u8, utcb_address: u64) {
        self.utcb.set(utcb.cast());
        self.utcb_address.set(utcb_address);
        self.cr3.set(task.space.cr3());
        self.task.set(Handle::of(task));
        if self.alien.get() == Alien::No {
            self.caps.look_at(&task.caps);
        }
        self.io_bitmap.set(task.io.get());
        task.threads.push_back(self);
        // User code finds its UTCB's address at gs:0. The word between message and
        // buffer registers is nobody's: it holds the address.
        let word = utcb::BUF_REGS_OFFSET as u64 - 8;
        // SAFETY: the word lies in the UTCB, which is 1024 bytes of kernel-user memory.
        unsafe {
            utcb.cast::<u64>()
                .add(utcb::BUF_REGS_OFFSET / 8 - 1)
                .write(utcb_address)
        };
        self.with_regs(|regs| regs.gs_base = utcb_address + word);
        self.found(Missing::TASK);
    }

    /// Makes the thread an alien, or no longer. An alien has no short way to its
    /// capabilities, so that the short way of system calls is closed to it.
    pub fn set_alien(&self, alien: Alien) {
        self.alien.set(alien);
        match self.task() {
            Some(task) if alien == Alien::No => self.caps.look_at(&task.caps),
            _ => self.caps.look_away(),
        }
    }

    /// Notes that the thread has an instruction pointer.
    pub fn has_ip(&'static self) {
        self.found(Missing::IP);
    }

    /// Notes that the thread was given to the scheduler.
    pub fn has_sched(&'static self) {
        self.found(Missing::SCHED);
    }

    fn found(&'static self, what: u8) {
        let before = self.missing.get();
        self.missing.set(Missing(before.0 & !what));
        if before.0 != 0 && self.can_run() {
            sched::wake(self);
        }
    }

    /// Whether the thread could use the processor now.
    #[inline]
    pub fn can_run(&self) -> bool {
        self.missing.get().0 == 0 && matches!(self.ipc.get(), Ipc::None)
    }

    /// Whether the thread has all it needs to run, blocked or not.
    pub fn is_started(&self) -> bool {
        self.missing.get().0 == 0
    }

    /// The timeout of the thread's IPC has struck.
    pub fn timed_out(&'static self) {
        ipc::timed_out(self);
    }

    /// Has the thread go on by `iret`. A system call comes from 64-bit code; the frame
    /// may still be that of an earlier trap, from 32-bit code.
    pub fn leave_by_iret(&self) {
        if self.exit.replace(Exit::Iret) == Exit::Sysret {
            self.with_regs(|regs| {
                regs.dummy1 = u64::from(USER_CS);
                regs.ss = u64::from(USER_DS);
            });
        }
    }

    /// Makes user-given flags safe to load.
    pub fn safe_flags(flags: u64) -> u64 {
        flags & USER_FLAGS | USER_FLAGS_SET
    }

    /// Stops the thread for ever: out of all queues, its partners told.
    pub fn halt(&'static self) {
        self.missing.set(Missing::ALL);
        sched::remove(self);
        sched::timeout::clear(self);
        ipc::leave(self);
        self.caps.look_away();
        self.trampoline.reset();
        self.io_bitmap.set(None);
        // Both may be dead and not yet taken apart: their lists still have the thread.
        if let Some(group) = self.group.get().place() {
            group.leave(self);
        }
        if let Some(task) = self.task.replace(Handle::NONE).place() {
            task.threads.remove(self);
        }
        if cpu::current().is_some_and(|c| core::ptr::eq(c, self)) {
            cpu::forget_current();
        }
    }

    /// The thread's end (from `obj::reap`).
    pub fn destroy(&'static self) {
        self.halt();
        super::release(&THREADS, self);
    }
}
