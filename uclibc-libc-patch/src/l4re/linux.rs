//! What programs name, and no header of L4Re's has: parts of Linux's interface, most of which
//! the `libc` crate has for L4Re, and functions that only this project's C library has.

use super::*;

types! {
    pub type __u64 = c_ulong;
    pub type Elf32_Relr = u32;
    pub type Elf64_Relr = u64;
    pub type fsword_t = c_long;
    pub type __sword_type = c_long;
    pub type _pthread_descr = *mut c_void;
}

structs! {
    "struct epoll_event" #[repr(packed)] pub struct epoll_event {
        pub events: u32,
        pub u64: u64,
    }
}

constants! {
    c_int {
        EPOLL_CLOEXEC = O_CLOEXEC;
        EPOLLIN = 1;
        EPOLLPRI = 2;
        EPOLLOUT = 4;
        EPOLLERR = 8;
        EPOLLHUP = 16;
        EPOLLRDNORM = 64;
        EPOLLRDBAND = 128;
        EPOLLWRNORM = 256;
        EPOLLWRBAND = 512;
        EPOLLMSG = 1024;
        EPOLLRDHUP = 0x2000;
        EPOLLEXCLUSIVE = 0x10000000;
        EPOLLWAKEUP = 0x20000000;
        EPOLLONESHOT = 0x40000000;
        EPOLLET = c_int::MIN;
        EPOLL_CTL_ADD = 1;
        EPOLL_CTL_DEL = 2;
        EPOLL_CTL_MOD = 3;
        F_OFD_GETLK = 36;
        F_OFD_SETLK = 37;
        F_OFD_SETLKW = 38;
        F_CANCELLK = 1029;
        IPPROTO_BEETPH = 94;
        IPPROTO_MPLS = 137;
        IPV6_PMTUDISC_INTERFACE = 4;
        IPV6_PMTUDISC_OMIT = 5;
        IPV6_MULTICAST_ALL = 29;
        IPV6_ROUTER_ALERT_ISOLATE = 30;
        IPV6_HDRINCL = 36;
        MSG_COPY = 0x4000;
        PTHREAD_PRIO_NONE = 0;
        PTHREAD_PRIO_INHERIT = 1;
        PTHREAD_PRIO_PROTECT = 2;
        FALLOC_FL_KEEP_SIZE = 1;
        FALLOC_FL_PUNCH_HOLE = 2;
        FALLOC_FL_NO_HIDE_STALE = 4;
        FALLOC_FL_COLLAPSE_RANGE = 8;
        FALLOC_FL_ZERO_RANGE = 16;
        FALLOC_FL_INSERT_RANGE = 32;
        FALLOC_FL_UNSHARE_RANGE = 64;
        IPPROTO_MPTCP = 262;
        MAP_SHARED_VALIDATE = 3;
        MAP_SYNC = 0x80000;
        MAP_HUGE_2MB = 0x54000000;
        MAP_HUGE_1GB = 0x78000000;
        SHM_EXEC = 0x8000;
        SO_REUSEPORT = 15;
        SO_PROTOCOL = 38;
        SO_DOMAIN = 39;
        TCP_NOTSENT_LOWAT = 25;
        TCP_CC_INFO = 26;
        TCP_SAVE_SYN = 27;
        TCP_SAVED_SYN = 28;
        TCP_REPAIR_WINDOW = 29;
        TCP_FASTOPEN_CONNECT = 30;
        TCP_ULP = 31;
        TCP_MD5SIG_EXT = 32;
        TCP_FASTOPEN_KEY = 33;
        TCP_FASTOPEN_NO_COOKIE = 34;
        TCP_ZEROCOPY_RECEIVE = 35;
        TCP_INQ = 36;
        TCP_CM_INQ = 36;
        UDP_SEGMENT = 103;
        UDP_GRO = 104;
    }
    c_ulong {
        AT_HWCAP3 = 29;
        AT_HWCAP4 = 30;
        MS_NOSYMFOLLOW = 256;
        MS_LAZYTIME = 0x2000000;
    }
    size_t {
        PIPE_BUF = 4096;
    }
    idtype_t {
        P_PIDFD = 3;
    }
    tcflag_t {
        EXTPROC = 0x10000;
    }
    u16 {
        ARPHRD_CAN = 280;
        EM_ARC_A5 = 93;
    }
}

functions! {
    fn accept4(fd: c_int, addr: *mut sockaddr, len: *mut socklen_t, flags: c_int) -> c_int;
    fn eaccess(path: *const c_char, mode: c_int) -> c_int;
    fn epoll_create(size: c_int) -> c_int;
    fn epoll_create1(flags: c_int) -> c_int;
    fn epoll_ctl(epfd: c_int, op: c_int, fd: c_int, event: *mut epoll_event) -> c_int;
    fn epoll_wait(
        epfd: c_int,
        events: *mut epoll_event,
        maxevents: c_int,
        timeout: c_int,
    ) -> c_int;
    fn fallocate(fd: c_int, mode: c_int, offset: off_t, len: off_t) -> c_int;
    fn grantpt(fd: c_int) -> c_int;
    fn pipe2(fds: *mut c_int, flags: c_int) -> c_int;
    fn pthread_condattr_getclock(
        attr: *const pthread_condattr_t,
        clock_id: *mut clockid_t,
    ) -> c_int;
    fn pthread_condattr_setclock(attr: *mut pthread_condattr_t, clock_id: clockid_t) -> c_int;
    fn ptsname(fd: c_int) -> *mut c_char;
    fn ptsname_r(fd: c_int, buf: *mut c_char, buflen: size_t) -> c_int;
    fn setdomainname(name: *const c_char, len: size_t) -> c_int;
    fn sendfile(out_fd: c_int, in_fd: c_int, offset: *mut off_t, count: size_t) -> ssize_t;
    fn umount2(target: *const c_char, flags: c_int) -> c_int;
    fn unlockpt(fd: c_int) -> c_int;
}

// The crate's own.
pub const __SIZEOF_PTHREAD_ATTR_T: usize = size_of::<pthread_attr_t>();
pub const __SIZEOF_PTHREAD_BARRIER_T: usize = size_of::<pthread_barrier_t>();
pub const __SIZEOF_PTHREAD_BARRIERATTR_T: usize = size_of::<pthread_barrierattr_t>();
pub const __SIZEOF_PTHREAD_COND_COMPAT_T: usize = 12;
pub const __SIZEOF_PTHREAD_COND_T: usize = size_of::<pthread_cond_t>();
pub const __SIZEOF_PTHREAD_CONDATTR_T: usize = size_of::<pthread_condattr_t>();
pub const __SIZEOF_PTHREAD_MUTEX_T: usize = size_of::<pthread_mutex_t>();
pub const __SIZEOF_PTHREAD_MUTEXATTR_T: usize = size_of::<pthread_mutexattr_t>();
pub const __SIZEOF_PTHREAD_RWLOCK_T: usize = size_of::<pthread_rwlock_t>();
pub const __SIZEOF_PTHREAD_RWLOCKATTR_T: usize = size_of::<pthread_rwlockattr_t>();
pub const __LT_SPINLOCK_INIT: c_int = 0;
pub const __LOCK_INITIALIZER: _pthread_fastlock = UNLOCKED;
