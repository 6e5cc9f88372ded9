//! `bits/sched.h`, `sched.h`.

use super::*;

structs! {
    "struct __sched_param" pub struct __sched_param {
        pub __sched_priority: c_int,
    }

    "cpu_set_t" pub struct cpu_set_t {
        pub(super) bits: [c_ulong; 16],
    }

    "struct sched_param" pub struct sched_param {
        pub sched_priority: c_int,
    }
}

constants! {
    c_int {
        CLONE_IO = -2147483648;
        SCHED_OTHER = 0;
        SCHED_FIFO = 1;
        SCHED_RR = 2;
        SCHED_BATCH = 3;
        SCHED_IDLE = 5;
        SCHED_DEADLINE = 6;
        CSIGNAL = 255;
        CLONE_VM = 256;
        CLONE_FS = 512;
        CLONE_FILES = 1024;
        CPU_SETSIZE = 1024;
        CLONE_SIGHAND = 2048;
        CLONE_PTRACE = 0x2000;
        CLONE_VFORK = 0x4000;
        CLONE_PARENT = 0x8000;
        CLONE_THREAD = 0x10000;
        CLONE_NEWNS = 0x20000;
        CLONE_SYSVSEM = 0x40000;
        CLONE_SETTLS = 0x80000;
        CLONE_PARENT_SETTID = 0x100000;
        CLONE_CHILD_CLEARTID = 0x200000;
        CLONE_DETACHED = 0x400000;
        CLONE_UNTRACED = 0x800000;
        CLONE_CHILD_SETTID = 0x1000000;
        CLONE_NEWUTS = 0x4000000;
        CLONE_NEWIPC = 0x8000000;
        CLONE_NEWUSER = 0x10000000;
        CLONE_NEWPID = 0x20000000;
        CLONE_NEWNET = 0x40000000;
        SCHED_RESET_ON_FORK = 0x40000000;
    }
}

functions! {
    fn clone(
        func: extern "C" fn(*mut c_void) -> c_int,
        child_stack: *mut c_void,
        flags: c_int,
        arg: *mut c_void,
        ...
    ) -> c_int;
    fn sched_get_priority_max(algorithm: c_int) -> c_int;
    fn sched_get_priority_min(algorithm: c_int) -> c_int;
    fn sched_getaffinity(pid: pid_t, cpusetsize: size_t, cpuset: *mut cpu_set_t) -> c_int;
    fn sched_getcpu() -> c_int;
    fn sched_getparam(pid: pid_t, param: *mut sched_param) -> c_int;
    fn sched_getscheduler(pid: pid_t) -> c_int;
    fn sched_rr_get_interval(pid: pid_t, t: *mut timespec) -> c_int;
    fn sched_setaffinity(pid: pid_t, cpusetsize: size_t, cpuset: *const cpu_set_t) -> c_int;
    fn sched_setparam(pid: pid_t, param: *const sched_param) -> c_int;
    fn sched_setscheduler(pid: pid_t, policy: c_int, param: *const sched_param) -> c_int;
    fn sched_yield() -> c_int;
    fn setns(fd: c_int, nstype: c_int) -> c_int;
    fn unshare(flags: c_int) -> c_int;
}
