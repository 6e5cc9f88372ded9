//! What stays of the loader in a program's task.

use crate::cap::Cap;
use crate::error::Result;
use crate::thread::Thread;
use l4re_sys::proto;
use l4re_sys::re::itas::{self, ITimerVal, SigAction, SigStack};

/// The part of the loader that stays in a program's task (`L4Re::Itas`, `l4/re/itas`).
#[l4re::interface(server, protocol = proto::ITAS, name = "L4Re::Itas")]
pub trait Itas {
    /// Binds a new thread to the task, with its UTCB at `utcb`, and handles its faults.
    ///
    /// # Errors
    /// The server's.
    #[op = itas::REGISTER_THREAD]
    fn register_thread(&self, parent: Cap<Thread>, thread: Cap<Thread>, utcb: u64) -> Result<()>;

    /// Forgets a thread, which is about to be deleted.
    ///
    /// # Errors
    /// The server's.
    #[op = itas::UNREGISTER_THREAD]
    fn unregister_thread(&self, thread: Cap<Thread>) -> Result<()>;

    /// Sets what happens at a signal, unless the flags are
    /// [`IGNORE_SIGACTION`](itas::IGNORE_SIGACTION); returns what happened before.
    ///
    /// # Errors
    /// The server's.
    #[op = itas::SIGACTION]
    fn sigaction(&self, signal: i32, action: &SigAction) -> Result<SigAction>;

    /// Sets the stack of a thread's handlers, unless the flags are -1; returns that of before.
    ///
    /// # Errors
    /// The server's.
    #[op = itas::SIGALTSTACK]
    fn sigaltstack(&self, thread: Cap<Thread>, stack: &SigStack) -> Result<SigStack>;

    /// Sets which signals a thread blocks, unless `how` is -1; returns those of before.
    ///
    /// # Errors
    /// The server's.
    #[op = itas::SIGPROCMASK]
    fn sigprocmask(&self, thread: Cap<Thread>, how: i32, set: u64) -> Result<u64>;

    /// The signals that wait until a thread does not block them.
    ///
    /// # Errors
    /// The server's.
    #[op = itas::SIGPENDING]
    fn sigpending(&self, thread: Cap<Thread>) -> Result<u64>;

    /// Sets a timer that signals; returns what it was.
    ///
    /// # Errors
    /// The server's.
    #[op = itas::SETITIMER]
    fn setitimer(&self, which: i32, value: &ITimerVal) -> Result<ITimerVal>;

    /// A timer that signals.
    ///
    /// # Errors
    /// The server's.
    #[op = itas::GETITIMER]
    fn getitimer(&self, which: i32) -> Result<ITimerVal>;

    /// Signals a thread: the caller.
    ///
    /// # Errors
    /// The server's.
    #[op = itas::RAISE]
    fn raise(&self, thread: Cap<Thread>, signal: i32) -> Result<()>;
}
