//! `arpa/inet.h`, `netinet/in.h`, `netinet/ip.h`, `netinet/tcp.h`, `netinet/udp.h`.

use super::*;

structs! {
    "struct group_req" pub struct group_req {
        pub gr_interface: u32,
        pub gr_group: sockaddr_storage,
    }

    "struct group_source_req" pub struct group_source_req {
        pub gsr_interface: u32,
        pub gsr_group: sockaddr_storage,
        pub gsr_source: sockaddr_storage,
    }

    "struct in6_addr" #[repr(align(4))]
    pub struct in6_addr {
        pub s6_addr: [u8; 16],
    }

    "struct in6_pktinfo" pub struct in6_pktinfo {
        pub ipi6_addr: in6_addr,
        pub ipi6_ifindex: c_uint,
    }

    "struct in_addr" pub struct in_addr {
        pub s_addr: in_addr_t,
    }

    "struct in_pktinfo" pub struct in_pktinfo {
        pub ipi_ifindex: c_int,
        pub ipi_spec_dst: in_addr,
        pub ipi_addr: in_addr,
    }

    "struct ip_mreq" pub struct ip_mreq {
        pub imr_multiaddr: in_addr,
        pub imr_interface: in_addr,
    }

    "struct ip_mreq_source" pub struct ip_mreq_source {
        pub imr_multiaddr: in_addr,
        pub imr_interface: in_addr,
        pub imr_sourceaddr: in_addr,
    }

    "struct ip_mreqn" pub struct ip_mreqn {
        pub imr_multiaddr: in_addr,
        pub imr_address: in_addr,
        pub imr_ifindex: c_int,
    }

    "struct ipv6_mreq" pub struct ipv6_mreq {
        pub ipv6mr_multiaddr: in6_addr,
        pub ipv6mr_interface: c_uint,
    }

    "struct sockaddr_in" pub struct sockaddr_in {
        pub sin_family: sa_family_t,
        pub sin_port: in_port_t,
        pub sin_addr: in_addr,
        pub sin_zero: [c_uchar; 8],
    }

    "struct sockaddr_in6" pub struct sockaddr_in6 {
        pub sin6_family: sa_family_t,
        pub sin6_port: in_port_t,
        pub sin6_flowinfo: u32,
        pub sin6_addr: in6_addr,
        pub sin6_scope_id: u32,
    }

    "struct tcp_info" pub struct tcp_info {
        pub tcpi_state: u8,
        pub tcpi_ca_state: u8,
        pub tcpi_retransmits: u8,
        pub tcpi_probes: u8,
        pub tcpi_backoff: u8,
        pub tcpi_options: u8,
        pub tcpi_snd_rcv_wscale: u8,
        pub tcpi_rto: u32,
        pub tcpi_ato: u32,
        pub tcpi_snd_mss: u32,
        pub tcpi_rcv_mss: u32,
        pub tcpi_unacked: u32,
        pub tcpi_sacked: u32,
        pub tcpi_lost: u32,
        pub tcpi_retrans: u32,
        pub tcpi_fackets: u32,
        pub tcpi_last_data_sent: u32,
        pub tcpi_last_ack_sent: u32,
        pub tcpi_last_data_recv: u32,
        pub tcpi_last_ack_recv: u32,
        pub tcpi_pmtu: u32,
        pub tcpi_rcv_ssthresh: u32,
        pub tcpi_rtt: u32,
        pub tcpi_rttvar: u32,
        pub tcpi_snd_ssthresh: u32,
        pub tcpi_snd_cwnd: u32,
        pub tcpi_advmss: u32,
        pub tcpi_reordering: u32,
        pub tcpi_rcv_rtt: u32,
        pub tcpi_rcv_space: u32,
        pub tcpi_total_retrans: u32,
    }
}

