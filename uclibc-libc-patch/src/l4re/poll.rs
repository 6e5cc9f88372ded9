//! `poll.h`, `sys/poll.h`, `sys/select.h`.

use super::*;

structs! {
    "fd_set" pub struct fd_set {
        pub(super) fds_bits: [c_long; 16],
    }

    "struct pollfd" pub struct pollfd {
        pub fd: c_int,
        pub events: c_short,
        pub revents: c_short,
    }
}

constants! {
    usize {
        FD_SETSIZE = 1024;
    }
    c_uint {
        NFDBITS = 64;
    }
    c_short {
        POLLIN = 1;
        POLLPRI = 2;
        POLLOUT = 4;
        POLLERR = 8;
        POLLHUP = 16;
        POLLNVAL = 32;
        POLLRDNORM = 64;
        POLLRDBAND = 128;
        POLLWRNORM = 256;
        POLLWRBAND = 512;
        POLLRDHUP = 0x2000;
    }
}

functions! {
    fn poll(fds: *mut pollfd, nfds: nfds_t, timeout: c_int) -> c_int;
    fn ppoll(
        fds: *mut pollfd,
        nfds: nfds_t,
        timeout: *const timespec,
        ss: *const sigset_t,
    ) -> c_int;
    fn pselect(
        nfds: c_int,
        readfds: *mut fd_set,
        writefds: *mut fd_set,
        exceptfds: *mut fd_set,
        timeout: *const timespec,
        sigmask: *const sigset_t,
    ) -> c_int;
    fn select(
        nfds: c_int,
        readfds: *mut fd_set,
        writefds: *mut fd_set,
        exceptfds: *mut fd_set,
        timeout: *mut timeval,
    ) -> c_int;
}
