//! Where this project's uClibc-ng, of an older version than L4Re's and another build, is not as
//! the module: L4Re's values are the module's.

/// Things of the module by name: constants, functions, types as C has them, and fields as
/// `struct stat.st_dev`.
pub struct Exception {
    /// The names; a `*` stands for any letters.
    pub names: &'static [&'static str],
    /// Why; as in docs/std.md.
    pub reason: &'static str,
}

/// What no header of L4Re's has, and programs name.
pub const FOREIGN: [Exception; 3] = [
    Exception {
        names: &[
            "AT_HWCAP3",
            "AT_HWCAP4",
            "ARPHRD_CAN",
            "Elf32_Relr",
            "Elf64_Relr",
            "EM_ARC_A5",
            "EPOLL*",
            "EXTPROC",
            "F_CANCELLK",
            "F_OFD_*",
            "FALLOC_FL_*",
            "IPPROTO_BEETPH",
            "IPPROTO_MPLS",
            "IPPROTO_MPTCP",
            "IPV6_HDRINCL",
            "IPV6_MULTICAST_ALL",
            "IPV6_PMTUDISC_INTERFACE",
            "IPV6_PMTUDISC_OMIT",
            "IPV6_ROUTER_ALERT_ISOLATE",
            "MAP_HUGE_1GB",
            "MAP_HUGE_2MB",
            "MAP_SHARED_VALIDATE",
            "MAP_SYNC",
            "MSG_COPY",
            "MS_LAZYTIME",
            "MS_NOSYMFOLLOW",
            "PIPE_BUF",
            "PTHREAD_PRIO_*",
            "P_PIDFD",
            "SHM_EXEC",
            "SO_DOMAIN",
            "SO_PROTOCOL",
            "SO_REUSEPORT",
            "TCP_CC_INFO",
            "TCP_CM_INQ",
            "TCP_FASTOPEN_*",
            "TCP_INQ",
            "TCP_MD5SIG_EXT",
            "TCP_NOTSENT_LOWAT",
            "TCP_REPAIR_WINDOW",
            "TCP_SAVE*",
            "TCP_ULP",
            "TCP_ZEROCOPY_RECEIVE",
            "UDP_GRO",
            "UDP_SEGMENT",
            "__u64",
            "fsword_t",
            "struct epoll_event*",
        ],
        reason: "parts of Linux's interface that the released crate or programs have for L4Re",
    },
    Exception {
        names: &["__sword_type", "_pthread_descr"],
        reason: "names of C that are not seen outside its headers",
    },
    Exception {
        names: &[
            "accept4",
            "eaccess",
            "epoll_*",
            "fallocate",
            "grantpt",
            "pipe2",
            "pthread_condattr_getclock",
            "pthread_condattr_setclock",
            "ptsname*",
            "sendfile",
            "setdomainname",
            "umount2",
            "unlockpt",
        ],
        reason: "not in L4Re's own library: a program that calls one links with this project's alone",
    },
];

