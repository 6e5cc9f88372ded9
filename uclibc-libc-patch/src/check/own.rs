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

/// What it does not declare, or declares otherwise.
pub const LACKING: [Exception; 7] = [
    Exception {
        names: &[
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
        names: &["STATX_*", "struct statx*", "statx"],
        reason: "newer than version 1.0.35: programs take it from the kernel's headers",
    },
    Exception {
        names: &["getnameinfo", "getrandom", "openpty", "forkpty"],
        reason: "declared otherwise: `int` and `unsigned` for the same widths, one `const` more or less",
    },
    Exception {
        names: &[
            "Dl_info*", "RTLD_*", "dladdr", "dlclose", "dlerror", "dlopen", "dlsym",
        ],
        reason: "left out of the build: shared libraries",
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
        for exception in LACKING.iter().chain(&DIFFERENT) {
            assert!(page.contains(exception.reason), "{}", exception.reason);
        }
    }
}
