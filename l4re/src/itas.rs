//! What stays of the loader in a program's task.
#![allow(unsafe_code)]

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::{Plain, Reader, Writer};
use crate::thread::Thread;
use l4re_sys::re::itas as op;
use l4re_sys::{MapItem, ObjRights, proto};

pub use op::{ITimerVal, SigAction, SigStack, TimeVal};

/// The part of the loader that stays in a program's task (`L4Re::Itas`, `l4/re/itas`). It handles
/// the faults of the program's threads, and is where the C library's signals come from. Where
/// there is none, the environment's capability is not valid.
#[derive(Debug)]
pub enum Itas {}

impl Object for Itas {
    const PROTOCOL: i64 = proto::ITAS;
}

impl Cap<Itas> {
    fn request(self, w: &Writer) -> Result<Reader> {
        let tag = ipc::transact(self.idx(), w.tag(proto::ITAS)?, Buffers::None)?;
        Ok(Reader::new(tag))
    }

    fn about<T: Plain>(self, w: &mut Writer, thread: Cap<Thread>) -> Result<T> {
        w.cap(thread, ObjRights::RWS);
        self.request(w)?.get()
    }

    /// Makes a new thread known: it is bound to the task, with its UTCB at `utcb`, and gets pager
    /// and exception handler. `parent` is the thread whose signals it inherits to block.
    ///
    /// # Errors
    /// What it answers, or an IPC error.
    ///
    /// # Safety
    /// `utcb` is a free place for a UTCB, in memory that the task shares with the kernel.
    pub unsafe fn register_thread(
        self,
        parent: Cap<Thread>,
        thread: Cap<Thread>,
        utcb: u64,
    ) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::REGISTER_THREAD).put(utcb);
        w.item(MapItem::cap(parent.idx(), ObjRights::RWS));
        w.item(MapItem::cap(thread.idx(), ObjRights::RWS));
        self.request(&w).map(drop)
    }

    /// Has it forget a thread, which is to be deleted now: nobody handles its faults any more.
    ///
    /// # Errors
    /// What it answers, or an IPC error.
    pub fn unregister_thread(self, thread: Cap<Thread>) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::UNREGISTER_THREAD).cap(thread, ObjRights::RWS);
        self.request(&w).map(drop)
    }

    /// What happens at a signal.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if there is no such signal; an IPC error.
    pub fn action(self, signal: i32) -> Result<SigAction> {
        let action = SigAction {
            flags: op::IGNORE_SIGACTION,
            ..crate::msg::zeroed()
        };
        // SAFETY: nothing is set.
        unsafe { self.set_action(signal, action) }
    }

    /// Sets what happens at a signal; returns what happened before.
    ///
    /// # Errors
    /// As [`action`](Self::action).
    ///
    /// # Safety
    /// The handler and the code that ends it are sound to run in any thread, at any place.
    pub unsafe fn set_action(self, signal: i32, action: SigAction) -> Result<SigAction> {
        let mut w = Writer::new();
        w.put(op::SIGACTION).put(signal).put(action);
        self.request(&w)?.get()
    }

    /// Sets the stack of a thread's handlers; returns that of before.
    ///
    /// # Errors
    /// What it answers, or an IPC error.
    ///
    /// # Safety
    /// The memory is the handlers' own.
    pub unsafe fn set_stack(self, thread: Cap<Thread>, stack: SigStack) -> Result<SigStack> {
        let mut w = Writer::new();
        w.put(op::SIGALTSTACK).put(stack);
        self.about(&mut w, thread)
    }

    /// Sets which signals a thread blocks: `how` is the C library's `SIG_BLOCK`, `SIG_UNBLOCK` or
    /// `SIG_SETMASK`, or -1 to only ask. Returns those that it blocked.
    ///
    /// # Errors
    /// What it answers, or an IPC error.
    pub fn set_mask(self, thread: Cap<Thread>, how: i32, set: u64) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::SIGPROCMASK).put(how).put(set);
        self.about(&mut w, thread)
    }

    /// The signals that wait until a thread does not block them.
    ///
    /// # Errors
    /// What it answers, or an IPC error.
    pub fn pending(self, thread: Cap<Thread>) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::SIGPENDING);
        self.about(&mut w, thread)
    }

    /// Sets a timer that signals (`which` as in C); returns what it was.
    ///
    /// # Errors
    /// What it answers, or an IPC error.
    pub fn set_timer(self, which: i32, value: ITimerVal) -> Result<ITimerVal> {
        let mut w = Writer::new();
        w.put(op::SETITIMER).put(which).put(value);
        self.request(&w)?.get()
    }

    /// A timer that signals.
    ///
    /// # Errors
    /// What it answers, or an IPC error.
    pub fn timer(self, which: i32) -> Result<ITimerVal> {
        let mut w = Writer::new();
        w.put(op::GETITIMER).put(which);
        self.request(&w)?.get()
    }

    /// Signals the calling thread, whose own capability is `thread`.
    ///
    /// # Errors
    /// What it answers, or an IPC error.
    pub fn raise(self, thread: Cap<Thread>, signal: i32) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::RAISE).put(signal).cap(thread, ObjRights::RWS);
        self.request(&w).map(drop)
    }
}
