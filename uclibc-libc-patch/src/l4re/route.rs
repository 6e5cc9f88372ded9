//! `net/route.h`.

use super::*;

structs! {
    "struct rtentry" pub struct rtentry {
        pub rt_pad1: c_ulong,
        pub rt_dst: sockaddr,
        pub rt_gateway: sockaddr,
        pub rt_genmask: sockaddr,
        pub rt_flags: c_ushort,
        pub rt_pad2: c_short,
        pub rt_pad3: c_ulong,
        pub rt_tos: c_uchar,
        pub rt_class: c_uchar,
        pub rt_pad4: [c_short; 3],
        pub rt_metric: c_short,
        pub rt_dev: *mut c_char,
        pub rt_mtu: c_ulong,
        pub rt_window: c_ulong,
        pub rt_irtt: c_ushort,
    }

    "struct in6_rtmsg" pub struct in6_rtmsg {
        pub rtmsg_dst: in6_addr,
        pub rtmsg_src: in6_addr,
        pub rtmsg_gateway: in6_addr,
        pub rtmsg_type: u32,
        pub rtmsg_dst_len: u16,
        pub rtmsg_src_len: u16,
        pub rtmsg_metric: u32,
        pub rtmsg_info: c_ulong,
        pub rtmsg_flags: u32,
        pub rtmsg_ifindex: c_int,
    }
}

constants! {
    c_ushort {
        RTF_UP = 1;
        RTF_GATEWAY = 2;
        RTF_HOST = 4;
        RTF_REINSTATE = 8;
        RTF_DYNAMIC = 16;
        RTF_MODIFIED = 32;
        RTF_MTU = 64;
        RTF_MSS = 64;
        RTF_WINDOW = 128;
        RTF_IRTT = 256;
        RTF_REJECT = 512;
        RTF_STATIC = 1024;
        RTF_XRESOLVE = 2048;
        RTF_NOFORWARD = 0x1000;
        RTF_THROW = 0x2000;
        RTF_NOPMTUDISC = 0x4000;
    }
    u32 {
        RTF_DEFAULT = 0x10000;
        RTF_ALLONLINK = 0x20000;
        RTF_ADDRCONF = 0x40000;
        RTF_LINKRT = 0x100000;
        RTF_NONEXTHOP = 0x200000;
        RTF_CACHE = 0x1000000;
        RTF_FLOW = 0x2000000;
        RTF_POLICY = 0x4000000;
        RTCF_VALVE = 0x200000;
        RTCF_MASQ = 0x400000;
        RTCF_NAT = 0x800000;
        RTCF_DOREDIRECT = 0x1000000;
        RTCF_LOG = 0x2000000;
        RTCF_DIRECTSRC = 0x4000000;
        RTF_LOCAL = 0x80000000;
        RTF_INTERFACE = 0x40000000;
        RTF_MULTICAST = 0x20000000;
        RTF_BROADCAST = 0x10000000;
        RTF_NAT = 0x8000000;
        RTF_ADDRCLASSMASK = 0xf8000000;
    }
    u8 {
        RT_CLASS_UNSPEC = 0;
        RT_CLASS_DEFAULT = 253;
        RT_CLASS_MAIN = 254;
        RT_CLASS_LOCAL = 255;
        RT_CLASS_MAX = 255;
    }
}
