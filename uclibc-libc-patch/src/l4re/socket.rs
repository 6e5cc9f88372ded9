//! `asm/socket.h`, `sys/socket.h`, `sys/uio.h`, `sys/un.h`.

use super::*;

structs! {
    "struct cmsghdr" pub struct cmsghdr {
        pub cmsg_len: size_t,
        pub cmsg_level: c_int,
        pub cmsg_type: c_int,
    }

    "struct iovec" pub struct iovec {
        pub iov_base: *mut c_void,
        pub iov_len: size_t,
    }

    "struct linger" pub struct linger {
        pub l_onoff: c_int,
        pub l_linger: c_int,
    }

    "struct msghdr" pub struct msghdr {
        pub msg_name: *mut c_void,
        pub msg_namelen: socklen_t,
        pub msg_iov: *mut iovec,
        pub msg_iovlen: size_t,
        pub msg_control: *mut c_void,
        pub msg_controllen: size_t,
        pub msg_flags: c_int,
    }

    "struct mmsghdr" pub struct mmsghdr {
        pub msg_hdr: msghdr,
        pub msg_len: c_uint,
    }

    "struct sockaddr" pub struct sockaddr {
        pub sa_family: sa_family_t,
        pub sa_data: [c_char; 14],
    }

    "struct sockaddr_storage" pub struct sockaddr_storage {
        pub ss_family: sa_family_t,
        __ss_align: u64,
        __ss_padding: [c_char; 112],
    }

    "struct sockaddr_un" pub struct sockaddr_un {
        pub sun_family: sa_family_t,
        pub sun_path: [c_char; 108],
    }

    "struct ucred" pub struct ucred {
        pub pid: pid_t,
        pub uid: uid_t,
        pub gid: gid_t,
    }

}

constants! {
    c_int {
        AF_UNSPEC = 0;
        PF_UNSPEC = 0;
        SHUT_RD = 0;
        AF_LOCAL = 1;
        AF_UNIX = 1;
        MSG_OOB = 1;
        PF_LOCAL = 1;
        PF_UNIX = 1;
        SCM_RIGHTS = 1;
        SHUT_WR = 1;
        SOCK_STREAM = 1;
        SOL_SOCKET = 1;
        SO_DEBUG = 1;
        AF_INET = 2;
        MSG_PEEK = 2;
        PF_INET = 2;
        SCM_CREDENTIALS = 2;
        SHUT_RDWR = 2;
        SOCK_DGRAM = 2;
        SO_REUSEADDR = 2;
        AF_AX25 = 3;
        PF_AX25 = 3;
        SOCK_RAW = 3;
        SO_TYPE = 3;
        AF_IPX = 4;
        MSG_DONTROUTE = 4;
        MSG_TRYHARD = 4;
        PF_IPX = 4;
        SOCK_RDM = 4;
        SO_ERROR = 4;
        AF_APPLETALK = 5;
        PF_APPLETALK = 5;
        SOCK_SEQPACKET = 5;
        SO_DONTROUTE = 5;
        AF_NETROM = 6;
        PF_NETROM = 6;
        SOCK_DCCP = 6;
        SO_BROADCAST = 6;
        AF_BRIDGE = 7;
        PF_BRIDGE = 7;
        SO_SNDBUF = 7;
        AF_ATMPVC = 8;
        MSG_CTRUNC = 8;
        PF_ATMPVC = 8;
        SO_RCVBUF = 8;
        AF_X25 = 9;
        PF_X25 = 9;
        SO_KEEPALIVE = 9;
        AF_INET6 = 10;
        PF_INET6 = 10;
        SOCK_PACKET = 10;
        SO_OOBINLINE = 10;
        AF_ROSE = 11;
        PF_ROSE = 11;
        SO_NO_CHECK = 11;
        AF_DECnet = 12;
        PF_DECnet = 12;
        SO_PRIORITY = 12;
        AF_NETBEUI = 13;
        PF_NETBEUI = 13;
        SO_LINGER = 13;
        AF_SECURITY = 14;
        PF_SECURITY = 14;
        SO_BSDCOMPAT = 14;
        AF_KEY = 15;
        PF_KEY = 15;
        AF_NETLINK = 16;
        AF_ROUTE = 16;
        PF_NETLINK = 16;
        PF_ROUTE = 16;
        SO_PASSCRED = 16;
        AF_PACKET = 17;
        PF_PACKET = 17;
        SO_PEERCRED = 17;
        AF_ASH = 18;
        PF_ASH = 18;
        SO_RCVLOWAT = 18;
        AF_ECONET = 19;
        PF_ECONET = 19;
        SO_SNDLOWAT = 19;
        AF_ATMSVC = 20;
        PF_ATMSVC = 20;
        SO_RCVTIMEO = 20;
        AF_RDS = 21;
        PF_RDS = 21;
        SO_SNDTIMEO = 21;
        AF_SNA = 22;
        PF_SNA = 22;
        SO_SECURITY_AUTHENTICATION = 22;
        AF_IRDA = 23;
        PF_IRDA = 23;
        SO_SECURITY_ENCRYPTION_TRANSPORT = 23;
        AF_PPPOX = 24;
        PF_PPPOX = 24;
        SO_SECURITY_ENCRYPTION_NETWORK = 24;
        AF_WANPIPE = 25;
        PF_WANPIPE = 25;
        SO_BINDTODEVICE = 25;
        AF_LLC = 26;
        PF_LLC = 26;
        SO_ATTACH_FILTER = 26;
        SO_DETACH_FILTER = 27;
        SO_PEERNAME = 28;
        AF_CAN = 29;
        PF_CAN = 29;
        SCM_TIMESTAMP = 29;
        SO_TIMESTAMP = 29;
        AF_TIPC = 30;
        PF_TIPC = 30;
        SO_ACCEPTCONN = 30;
        AF_BLUETOOTH = 31;
        PF_BLUETOOTH = 31;
        SO_PEERSEC = 31;
        AF_IUCV = 32;
        MSG_TRUNC = 32;
        PF_IUCV = 32;
        AF_RXRPC = 33;
        PF_RXRPC = 33;
        AF_ISDN = 34;
        PF_ISDN = 34;
        AF_PHONET = 35;
        PF_PHONET = 35;
        AF_IEEE802154 = 36;
        PF_IEEE802154 = 36;
        AF_CAIF = 37;
        PF_CAIF = 37;
        AF_ALG = 38;
        PF_ALG = 38;
        AF_NFC = 39;
        PF_NFC = 39;
        AF_VSOCK = 40;
        PF_VSOCK = 40;
        MSG_DONTWAIT = 64;
        MSG_EOR = 128;
        SOMAXCONN = 128;
        SOL_RAW = 255;
        MSG_WAITALL = 256;
        SOL_DECNET = 261;
        SOL_X25 = 262;
        SOL_PACKET = 263;
        SOL_ATM = 264;
        SOL_AAL = 265;
        SOL_IRDA = 266;
        SOL_NETBEUI = 267;
        SOL_LLC = 268;
        SOL_DCCP = 269;
        SOL_NETLINK = 270;
        SOL_TIPC = 271;
        SOL_RXRPC = 272;
        SOL_PPPOL2TP = 273;
        SOL_BLUETOOTH = 274;
        SOL_PNPIPE = 275;
        SOL_RDS = 276;
        SOL_IUCV = 277;
        SOL_CAIF = 278;
        SOL_ALG = 279;
        SOL_NFC = 280;
        SOL_TLS = 282;
        MSG_FIN = 512;
        MSG_SYN = 1024;
        UIO_MAXIOV = 1024;
        MSG_CONFIRM = 2048;
        SOCK_NONBLOCK = 2048;
        MSG_RST = 0x1000;
        MSG_ERRQUEUE = 0x2000;
        MSG_NOSIGNAL = 0x4000;
        MSG_MORE = 0x8000;
        MSG_WAITFORONE = 0x10000;
        SOCK_CLOEXEC = 0x80000;
        MSG_ZEROCOPY = 0x4000000;
        MSG_FASTOPEN = 0x20000000;
        MSG_CMSG_CLOEXEC = 0x40000000;
    }
}

