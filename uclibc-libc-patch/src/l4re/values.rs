//! Constants that are pointers, structures or limits of the compiler's own types.

use super::*;

pub const INT_MIN: c_int = c_int::MIN;
pub const INT_MAX: c_int = c_int::MAX;

pub const EOF: c_int = -1;
pub const MAP_FAILED: *mut c_void = !0 as *mut c_void;
pub const SEM_FAILED: *mut sem_t = core::ptr::null_mut();
pub const RTLD_DEFAULT: *mut c_void = core::ptr::null_mut();
pub const RTLD_NEXT: *mut c_void = -1isize as *mut c_void;

pub const SIG_DFL: sighandler_t = 0;
pub const SIG_IGN: sighandler_t = 1;
pub const SIG_ERR: sighandler_t = !0;

pub const IN6ADDR_ANY_INIT: in6_addr = in6_addr { s6_addr: [0; 16] };
pub const IN6ADDR_LOOPBACK_INIT: in6_addr = in6_addr {
    s6_addr: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
};

pub const _PATH_BSHELL: *const c_char = c"/bin/sh".as_ptr();
pub const _PATH_DEFPATH: *const c_char = c"/usr/bin:/bin".as_ptr();

statics! {
    static in6addr_any: in6_addr;
    static in6addr_loopback: in6_addr;
}

constants! {
    c_uint {
        GRND_NONBLOCK = 1;
        GRND_RANDOM = 2;
        GRND_INSECURE = 4;
    }
    c_ulong {
        AT_NULL = 0;
        AT_IGNORE = 1;
        AT_EXECFD = 2;
        AT_PHDR = 3;
        AT_PHENT = 4;
        AT_PHNUM = 5;
        AT_PAGESZ = 6;
        AT_BASE = 7;
        AT_FLAGS = 8;
        AT_ENTRY = 9;
        AT_UID = 11;
        AT_EUID = 12;
        AT_GID = 13;
        AT_EGID = 14;
        AT_PLATFORM = 15;
        AT_HWCAP = 16;
        AT_CLKTCK = 17;
        AT_SECURE = 23;
        AT_RANDOM = 25;
        AT_HWCAP2 = 26;
        AT_EXECFN = 31;
    }
}
