//! What a thread keeps of the IPC that it takes part in.

use crate::obj::Handle;
use crate::obj::binding::Bound;
use crate::obj::irq::Irq;
use crate::obj::thread::Thread;
use core::cell::Cell;
use l4re_sys::sysf::Sysf;

/// What a thread does.
#[derive(Clone, Copy)]
pub enum Ipc {
    /// No IPC: it can run.
    None,
    /// It waits until its receiver takes the message: in the queue of a thread, or at a
    /// gate that is not bound yet, or for its timeout alone if it sends to itself.
    Sending,
    /// It waits for a message from anybody, and keeps the caller with itself.
    Receiving,
    /// It waits for a message from anybody, and keeps the caller in this explicit reply
    /// capability of its task.
    ReceivingInto(u32),
    /// It waits for a message from this thread only.
    ReceivingFrom(Handle<Thread>),
    /// It waits for this interrupt only.
    ReceivingIrq(Handle<Irq>),
    /// It waits for whoever holds its reply capability.
    AwaitingReply,
    /// It waits for a semaphore, in the queue of that.
    Down,
    /// It waits for its timeout; nothing else will end it but a cancellation.
    Sleeping,
    /// It takes a message, which needs more than one stay in the kernel: the sender, which is
    /// its partner, goes on with it (`ipc::long`).
    Taking(Wait),
    /// It has stopped for ever, and has no task.
    Ended,
}

/// How a thread waited that takes a message.
#[derive(Clone, Copy)]
pub enum Wait {
    /// As [`Ipc::Receiving`].
    Open,
    /// As [`Ipc::ReceivingInto`].
    Into(u32),
    /// As [`Ipc::ReceivingFrom`], of its partner.
    From,
    /// As [`Ipc::AwaitingReply`].
    Reply,
}

impl Ipc {
    /// Whether it is a wait for a message from anybody.
    #[inline]
    pub fn is_open_wait(self) -> bool {
        matches!(self, Self::Receiving | Self::ReceivingInto(_))
    }
}

/// Where a message comes from, and an answer goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Payload {
    /// The message registers of the thread.
    Utcb,
    /// The kernel, for the thread: a page fault.
    PageFault {
        /// Faulting address, the error bits below.
        address: u64,
        /// Faulting instruction.
        ip: u64,
    },
    /// The kernel, for the thread: use of an I/O port that it may not use.
    IoFault {
        /// The ports, as a flexpage.
        ports: u64,
        /// Faulting instruction.
        ip: u64,
    },
    /// The kernel, for the thread: its registers.
    Exception,
}

/// What a thread sends.
pub struct Message {
    /// The message tag.
    pub tag: Cell<u64>,
    /// The label that the receiver sees.
    pub label: Cell<u64>,
    /// Which phases the system call has.
    pub flags: Cell<Sysf>,
    /// The selector of the system call, for when the send phase is over: it names the reply
    /// capability of the wait that follows.
    pub dest: Cell<u64>,
    /// The receive timeout, for the same time.
    pub timeout: Cell<u32>,
    /// Where the words come from.
    pub payload: Cell<Payload>,
    /// Whether capabilities keep their S right: the capability the message was sent by
    /// had it.
    pub pass_special: Cell<bool>,
}

impl Message {
    /// No message.
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "every use is a new value's first state"
    )]
    pub const NONE: Self = Self {
        tag: Cell::new(0),
        label: Cell::new(0),
        flags: Cell::new(Sysf::empty()),
        dest: Cell::new(0),
        timeout: Cell::new(0),
        payload: Cell::new(Payload::Utcb),
        pass_special: Cell::new(false),
    };
}

/// The right to reply to a caller, once.
#[derive(Clone, Copy)]
pub struct ReplyCap {
    caller: Handle<Thread>,
    number: u64,
}

impl ReplyCap {
    /// Nobody to reply to.
    pub const NONE: Self = Self {
        caller: Handle::NONE,
        number: 0,
    };

    /// The right to answer the wait for a reply that `caller` begins now.
    #[inline(always)]
    pub fn of(caller: Bound) -> Self {
        let number = caller.call_number.get().wrapping_add(1);
        caller.call_number.set(number);
        Self {
            caller: Handle::of(caller.thread()),
            number,
        }
    }

    /// The caller, if it still waits for this very reply.
    #[inline(always)]
    pub fn caller(self) -> Option<Bound> {
        let caller = self.caller.get()?;
        let waits = matches!(caller.ipc.get(), Ipc::AwaitingReply)
            && caller.call_number.get() == self.number;
        waits.then(|| Bound::by_state(caller))
    }
}