constants! {
    in_addr_t {
        INADDR_ANY = 0;
        INADDR_LOOPBACK = 0x7f000001;
        INADDR_BROADCAST = 0xffffffff;
        INADDR_NONE = 0xffffffff;
    }
    u8 {
        IPOPT_CONTROL = 0;
        IPOPT_END = 0;
        IPOPT_EOL = 0;
        IPOPT_OPTVAL = 0;
        IPOPT_TS_TSONLY = 0;
        IPTOS_ECN_NOT_ECT = 0;
        IPTOS_PREC_ROUTINE = 0;
        IPOPT_NOOP = 1;
        IPOPT_NOP = 1;
        IPOPT_OLEN = 1;
        IPOPT_TS_TSANDADDR = 1;
        IPTOS_ECN_ECT1 = 1;
        IPOPT_OFFSET = 2;
        IPTOS_ECN_ECT0 = 2;
        IPTOS_MINCOST = 2;
        IPOPT_TS_PRESPEC = 3;
        IPTOS_ECN_CE = 3;
        IPTOS_ECN_MASK = 3;
        IPOPT_MINOFF = 4;
        IPTOS_RELIABILITY = 4;
        IPVERSION = 4;
        IPOPT_RR = 7;
        IPTOS_THROUGHPUT = 8;
        IPTOS_LOWDELAY = 16;
        IPTOS_TOS_MASK = 30;
        IPOPT_NUMBER_MASK = 31;
        IPOPT_RESERVED1 = 32;
        IPTOS_PREC_PRIORITY = 32;
        MAX_IPOPTLEN = 40;
        IPDEFTTL = 64;
        IPOPT_MEASUREMENT = 64;
        IPTOS_PREC_IMMEDIATE = 64;
        IPOPT_TIMESTAMP = 68;
        IPOPT_TS = 68;
        IPOPT_CLASS_MASK = 96;
        IPOPT_RESERVED2 = 96;
        IPTOS_PREC_FLASH = 96;
        IPOPT_COPY = 128;
        IPTOS_PREC_FLASHOVERRIDE = 128;
        IPOPT_SEC = 130;
        IPOPT_LSRR = 131;
        IPOPT_SID = 136;
        IPOPT_SSRR = 137;
        IPOPT_RA = 148;
        IPTOS_PREC_CRITIC_ECP = 160;
        IPTOS_PREC_INTERNETCONTROL = 192;
        IPTOS_PREC_MASK = 224;
        IPTOS_PREC_NETCONTROL = 224;
        MAXTTL = 255;
    }
    c_int {
        IPPROTO_HOPOPTS = 0;
        IPPROTO_IP = 0;
        IPV6_PMTUDISC_DONT = 0;
        IPV6_RTHDR_LOOSE = 0;
        IP_PMTUDISC_DONT = 0;
        MCAST_EXCLUDE = 0;
        SOL_IP = 0;
        IPPROTO_ICMP = 1;
        IPV6_ADDRFORM = 1;
        IPV6_PMTUDISC_WANT = 1;
        IPV6_RTHDR_STRICT = 1;
        IP_DEFAULT_MULTICAST_LOOP = 1;
        IP_DEFAULT_MULTICAST_TTL = 1;
        IP_PMTUDISC_WANT = 1;
        IP_TOS = 1;
        MCAST_INCLUDE = 1;
        TCP_NODELAY = 1;
        UDP_CORK = 1;
        IPPROTO_IGMP = 2;
        IPV6_2292PKTINFO = 2;
        IPV6_PMTUDISC_DO = 2;
        IP_PMTUDISC_DO = 2;
        IP_TTL = 2;
        TCP_MAXSEG = 2;
        IPV6_2292HOPOPTS = 3;
        IPV6_PMTUDISC_PROBE = 3;
        IP_HDRINCL = 3;
        IP_PMTUDISC_PROBE = 3;
        TCP_CORK = 3;
        IPPROTO_IPIP = 4;
        IPV6_2292DSTOPTS = 4;
        IP_OPTIONS = 4;
        TCP_KEEPIDLE = 4;
        IPV6_2292RTHDR = 5;
        IP_ROUTER_ALERT = 5;
        TCP_KEEPINTVL = 5;
        IPPROTO_TCP = 6;
        IPV6_2292PKTOPTIONS = 6;
        IP_RECVOPTS = 6;
        SOL_TCP = 6;
        TCP_KEEPCNT = 6;
        IPV6_CHECKSUM = 7;
        IP_RETOPTS = 7;
        TCP_SYNCNT = 7;
        IPPROTO_EGP = 8;
        IPV6_2292HOPLIMIT = 8;
        IP_PKTINFO = 8;
        TCP_LINGER2 = 8;
        IPV6_NEXTHOP = 9;
        IP_PKTOPTIONS = 9;
        TCP_DEFER_ACCEPT = 9;
        IPV6_AUTHHDR = 10;
        IP_MTU_DISCOVER = 10;
        TCP_WINDOW_CLAMP = 10;
        IP_RECVERR = 11;
        TCP_INFO = 11;
        IPPROTO_PUP = 12;
        IP_RECVTTL = 12;
        TCP_QUICKACK = 12;
        IP_RECVTOS = 13;
        TCP_CONGESTION = 13;
        IP_MTU = 14;
        TCP_MD5SIG = 14;
        IP_FREEBIND = 15;
        TCP_COOKIE_TRANSACTIONS = 15;
        IPV6_UNICAST_HOPS = 16;
        IP_IPSEC_POLICY = 16;
        TCP_THIN_LINEAR_TIMEOUTS = 16;
        IPPROTO_UDP = 17;
        IPV6_MULTICAST_IF = 17;
        IP_XFRM_POLICY = 17;
        SOL_UDP = 17;
        TCP_THIN_DUPACK = 17;
        IPV6_MULTICAST_HOPS = 18;
        IP_PASSSEC = 18;
        TCP_USER_TIMEOUT = 18;
        IPV6_MULTICAST_LOOP = 19;
        IP_TRANSPARENT = 19;
        TCP_REPAIR = 19;
        IPV6_ADD_MEMBERSHIP = 20;
        IPV6_JOIN_GROUP = 20;
        IP_ORIGDSTADDR = 20;
        IP_RECVORIGDSTADDR = 20;
        TCP_REPAIR_QUEUE = 20;
        IPV6_DROP_MEMBERSHIP = 21;
        IPV6_LEAVE_GROUP = 21;
        IP_MINTTL = 21;
        TCP_QUEUE_SEQ = 21;
        IPPROTO_IDP = 22;
        IPV6_ROUTER_ALERT = 22;
        TCP_REPAIR_OPTIONS = 22;
        IPV6_MTU_DISCOVER = 23;
        TCP_FASTOPEN = 23;
        IPV6_MTU = 24;
        TCP_TIMESTAMP = 24;
        IPV6_RECVERR = 25;
        IPV6_V6ONLY = 26;
        IPV6_JOIN_ANYCAST = 27;
        IPV6_LEAVE_ANYCAST = 28;
        IPPROTO_TP = 29;
        IP_MULTICAST_IF = 32;
        IPPROTO_DCCP = 33;
        IP_MULTICAST_TTL = 33;
        IPV6_IPSEC_POLICY = 34;
        IP_MULTICAST_LOOP = 34;
        IPV6_XFRM_POLICY = 35;
        IP_ADD_MEMBERSHIP = 35;
        IP_DROP_MEMBERSHIP = 36;
        IP_UNBLOCK_SOURCE = 37;
        IP_BLOCK_SOURCE = 38;
        IP_ADD_SOURCE_MEMBERSHIP = 39;
        IP_DROP_SOURCE_MEMBERSHIP = 40;
        IPPROTO_IPV6 = 41;
        IP_MSFILTER = 41;
        SOL_IPV6 = 41;
        MCAST_JOIN_GROUP = 42;
        IPPROTO_ROUTING = 43;
        MCAST_BLOCK_SOURCE = 43;
        IPPROTO_FRAGMENT = 44;
        MCAST_UNBLOCK_SOURCE = 44;
        MCAST_LEAVE_GROUP = 45;
        IPPROTO_RSVP = 46;
        MCAST_JOIN_SOURCE_GROUP = 46;
        IPPROTO_GRE = 47;
        MCAST_LEAVE_SOURCE_GROUP = 47;
        MCAST_MSFILTER = 48;
        IPV6_RECVPKTINFO = 49;
        IP_MULTICAST_ALL = 49;
        IPPROTO_ESP = 50;
        IPV6_PKTINFO = 50;
        IP_UNICAST_IF = 50;
        IPPROTO_AH = 51;
        IPV6_RECVHOPLIMIT = 51;
        IPV6_HOPLIMIT = 52;
        IPV6_RECVHOPOPTS = 53;
        IPV6_HOPOPTS = 54;
        IPV6_RTHDRDSTOPTS = 55;
        IPV6_RECVRTHDR = 56;
        IPV6_RTHDR = 57;
        IPPROTO_ICMPV6 = 58;
        IPV6_RECVDSTOPTS = 58;
        SOL_ICMPV6 = 58;
        IPPROTO_NONE = 59;
        IPV6_DSTOPTS = 59;
        IPPROTO_DSTOPTS = 60;
        IPV6_RECVTCLASS = 66;
        IPV6_TCLASS = 67;
        IPPROTO_MTP = 92;
        IPPROTO_ENCAP = 98;
        UDP_ENCAP = 100;
        UDP_NO_CHECK6_TX = 101;
        UDP_NO_CHECK6_RX = 102;
        IPPROTO_PIM = 103;
        IPPROTO_COMP = 108;
        IPPROTO_SCTP = 132;
        IPPROTO_MH = 135;
        IPPROTO_UDPLITE = 136;
        IPPROTO_RAW = 255;
        IPPROTO_MAX = 256;
    }
    usize {
        TCP_MD5SIG_MAXKEYLEN = 80;
    }
}

functions! {
    fn htonl(hostlong: u32) -> u32;
    fn htons(hostshort: u16) -> u16;
    fn inet_addr(cp: *const c_char) -> in_addr_t;
    fn inet_aton(cp: *const c_char, inp: *mut in_addr) -> c_int;
    fn inet_ntoa(in_: in_addr) -> *mut c_char;
    fn inet_ntop(af: c_int, cp: *const c_void, buf: *mut c_char, len: socklen_t) -> *const c_char;
    fn inet_pton(af: c_int, cp: *const c_char, buf: *mut c_void) -> c_int;
    fn ntohl(netlong: u32) -> u32;
    fn ntohs(netshort: u16) -> u16;
}
