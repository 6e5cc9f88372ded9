//! `net/if_arp.h`.

use super::*;

structs! {
    "struct arphdr" pub struct arphdr {
        pub ar_hrd: u16,
        pub ar_pro: u16,
        pub ar_hln: u8,
        pub ar_pln: u8,
        pub ar_op: u16,
    }

    "struct arpreq" pub struct arpreq {
        pub arp_pa: sockaddr,
        pub arp_ha: sockaddr,
        pub arp_flags: c_int,
        pub arp_netmask: sockaddr,
        pub arp_dev: [c_char; 16],
    }

    "struct arpreq_old" pub struct arpreq_old {
        pub arp_pa: sockaddr,
        pub arp_ha: sockaddr,
        pub arp_flags: c_int,
        pub arp_netmask: sockaddr,
    }

    "struct arpd_request" pub struct arpd_request {
        pub req: c_ushort,
        pub ip: u32,
        pub dev: c_ulong,
        pub stamp: c_ulong,
        pub updated: c_ulong,
        pub ha: [c_uchar; MAX_ADDR_LEN],
    }
}

constants! {
    u16 {
        ARPOP_REQUEST = 1;
        ARPOP_REPLY = 2;
        ARPOP_RREQUEST = 3;
        ARPOP_RREPLY = 4;
        ARPOP_InREQUEST = 8;
        ARPOP_InREPLY = 9;
        ARPOP_NAK = 10;
        ARPHRD_NETROM = 0;
        ARPHRD_ETHER = 1;
        ARPHRD_EETHER = 2;
        ARPHRD_AX25 = 3;
        ARPHRD_PRONET = 4;
        ARPHRD_CHAOS = 5;
        ARPHRD_IEEE802 = 6;
        ARPHRD_ARCNET = 7;
        ARPHRD_APPLETLK = 8;
        ARPHRD_DLCI = 15;
        ARPHRD_ATM = 19;
        ARPHRD_METRICOM = 23;
        ARPHRD_IEEE1394 = 24;
        ARPHRD_EUI64 = 27;
        ARPHRD_INFINIBAND = 32;
        ARPHRD_SLIP = 256;
        ARPHRD_CSLIP = 257;
        ARPHRD_SLIP6 = 258;
        ARPHRD_CSLIP6 = 259;
        ARPHRD_RSRVD = 260;
        ARPHRD_ADAPT = 264;
        ARPHRD_ROSE = 270;
        ARPHRD_X25 = 271;
        ARPHRD_HWX25 = 272;
        ARPHRD_PPP = 512;
        ARPHRD_CISCO = 513;
        ARPHRD_HDLC = 513;
        ARPHRD_LAPB = 516;
        ARPHRD_DDCMP = 517;
        ARPHRD_RAWHDLC = 518;
        ARPHRD_TUNNEL = 768;
        ARPHRD_TUNNEL6 = 769;
        ARPHRD_FRAD = 770;
        ARPHRD_SKIP = 771;
        ARPHRD_LOOPBACK = 772;
        ARPHRD_LOCALTLK = 773;
        ARPHRD_FDDI = 774;
        ARPHRD_BIF = 775;
        ARPHRD_SIT = 776;
        ARPHRD_IPDDP = 777;
        ARPHRD_IPGRE = 778;
        ARPHRD_PIMREG = 779;
        ARPHRD_HIPPI = 780;
        ARPHRD_ASH = 781;
        ARPHRD_ECONET = 782;
        ARPHRD_IRDA = 783;
        ARPHRD_FCPP = 784;
        ARPHRD_FCAL = 785;
        ARPHRD_FCPL = 786;
        ARPHRD_FCFABRIC = 787;
        ARPHRD_IEEE802_TR = 800;
        ARPHRD_IEEE80211 = 801;
        ARPHRD_IEEE80211_PRISM = 802;
        ARPHRD_IEEE80211_RADIOTAP = 803;
        ARPHRD_IEEE802154 = 804;
        ARPHRD_VOID = 0xffff;
        ARPHRD_NONE = 0xfffe;
    }
    c_int {
        ATF_COM = 2;
        ATF_PERM = 4;
        ATF_PUBL = 8;
        ATF_USETRAILERS = 16;
        ATF_NETMASK = 32;
        ATF_DONTPUB = 64;
        ATF_MAGIC = 128;
    }
    usize {
        MAX_ADDR_LEN = 7;
    }
    c_ushort {
        ARPD_UPDATE = 1;
        ARPD_LOOKUP = 2;
        ARPD_FLUSH = 3;
    }
}
