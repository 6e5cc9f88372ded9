//! `bits/resource.h`, `sys/resource.h`.

use super::*;

structs! {
    "struct rlimit" pub struct rlimit {
        pub rlim_cur: rlim_t,
        pub rlim_max: rlim_t,
    }

    "struct rlimit64" pub struct rlimit64 {
        pub rlim_cur: rlim64_t,
        pub rlim_max: rlim64_t,
    }

    "struct rusage" pub struct rusage {
        pub ru_utime: timeval,
        pub ru_stime: timeval,
        pub ru_maxrss: c_long,
        pub ru_ixrss: c_long,
        pub ru_idrss: c_long,
        pub ru_isrss: c_long,
        pub ru_minflt: c_long,
        pub ru_majflt: c_long,
        pub ru_nswap: c_long,
        pub ru_inblock: c_long,
        pub ru_oublock: c_long,
        pub ru_msgsnd: c_long,
        pub ru_msgrcv: c_long,
        pub ru_nsignals: c_long,
        pub ru_nvcsw: c_long,
        pub ru_nivcsw: c_long,
    }
}

constants! {
    c_int {
        PRIO_MIN = -20;
        RUSAGE_CHILDREN = -1;
        PRIO_PROCESS = 0;
        RUSAGE_SELF = 0;
        PRIO_PGRP = 1;
        RUSAGE_THREAD = 1;
        PRIO_USER = 2;
        PRIO_MAX = 20;
    }
    __rlimit_resource_t {
        RLIMIT_CPU = 0;
        RLIMIT_FSIZE = 1;
        RLIMIT_DATA = 2;
        RLIMIT_STACK = 3;
        RLIMIT_CORE = 4;
        RLIMIT_RSS = 5;
        RLIMIT_NPROC = 6;
        RLIMIT_NOFILE = 7;
        RLIMIT_MEMLOCK = 8;
        RLIMIT_AS = 9;
        RLIMIT_LOCKS = 10;
        RLIMIT_SIGPENDING = 11;
        RLIMIT_MSGQUEUE = 12;
        RLIMIT_NICE = 13;
        RLIMIT_RTPRIO = 14;
        RLIMIT_RTTIME = 15;
        RLIMIT_NLIMITS = 16;
        RLIM_NLIMITS = 16;
    }
    rlim_t {
        RLIM_INFINITY = 0xffffffffffffffff;
        RLIM_SAVED_CUR = 0xffffffffffffffff;
        RLIM_SAVED_MAX = 0xffffffffffffffff;
    }
    rlim64_t {
        RLIM64_INFINITY = 0xffffffffffffffff;
    }
}

functions! {
    fn getpriority(which: __priority_which_t, who: id_t) -> c_int;
    fn getrlimit(resource: __rlimit_resource_t, rlimits: *mut rlimit) -> c_int;
    fn getrlimit64(resource: __rlimit_resource_t, rlimits: *mut rlimit64) -> c_int;
    fn getrusage(who: c_int, usage: *mut rusage) -> c_int;
    fn prlimit(
        pid: pid_t,
        resource: __rlimit_resource_t,
        new_limit: *const rlimit,
        old_limit: *mut rlimit,
    ) -> c_int;
    fn prlimit64(
        pid: pid_t,
        resource: __rlimit_resource_t,
        new_limit: *const rlimit64,
        old_limit: *mut rlimit64,
    ) -> c_int;
    fn setpriority(which: __priority_which_t, who: id_t, prio: c_int) -> c_int;
    fn setrlimit(resource: __rlimit_resource_t, rlimits: *const rlimit) -> c_int;
    fn setrlimit64(resource: __rlimit_resource_t, rlimits: *const rlimit64) -> c_int;
}