functions! {
    fn accept(fd: c_int, addr: *mut sockaddr, addr_len: *mut socklen_t) -> c_int;
    fn bind(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int;
    fn connect(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int;
    fn getpeername(fd: c_int, addr: *mut sockaddr, len: *mut socklen_t) -> c_int;
    fn getsockname(fd: c_int, addr: *mut sockaddr, len: *mut socklen_t) -> c_int;
    fn getsockopt(
        fd: c_int,
        level: c_int,
        optname: c_int,
        optval: *mut c_void,
        optlen: *mut socklen_t,
    ) -> c_int;
    fn listen(fd: c_int, n: c_int) -> c_int;
    fn preadv(fd: c_int, iovec: *const iovec, count: c_int, offset: off64_t) -> isize;
    fn process_vm_readv(
        pid: pid_t,
        lvec: *const iovec,
        liovcnt: c_ulong,
        rvec: *const iovec,
        riovcnt: c_ulong,
        flags: c_ulong,
    ) -> isize;
    fn process_vm_writev(
        pid: pid_t,
        lvec: *const iovec,
        liovcnt: c_ulong,
        rvec: *const iovec,
        riovcnt: c_ulong,
        flags: c_ulong,
    ) -> isize;
    fn pwritev(fd: c_int, iovec: *const iovec, count: c_int, offset: off64_t) -> isize;
    fn readv(fd: c_int, iovec: *const iovec, count: c_int) -> isize;
    fn recv(fd: c_int, buf: *mut c_void, n: size_t, flags: c_int) -> isize;
    fn recvfrom(
        fd: c_int,
        buf: *mut c_void,
        n: size_t,
        flags: c_int,
        addr: *mut sockaddr,
        addr_len: *mut socklen_t,
    ) -> isize;
    fn recvmmsg(
        fd: c_int,
        vmessages: *mut mmsghdr,
        vlen: size_t,
        flags: c_int,
        tmo: *mut timespec,
    ) -> isize;
    fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> isize;
    fn send(fd: c_int, buf: *const c_void, n: size_t, flags: c_int) -> isize;
    fn sendmmsg(fd: c_int, vmessages: *mut mmsghdr, vlen: size_t, flags: c_int) -> isize;
    fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> isize;
    fn sendto(
        fd: c_int,
        buf: *const c_void,
        n: size_t,
        flags: c_int,
        addr: *const sockaddr,
        addr_len: socklen_t,
    ) -> isize;
    fn setsockopt(
        fd: c_int,
        level: c_int,
        optname: c_int,
        optval: *const c_void,
        optlen: socklen_t,
    ) -> c_int;
    fn shutdown(fd: c_int, how: c_int) -> c_int;
    fn socket(domain: c_int, type_: c_int, protocol: c_int) -> c_int;
    fn socketpair(domain: c_int, type_: c_int, protocol: c_int, fds: *mut c_int) -> c_int;
    fn writev(fd: c_int, iovec: *const iovec, count: c_int) -> isize;
}
