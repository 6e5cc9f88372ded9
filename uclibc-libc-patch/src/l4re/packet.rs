//! `netpacket/packet.h`.

use super::*;

structs! {
    "struct sockaddr_ll" pub struct sockaddr_ll {
        pub sll_family: c_ushort,
        pub sll_protocol: c_ushort,
        pub sll_ifindex: c_int,
        pub sll_hatype: c_ushort,
        pub sll_pkttype: c_uchar,
        pub sll_halen: c_uchar,
        pub sll_addr: [c_uchar; 8],
    }

    "struct packet_mreq" pub struct packet_mreq {
        pub mr_ifindex: c_int,
        pub mr_type: c_ushort,
        pub mr_alen: c_ushort,
        pub mr_address: [c_uchar; 8],
    }
}

constants! {
    c_uchar {
        PACKET_HOST = 0;
        PACKET_BROADCAST = 1;
        PACKET_MULTICAST = 2;
        PACKET_OTHERHOST = 3;
        PACKET_OUTGOING = 4;
        PACKET_LOOPBACK = 5;
    }
    c_int {
        PACKET_ADD_MEMBERSHIP = 1;
        PACKET_DROP_MEMBERSHIP = 2;
        PACKET_RECV_OUTPUT = 3;
        PACKET_RX_RING = 5;
        PACKET_STATISTICS = 6;
        PACKET_MR_MULTICAST = 0;
        PACKET_MR_PROMISC = 1;
        PACKET_MR_ALLMULTI = 2;
    }
}