/// What it does not declare, or declares otherwise.
pub const LACKING: [Exception; 8] = [
    Exception {
        names: &[
            "EM_TILEGX",
            "EM_TILEPRO",
            "F_ADD_SEALS",
            "F_GET_SEALS",
            "F_SEAL_*",
            "GRND_INSECURE",
            "IBSHIFT",
            "MAP_FIXED_NOREPLACE",
            "O_TMPFILE",
            "RLIMIT_RTTIME",
            "RUSAGE_THREAD",
            "SCHED_DEADLINE",
            "SEEK_DATA",
            "SEEK_HOLE",
            "explicit_bzero",
            "getauxval",
            "getentropy",
            "getloadavg",
            "gettid",
            "memfd_create",
            "prlimit*",
            "process_vm_*",
            "reallocarray",
        ],
        reason: "newer than version 1.0.35",
    },
    Exception {
        names: &[
            "AT_HWCAP3",
            "AT_HWCAP4",
            "ARPHRD_CAN",
            "Elf32_Relr",
            "Elf64_Relr",
            "EM_ARC_A5",
            "EPOLLEXCLUSIVE",
            "EPOLLWAKEUP",
            "EXTPROC",
            "F_CANCELLK",
            "F_OFD_*",
            "IPPROTO_BEETPH",
            "IPPROTO_MPLS",
            "IPPROTO_MPTCP",
            "IPV6_HDRINCL",
            "IPV6_MULTICAST_ALL",
            "IPV6_PMTUDISC_INTERFACE",
            "IPV6_PMTUDISC_OMIT",
            "IPV6_ROUTER_ALERT_ISOLATE",
            "MAP_HUGE_1GB",
            "MAP_HUGE_2MB",
            "MAP_SHARED_VALIDATE",
            "MAP_SYNC",
            "MSG_COPY",
            "MS_LAZYTIME",
            "MS_NOSYMFOLLOW",
            "P_PIDFD",
            "SHM_EXEC",
            "TCP_CC_INFO",
            "TCP_CM_INQ",
            "TCP_FASTOPEN_*",
            "TCP_INQ",
            "TCP_MD5SIG_EXT",
            "TCP_NOTSENT_LOWAT",
            "TCP_REPAIR_WINDOW",
            "TCP_SAVE*",
            "TCP_ULP",
            "TCP_ZEROCOPY_RECEIVE",
            "UDP_GRO",
            "UDP_SEGMENT",
            "fsword_t",
        ],
        reason: "parts of Linux's interface that the released crate or programs have for L4Re",
    },
    Exception {
        names: &["__pthread_cond_align_t", "__sword_type", "_pthread_descr"],
        reason: "names of C that are not seen outside its headers",
    },
    Exception {
        names: &["STATX_*", "struct statx*", "statx"],
        reason: "newer than version 1.0.35: programs take it from the kernel's headers",
    },
    Exception {
        names: &["getnameinfo", "getrandom", "openpty", "forkpty"],
        reason: "declared otherwise: `int` and `unsigned` for the same widths, one `const` more or less",
    },
    Exception {
        names: &[
            "LC_*_MASK",
            "duplocale",
            "freelocale",
            "locale_t",
            "newlocale",
            "nl_langinfo_l",
            "strftime_l",
            "uselocale",
        ],
        reason: "left out of the build: locales but C's",
    },
    Exception {
        names: &[
            "ACCOUNTING",
            "BOOT_TIME",
            "DEAD_PROCESS",
            "EMPTY",
            "INIT_PROCESS",
            "LOGIN_PROCESS",
            "NEW_TIME",
            "OLD_TIME",
            "RUN_LVL",
            "USER_PROCESS",
            "struct __exit_status*",
            "struct utmpx*",
            "endutxent",
            "getutxent",
            "getutxid",
            "getutxline",
            "pututxline",
            "setutxent",
            "utmpname",
            "utmpxname",
            "backtrace",
            "iconv*",
            "freeifaddrs",
            "getifaddrs",
            "struct ifaddrs*",
        ],
        reason: "left out of the build: records of logins, `iconv`, `backtrace`, lists of network interfaces",
    },
    Exception {
        names: &[
            "l4_umword_t",
            "pthread_attr_t.*",
            "pthread_barrier_t.*",
            "pthread_barrierattr_t.*",
            "pthread_cond_t.__c_*",
            "pthread_cond_t.__padding",
            "pthread_condattr_t.*",
            "pthread_mutex_t.*",
            "pthread_mutexattr_t.*",
            "pthread_rwlock_t.*",
            "pthread_rwlockattr_t.*",
            "sem_t.*",
            "struct _pthread_fastlock*",
            "struct l4_sched_cpu_set_t*",
        ],
        reason: "the insides of locks and threads are NPTL's, of the same size; programs do not look into them",
    },
];

/// What has another value, or another shape.
pub const DIFFERENT: [Exception; 4] = [
    Exception {
        names: &["PTHREAD_RWLOCK_DEFAULT_NP"],
        reason: "a lock of L4Re's prefers writers unless it is made otherwise",
    },
    Exception {
        names: &["RLIMIT_NLIMITS", "RLIM_NLIMITS"],
        reason: "a count of limits, which grew by one",
    },
    Exception {
        names: &["pthread_cond_t.__align"],
        reason: "the insides of locks and threads are NPTL's, of the same size; programs do not look into them",
    },
    Exception {
        names: &["pthread_rwlockattr_t"],
        reason: "aligned to 8 bytes, not to 4; the processor does not mind",
    },
];

/// What the released crate `libc` has otherwise than L4Re's headers. When this list is empty for a
/// version, that version needs no module of ours.
pub const RELEASED: [Exception; 4] = [
    Exception {
        names: &["PTHREAD_STACK_MIN"],
        reason: "16,384 in L4Re's header, which its threads hold to",
    },
    Exception {
        names: &["MS_NOUSER"],
        reason: "a negative `int` in C",
    },
    Exception {
        names: &[
            "__SIZEOF_PTHREAD_ATTR_T",
            "fpos_t",
            "pthread_mutexattr_t",
            "timezone",
        ],
        reason: "of another size",
    },
    Exception {
        names: &[
            "IN6ADDR_*_INIT",
            "PTHREAD_*_INITIALIZER",
            "SEM_FAILED",
            "__LOCK_INITIALIZER",
        ],
        reason: "structures, which are two types in two crates",
    },
];

/// The exception that a name falls under.
pub fn find<'l>(list: &'l [Exception], name: &str) -> Option<&'l Exception> {
    (list.iter()).find(|exception| exception.names.iter().any(|pattern| fits(pattern, name)))
}

/// Whether an exception's name stands for this one.
pub fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((begin, end)) => (name.strip_prefix(begin)).is_some_and(|rest| rest.ends_with(end)),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        assert!(fits("EPERM", "EPERM") && !fits("EPERM", "EPERMX"));
        assert!(fits("LC_*_MASK", "LC_ALL_MASK") && !fits("LC_*_MASK", "LC_ALL"));
        assert!(fits("A*", "A") && !fits("AB*B", "AB"));
    }

    #[test]
    fn the_docs_have_every_reason() {
        let page = include_str!("../../../docs/std.md");
        for exception in FOREIGN
            .iter()
            .chain(&LACKING)
            .chain(&DIFFERENT)
            .chain(&RELEASED)
        {
            assert!(page.contains(exception.reason), "{}", exception.reason);
        }
    }
}
