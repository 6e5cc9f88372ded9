//! `ifaddrs.h`, `net/if.h`.

use super::*;

structs! {
    "struct if_nameindex" pub struct if_nameindex {
        pub if_index: c_uint,
        pub if_name: *mut c_char,
    }

    "struct ifmap" pub struct ifmap {
        pub mem_start: c_ulong,
        pub mem_end: c_ulong,
        pub base_addr: c_ushort,
        pub irq: c_uchar,
        pub dma: c_uchar,
        pub port: c_uchar,
    }

    "struct ifaddrs" pub struct ifaddrs {
        pub ifa_next: *mut ifaddrs,
        pub ifa_name: *mut c_char,
        pub ifa_flags: c_uint,
        pub ifa_addr: *mut sockaddr,
        pub ifa_netmask: *mut sockaddr,
        pub ifa_ifu: *mut sockaddr,
        pub ifa_data: *mut c_void,
    }
}

unions! {
    "" pub union __c_anonymous_ifc_ifcu {
        pub ifcu_buf: *mut c_char,
        pub ifcu_req: *mut ifreq,
    }

    "" pub union __c_anonymous_ifr_ifru {
        pub ifru_addr: sockaddr,
        pub ifru_dstaddr: sockaddr,
        pub ifru_broadaddr: sockaddr,
        pub ifru_netmask: sockaddr,
        pub ifru_hwaddr: sockaddr,
        pub ifru_flags: c_short,
        pub ifru_ifindex: c_int,
        pub ifru_metric: c_int,
        pub ifru_mtu: c_int,
        pub ifru_map: ifmap,
        pub ifru_slave: [c_char; IFNAMSIZ],
        pub ifru_newname: [c_char; IFNAMSIZ],
        pub ifru_data: *mut c_char,
    }

    "struct ifconf" pub struct ifconf {
        pub ifc_len: c_int,
        pub ifc_ifcu: __c_anonymous_ifc_ifcu,
    }

    "struct ifreq" pub struct ifreq {
        pub ifr_name: [c_char; IFNAMSIZ],
        pub ifr_ifru: __c_anonymous_ifr_ifru,
    }
}

pub type __c_anonymous_ifru_map = ifmap;

constants! {
    c_int {
        IFF_UP = 1;
        IFF_BROADCAST = 2;
        IFF_DEBUG = 4;
        IFF_LOOPBACK = 8;
        IFF_POINTOPOINT = 16;
        IFF_NOTRAILERS = 32;
        IFF_RUNNING = 64;
        IFF_NOARP = 128;
        IFF_PROMISC = 256;
        IFF_ALLMULTI = 512;
        IFF_MASTER = 1024;
        IFF_SLAVE = 2048;
        IFF_MULTICAST = 0x1000;
        IFF_PORTSEL = 0x2000;
        IFF_AUTOMEDIA = 0x4000;
        IFF_DYNAMIC = 0x8000;
    }
    size_t {
        IFNAMSIZ = 16;
        IF_NAMESIZE = 16;
    }
}

functions! {
    fn if_freenameindex(ptr: *mut if_nameindex);
    fn if_indextoname(ifindex: c_uint, ifname: *mut c_char) -> *mut c_char;
    fn if_nameindex() -> *mut if_nameindex;
    fn if_nametoindex(ifname: *const c_char) -> c_uint;
    fn getifaddrs(ifap: *mut *mut ifaddrs) -> c_int;
    fn freeifaddrs(ifa: *mut ifaddrs);
}
