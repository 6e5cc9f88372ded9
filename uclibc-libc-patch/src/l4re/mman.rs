//! `sys/mman.h`.

use super::*;

constants! {
    c_int {
        MADV_NORMAL = 0;
        MAP_FILE = 0;
        POSIX_MADV_NORMAL = 0;
        PROT_NONE = 0;
        MADV_RANDOM = 1;
        MAP_SHARED = 1;
        MCL_CURRENT = 1;
        MREMAP_MAYMOVE = 1;
        MS_ASYNC = 1;
        POSIX_MADV_RANDOM = 1;
        PROT_READ = 1;
        MADV_SEQUENTIAL = 2;
        MAP_PRIVATE = 2;
        MCL_FUTURE = 2;
        MREMAP_FIXED = 2;
        MS_INVALIDATE = 2;
        POSIX_MADV_SEQUENTIAL = 2;
        PROT_WRITE = 2;
        MADV_WILLNEED = 3;
        POSIX_MADV_WILLNEED = 3;
        MADV_DONTNEED = 4;
        MCL_ONFAULT = 4;
        MS_SYNC = 4;
        POSIX_MADV_DONTNEED = 4;
        PROT_EXEC = 4;
        MADV_FREE = 8;
        MADV_REMOVE = 9;
        MADV_DONTFORK = 10;
        MADV_DOFORK = 11;
        MADV_MERGEABLE = 12;
        MADV_UNMERGEABLE = 13;
        MADV_HUGEPAGE = 14;
        MADV_NOHUGEPAGE = 15;
        MAP_TYPE = 15;
        MADV_DONTDUMP = 16;
        MAP_FIXED = 16;
        MADV_DODUMP = 17;
        MADV_WIPEONFORK = 18;
        MADV_KEEPONFORK = 19;
        MAP_HUGE_SHIFT = 26;
        MAP_ANON = 32;
        MAP_ANONYMOUS = 32;
        MAP_HUGE_MASK = 63;
        MAP_32BIT = 64;
        MADV_HWPOISON = 100;
        MAP_GROWSDOWN = 256;
        MAP_DENYWRITE = 2048;
        MAP_EXECUTABLE = 0x1000;
        MAP_LOCKED = 0x2000;
        MAP_NORESERVE = 0x4000;
        MAP_POPULATE = 0x8000;
        MAP_NONBLOCK = 0x10000;
        MAP_STACK = 0x20000;
        MAP_HUGETLB = 0x40000;
        MAP_FIXED_NOREPLACE = 0x100000;
        PROT_GROWSDOWN = 0x1000000;
        PROT_GROWSUP = 0x2000000;
    }
    c_uint {
        MFD_CLOEXEC = 1;
        MLOCK_ONFAULT = 1;
        MFD_ALLOW_SEALING = 2;
        MFD_HUGETLB = 4;
    }
}

functions! {
    fn madvise(addr: *mut c_void, len: size_t, advice: c_int) -> c_int;
    fn memfd_create(name: *const c_char, flags: c_uint) -> c_int;
    fn mlock(addr: *const c_void, len: size_t) -> c_int;
    fn mlock2(addr: *const c_void, length: size_t, flags: c_uint) -> c_int;
    fn mlockall(flags: c_int) -> c_int;
    fn mmap(
        addr: *mut c_void,
        len: size_t,
        prot: c_int,
        flags: c_int,
        fd: c_int,
        offset: off_t,
    ) -> *mut c_void;
    fn mmap64(
        addr: *mut c_void,
        len: size_t,
        prot: c_int,
        flags: c_int,
        fd: c_int,
        offset: off64_t,
    ) -> *mut c_void;
    fn mprotect(addr: *mut c_void, len: size_t, prot: c_int) -> c_int;
    fn mremap(addr: *mut c_void, old_len: size_t, new_len: size_t, flags: c_int, ...) -> *mut c_void;
    fn msync(addr: *mut c_void, len: size_t, flags: c_int) -> c_int;
    fn munlock(addr: *const c_void, len: size_t) -> c_int;
    fn munlockall() -> c_int;
    fn munmap(addr: *mut c_void, len: size_t) -> c_int;
    fn posix_madvise(addr: *mut c_void, len: size_t, advice: c_int) -> c_int;
    fn shm_open(name: *const c_char, oflag: c_int, mode: mode_t) -> c_int;
    fn shm_unlink(name: *const c_char) -> c_int;
}
