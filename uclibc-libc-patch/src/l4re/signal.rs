//! `signal.h`.

use super::*;

structs! {
    "sigset_t" pub struct sigset_t {
        __val: [c_ulong; 1],
    }

    "struct sigaction" pub struct sigaction {
        pub sa_sigaction: sighandler_t,
        pub sa_flags: c_ulong,
        pub sa_restorer: Option<unsafe extern "C" fn()>,
        pub sa_mask: sigset_t,
    }

    "struct sigevent" pub struct sigevent {
        pub sigev_value: sigval,
        pub sigev_signo: c_int,
        pub sigev_notify: c_int,
        pub sigev_notify_thread_id: c_int,
        __rest: [c_int; 11],
    }

    "siginfo_t" pub struct siginfo_t {
        pub si_signo: c_int,
        pub si_errno: c_int,
        pub si_code: c_int,
        __fields: [u64; 14],
    }

    "union sigval" pub struct sigval {
        pub sival_ptr: *mut c_void,
    }

    "stack_t" pub struct stack_t {
        pub ss_sp: *mut c_void,
        pub ss_flags: c_int,
        pub ss_size: size_t,
    }

}

constants! {
    c_int {
        SI_ASYNCNL = -60;
        SI_TKILL = -6;
        SI_SIGIO = -5;
        SI_ASYNCIO = -4;
        SI_MESGQ = -3;
        SI_TIMER = -2;
        SI_QUEUE = -1;
        SIGEV_SIGNAL = 0;
        SIG_BLOCK = 0;
        SI_USER = 0;
        BUS_ADRALN = 1;
        CLD_EXITED = 1;
        SIGEV_NONE = 1;
        SIGHUP = 1;
        SIG_UNBLOCK = 1;
        SS_ONSTACK = 1;
        TRAP_BRKPT = 1;
        BUS_ADRERR = 2;
        CLD_KILLED = 2;
        SIGEV_THREAD = 2;
        SIGINT = 2;
        SIG_SETMASK = 2;
        SS_DISABLE = 2;
        TRAP_TRACE = 2;
        BUS_OBJERR = 3;
        CLD_DUMPED = 3;
        SIGQUIT = 3;
        CLD_TRAPPED = 4;
        SIGEV_THREAD_ID = 4;
        SIGILL = 4;
        CLD_STOPPED = 5;
        SIGTRAP = 5;
        CLD_CONTINUED = 6;
        SIGABRT = 6;
        SIGIOT = 6;
        SIGBUS = 7;
        SIGFPE = 8;
        SIGKILL = 9;
        SIGUSR1 = 10;
        SIGSEGV = 11;
        SIGUSR2 = 12;
        SIGPIPE = 13;
        SIGALRM = 14;
        SIGTERM = 15;
        SIGSTKFLT = 16;
        SIGCHLD = 17;
        SIGCONT = 18;
        SIGSTOP = 19;
        SIGTSTP = 20;
        SIGTTIN = 21;
        SIGTTOU = 22;
        SIGURG = 23;
        SIGXCPU = 24;
        SIGXFSZ = 25;
        SIGVTALRM = 26;
        SIGPROF = 27;
        SIGWINCH = 28;
        SIGIO = 29;
        SIGPOLL = 29;
        SIGPWR = 30;
        SIGSYS = 31;
        SI_KERNEL = 128;
        MINSIGSTKSZ = 2048;
        SIGSTKSZ = 0x2000;
    }
    c_ulong {
        SA_NOCLDSTOP = 1;
        SA_NOCLDWAIT = 2;
        SA_SIGINFO = 4;
        SA_ONSTACK = 0x8000000;
        SA_RESTART = 0x10000000;
        SA_NODEFER = 0x40000000;
        SA_RESETHAND = 0x80000000;
    }
}

functions! {
    fn __libc_current_sigrtmax() -> c_int;
    fn __libc_current_sigrtmin() -> c_int;
    fn kill(pid: pid_t, sig: c_int) -> c_int;
    fn killpg(pgrp: pid_t, sig: c_int) -> c_int;
    fn raise(sig: c_int) -> c_int;
    fn sigaction(sig: c_int, act: *const sigaction, oact: *mut sigaction) -> c_int;
    fn sigaddset(set: *mut sigset_t, signo: c_int) -> c_int;
    fn sigaltstack(ss: *const stack_t, oss: *mut stack_t) -> c_int;
    fn sigdelset(set: *mut sigset_t, signo: c_int) -> c_int;
    fn sigemptyset(set: *mut sigset_t) -> c_int;
    fn sigfillset(set: *mut sigset_t) -> c_int;
    fn sigismember(set: *const sigset_t, signo: c_int) -> c_int;
    fn signal(sig: c_int, handler: sighandler_t) -> sighandler_t;
    fn sigpending(set: *mut sigset_t) -> c_int;
    fn sigprocmask(how: c_int, set: *const sigset_t, oset: *mut sigset_t) -> c_int;
    fn sigqueue(pid: pid_t, sig: c_int, val: sigval) -> c_int;
    fn sigsuspend(set: *const sigset_t) -> c_int;
    fn sigtimedwait(set: *const sigset_t, info: *mut siginfo_t, timeout: *const timespec) -> c_int;
    fn sigwait(set: *const sigset_t, sig: *mut c_int) -> c_int;
    fn sigwaitinfo(set: *const sigset_t, info: *mut siginfo_t) -> c_int;
}

impl siginfo_t {
    const fn low(&self) -> i32 {
        self.__fields[0] as i32
    }

    const fn high(&self) -> i32 {
        (self.__fields[0] >> 32) as i32
    }

    /// # Safety
    /// The signal is one that tells an address.
    pub const unsafe fn si_addr(&self) -> *mut c_void {
        self.__fields[0] as *mut c_void
    }

    /// # Safety
    /// The signal is one that tells a process.
    pub const unsafe fn si_pid(&self) -> pid_t {
        self.low()
    }

    /// # Safety
    /// The signal is one that tells a user.
    pub const unsafe fn si_uid(&self) -> uid_t {
        self.high() as uid_t
    }

    /// # Safety
    /// The signal is that of a child.
    pub const unsafe fn si_status(&self) -> c_int {
        self.__fields[1] as c_int
    }

    /// # Safety
    /// The signal is that of a child.
    pub const unsafe fn si_utime(&self) -> c_long {
        self.__fields[2] as c_long
    }

    /// # Safety
    /// The signal is that of a child.
    pub const unsafe fn si_stime(&self) -> c_long {
        self.__fields[3] as c_long
    }

    /// # Safety
    /// The signal was sent with a value.
    pub const unsafe fn si_value(&self) -> sigval {
        sigval {
            sival_ptr: self.__fields[1] as *mut c_void,
        }
    }
}
