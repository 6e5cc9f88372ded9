//! The part of the loader that stays in a program's task ([`proto::ITAS`](crate::proto::ITAS)):
//! it keeps the program's threads, and what POSIX calls signals.

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi! {
    in "l4/re/itas" {
        /// In: UTCB's address (8, word); items: parent thread, the new thread.
        REGISTER_THREAD: u32 = 0 => "L4Re::Itas::register_thread";
        /// Items: the thread.
        UNREGISTER_THREAD: u32 = 1 => "L4Re::Itas::unregister_thread";
        /// In: the signal (4, 4 bytes), [`SigAction`] (8). Out: the one of before (0).
        SIGACTION: u32 = 2 => "L4Re::Itas::sigaction";
        /// In: [`SigStack`] (8); item: the thread. Out: the one of before (0).
        SIGALTSTACK: u32 = 3 => "L4Re::Itas::sigaltstack";
        /// In: what to do (4, 4 bytes), signals (8, word); item: the thread. Out: the signals of
        /// before (0, word).
        SIGPROCMASK: u32 = 4 => "L4Re::Itas::sigprocmask";
        /// Item: the thread. Out: signals (0, word).
        SIGPENDING: u32 = 5 => "L4Re::Itas::sigpending";
        /// In: which (4, 4 bytes), [`ITimerVal`] (8). Out: the one of before (0).
        SETITIMER: u32 = 6 => "L4Re::Itas::setitimer";
        /// In: which (4, 4 bytes). Out: [`ITimerVal`] (0).
        GETITIMER: u32 = 7 => "L4Re::Itas::getitimer";
        /// In: the signal (4, 4 bytes); item: the thread.
        RAISE: u32 = 8 => "L4Re::Itas::raise";
        /// Of [`SigAction::flags`]: the action stays as it is.
        IGNORE_SIGACTION: u64 = 0xffff_ffff => "L4Re::Itas::Ignore_sigaction";
    }
}

abi_struct! {
    /// What happens at a signal (L4Re's uClibc).
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct SigAction = "sigaction" in "signal.h" {
        /// The address of the handler.
        handler: u64 => "__sigaction_handler",
        /// Flags.
        flags: u64 => "sa_flags",
        /// The address of the code that ends the handler.
        restorer: u64 => "sa_restorer",
        /// The signals that are blocked meanwhile.
        mask: u64 => "sa_mask",
    }
}

abi_struct! {
    /// The stack of a thread's signal handlers.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct SigStack = "sigaltstack" in "signal.h" {
        /// Its lowest address.
        sp: u64 => "ss_sp",
        /// Flags; -1: the stack stays as it is.
        flags: i32 => "ss_flags",
        /// Not used: 0.
        padding: [u8; 4],
        /// Its size in bytes.
        size: u64 => "ss_size",
    }
}

abi_struct! {
    /// A time.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct TimeVal = "timeval" in "sys/time.h" {
        /// Seconds.
        sec: i64 => "tv_sec",
        /// Microseconds.
        usec: i64 => "tv_usec",
    }
}

abi_struct! {
    /// A timer that signals.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct ITimerVal = "itimerval" in "sys/time.h" {
        /// How often.
        interval: TimeVal => "it_interval",
        /// When next.
        value: TimeVal => "it_value",
    }
}
