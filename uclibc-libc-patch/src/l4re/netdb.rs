//! `bits/netdb.h`, `netdb.h`.

use super::*;

structs! {
    "struct addrinfo" pub struct addrinfo {
        pub ai_flags: c_int,
        pub ai_family: c_int,
        pub ai_socktype: c_int,
        pub ai_protocol: c_int,
        pub ai_addrlen: socklen_t,
        pub ai_addr: *mut sockaddr,
        pub ai_canonname: *mut c_char,
        pub ai_next: *mut addrinfo,
    }

    "struct hostent" pub struct hostent {
        pub h_name: *mut c_char,
        pub h_aliases: *mut *mut c_char,
        pub h_addrtype: c_int,
        pub h_length: c_int,
        pub h_addr_list: *mut *mut c_char,
    }

    "struct netent" pub struct netent {
        pub n_name: *mut c_char,
        pub n_aliases: *mut *mut c_char,
        pub n_addrtype: c_int,
        pub n_net: u32,
    }

    "struct protoent" pub struct protoent {
        pub p_name: *mut c_char,
        pub p_aliases: *mut *mut c_char,
        pub p_proto: c_int,
    }

    "struct servent" pub struct servent {
        pub s_name: *mut c_char,
        pub s_aliases: *mut *mut c_char,
        pub s_port: c_int,
        pub s_proto: *mut c_char,
    }
}

constants! {
    c_int {
        EAI_OVERFLOW = -12;
        EAI_SYSTEM = -11;
        EAI_MEMORY = -10;
        EAI_SERVICE = -8;
        EAI_SOCKTYPE = -7;
        EAI_FAMILY = -6;
        EAI_NODATA = -5;
        EAI_FAIL = -4;
        EAI_AGAIN = -3;
        EAI_NONAME = -2;
        EAI_BADFLAGS = -1;
        AI_PASSIVE = 1;
        NI_NUMERICHOST = 1;
        AI_CANONNAME = 2;
        NI_NUMERICSERV = 2;
        AI_NUMERICHOST = 4;
        NI_NOFQDN = 4;
        AI_V4MAPPED = 8;
        NI_NAMEREQD = 8;
        AI_ALL = 16;
        NI_DGRAM = 16;
        AI_ADDRCONFIG = 32;
        AI_NUMERICSERV = 1024;
    }
    socklen_t {
        NI_MAXHOST = 1025;
    }
}

functions! {
    fn endnetent();
    fn endservent();
    fn freeaddrinfo(ai: *mut addrinfo);
    fn gai_strerror(ecode: c_int) -> *const c_char;
    fn getaddrinfo(
        name: *const c_char,
        service: *const c_char,
        req: *const addrinfo,
        pai: *mut *mut addrinfo,
    ) -> c_int;
    fn gethostbyaddr(addr: *const c_void, len: socklen_t, type_: c_int) -> *mut hostent;
    fn gethostbyname(name: *const c_char) -> *mut hostent;
    fn getnameinfo(
        sa: *const sockaddr,
        salen: socklen_t,
        host: *mut c_char,
        hostlen: socklen_t,
        serv: *mut c_char,
        servlen: socklen_t,
        flags: c_int,
    ) -> c_int;
    fn getnetbyaddr(net: u32, type_: c_int) -> *mut netent;
    fn getnetbyaddr_r(
        net: u32,
        type_: c_int,
        result_buf: *mut netent,
        buf: *mut c_char,
        buflen: size_t,
        result: *mut *mut netent,
        h_errnop: *mut c_int,
    ) -> c_int;
    fn getnetbyname(name: *const c_char) -> *mut netent;
    fn getnetbyname_r(
        name: *const c_char,
        result_buf: *mut netent,
        buf: *mut c_char,
        buflen: size_t,
        result: *mut *mut netent,
        h_errnop: *mut c_int,
    ) -> c_int;
    fn getnetent() -> *mut netent;
    fn getnetent_r(
        result_buf: *mut netent,
        buf: *mut c_char,
        buflen: size_t,
        result: *mut *mut netent,
        h_errnop: *mut c_int,
    ) -> c_int;
    fn getprotobyname(name: *const c_char) -> *mut protoent;
    fn getprotobynumber(proto: c_int) -> *mut protoent;
    fn getservbyname(name: *const c_char, proto: *const c_char) -> *mut servent;
    fn getservbyport(port: c_int, proto: *const c_char) -> *mut servent;
    fn getservent() -> *mut servent;
    fn hstrerror(err_num: c_int) -> *const c_char;
    fn setnetent(stay_open: c_int);
    fn setservent(stay_open: c_int);
}
