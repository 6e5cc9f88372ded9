//! `fcntl.h`, `sys/file.h`.

use super::*;

structs! {
    "struct flock" pub struct flock {
        pub l_type: c_short,
        pub l_whence: c_short,
        pub l_start: off_t,
        pub l_len: off_t,
        pub l_pid: pid_t,
    }

    "struct flock64" pub struct flock64 {
        pub l_type: c_short,
        pub l_whence: c_short,
        pub l_start: off64_t,
        pub l_len: off64_t,
        pub l_pid: pid_t,
    }
}

constants! {
    c_int {
        AT_FDCWD = -100;
        AT_STATX_SYNC_AS_STAT = 0;
        F_DUPFD = 0;
        F_RDLCK = 0;
        F_ULOCK = 0;
        O_LARGEFILE = 0;
        O_RDONLY = 0;
        POSIX_FADV_NORMAL = 0;
        FD_CLOEXEC = 1;
        F_GETFD = 1;
        F_LOCK = 1;
        F_SEAL_SEAL = 1;
        F_WRLCK = 1;
        LOCK_SH = 1;
        O_WRONLY = 1;
        POSIX_FADV_RANDOM = 1;
        F_SEAL_SHRINK = 2;
        F_SETFD = 2;
        F_TLOCK = 2;
        F_UNLCK = 2;
        LOCK_EX = 2;
        O_RDWR = 2;
        POSIX_FADV_SEQUENTIAL = 2;
        F_GETFL = 3;
        F_TEST = 3;
        O_ACCMODE = 3;
        POSIX_FADV_WILLNEED = 3;
        F_SEAL_GROW = 4;
        F_SETFL = 4;
        LOCK_NB = 4;
        POSIX_FADV_DONTNEED = 4;
        F_GETLK = 5;
        POSIX_FADV_NOREUSE = 5;
        F_SETLK = 6;
        F_SETLKW = 7;
        F_SEAL_WRITE = 8;
        F_SETOWN = 8;
        LOCK_UN = 8;
        F_GETOWN = 9;
        F_SEAL_FUTURE_WRITE = 16;
        F_SEAL_EXEC = 32;
        O_CREAT = 64;
        O_EXCL = 128;
        AT_SYMLINK_NOFOLLOW = 256;
        O_NOCTTY = 256;
        AT_EACCESS = 512;
        AT_REMOVEDIR = 512;
        O_TRUNC = 512;
        AT_SYMLINK_FOLLOW = 1024;
        F_SETLEASE = 1024;
        O_APPEND = 1024;
        F_GETLEASE = 1025;
        F_NOTIFY = 1026;
        F_DUPFD_CLOEXEC = 1030;
        F_SETPIPE_SZ = 1031;
        F_GETPIPE_SZ = 1032;
        F_ADD_SEALS = 1033;
        F_GET_SEALS = 1034;
        AT_NO_AUTOMOUNT = 2048;
        O_NDELAY = 2048;
        O_NONBLOCK = 2048;
        AT_EMPTY_PATH = 0x1000;
        O_DSYNC = 0x1000;
        O_FSYNC = 0x1000;
        O_RSYNC = 0x1000;
        O_SYNC = 0x1000;
        AT_STATX_FORCE_SYNC = 0x2000;
        O_ASYNC = 0x2000;
        AT_STATX_DONT_SYNC = 0x4000;
        O_DIRECT = 0x4000;
        AT_STATX_SYNC_TYPE = 0x6000;
        AT_RECURSIVE = 0x8000;
        O_DIRECTORY = 0x10000;
        O_NOFOLLOW = 0x20000;
        O_NOATIME = 0x40000;
        O_CLOEXEC = 0x80000;
        O_PATH = 0x200000;
        O_TMPFILE = 0x410000;
    }
}

functions! {
    fn creat(file: *const c_char, mode: mode_t) -> c_int;
    fn creat64(file: *const c_char, mode: mode_t) -> c_int;
    fn fcntl(fd: c_int, cmd: c_int, ...) -> c_int;
    fn flock(fd: c_int, operation: c_int) -> c_int;
    fn lockf(fd: c_int, cmd: c_int, len: off_t) -> c_int;
    fn open(file: *const c_char, oflag: c_int, ...) -> c_int;
    fn open64(file: *const c_char, oflag: c_int, ...) -> c_int;
    fn openat(fd: c_int, file: *const c_char, oflag: c_int, ...) -> c_int;
    fn openat64(fd: c_int, file: *const c_char, oflag: c_int, ...) -> c_int;
    fn posix_fadvise(fd: c_int, offset: off_t, len: off_t, advise: c_int) -> c_int;
    fn posix_fadvise64(fd: c_int, offset: off64_t, len: off64_t, advise: c_int) -> c_int;
    fn posix_fallocate(fd: c_int, offset: off_t, len: off_t) -> c_int;
    fn posix_fallocate64(fd: c_int, offset: off64_t, len: off64_t) -> c_int;
}
