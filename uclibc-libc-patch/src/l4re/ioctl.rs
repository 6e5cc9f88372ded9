//! `asm/ioctls.h`, `sys/ioctl.h`.

use super::*;

structs! {
    "struct winsize" pub struct winsize {
        pub ws_row: c_ushort,
        pub ws_col: c_ushort,
        pub ws_xpixel: c_ushort,
        pub ws_ypixel: c_ushort,
    }
}

constants! {
    Ioctl {
        TCGETS = 0x5401;
        TCSETS = 0x5402;
        TCSETSW = 0x5403;
        TCSETSF = 0x5404;
        TCGETA = 0x5405;
        TCSETA = 0x5406;
        TCSETAW = 0x5407;
        TCSETAF = 0x5408;
        TCSBRK = 0x5409;
        TCXONC = 0x540a;
        TCFLSH = 0x540b;
        TIOCEXCL = 0x540c;
        TIOCNXCL = 0x540d;
        TIOCSCTTY = 0x540e;
        TIOCGPGRP = 0x540f;
        TIOCSPGRP = 0x5410;
        TIOCOUTQ = 0x5411;
        TIOCSTI = 0x5412;
        TIOCGWINSZ = 0x5413;
        TIOCSWINSZ = 0x5414;
        TIOCMGET = 0x5415;
        TIOCMBIS = 0x5416;
        TIOCMBIC = 0x5417;
        TIOCMSET = 0x5418;
        TIOCGSOFTCAR = 0x5419;
        TIOCSSOFTCAR = 0x541a;
        FIONREAD = 0x541b;
        TIOCINQ = 0x541b;
        TIOCLINUX = 0x541c;
        TIOCCONS = 0x541d;
        TIOCGSERIAL = 0x541e;
        TIOCSSERIAL = 0x541f;
        TIOCPKT = 0x5420;
        FIONBIO = 0x5421;
        TIOCNOTTY = 0x5422;
        TIOCSETD = 0x5423;
        TIOCGETD = 0x5424;
        TCSBRKP = 0x5425;
        TIOCSBRK = 0x5427;
        TIOCCBRK = 0x5428;
        TIOCGSID = 0x5429;
        FIONCLEX = 0x5450;
        FIOCLEX = 0x5451;
        FIOASYNC = 0x5452;
        TIOCSERCONFIG = 0x5453;
        TIOCSERGWILD = 0x5454;
        TIOCSERSWILD = 0x5455;
        TIOCGLCKTRMIOS = 0x5456;
        TIOCSLCKTRMIOS = 0x5457;
        TIOCSERGSTRUCT = 0x5458;
        TIOCSERGETLSR = 0x5459;
        TIOCSERGETMULTI = 0x545a;
        TIOCSERSETMULTI = 0x545b;
        TIOCMIWAIT = 0x545c;
        TIOCGICOUNT = 0x545d;
        FIOQSIZE = 0x5460;
        TIOCSPTLCK = 0x40045431;
        TIOCGPTN = 0x80045430;
    }
    c_ulong {
        SIOCADDRT = 0x890b;
        SIOCDELRT = 0x890c;
        SIOCGIFNAME = 0x8910;
        SIOCSIFLINK = 0x8911;
        SIOCGIFCONF = 0x8912;
        SIOCGIFFLAGS = 0x8913;
        SIOCSIFFLAGS = 0x8914;
        SIOCGIFADDR = 0x8915;
        SIOCSIFADDR = 0x8916;
        SIOCGIFDSTADDR = 0x8917;
        SIOCSIFDSTADDR = 0x8918;
        SIOCGIFBRDADDR = 0x8919;
        SIOCSIFBRDADDR = 0x891a;
        SIOCGIFNETMASK = 0x891b;
        SIOCSIFNETMASK = 0x891c;
        SIOCGIFMETRIC = 0x891d;
        SIOCSIFMETRIC = 0x891e;
        SIOCGIFMEM = 0x891f;
        SIOCSIFMEM = 0x8920;
        SIOCGIFMTU = 0x8921;
        SIOCSIFMTU = 0x8922;
        SIOCSIFNAME = 0x8923;
        SIOCSIFHWADDR = 0x8924;
        SIOCGIFENCAP = 0x8925;
        SIOCSIFENCAP = 0x8926;
        SIOCGIFHWADDR = 0x8927;
        SIOCGIFSLAVE = 0x8929;
        SIOCSIFSLAVE = 0x8930;
        SIOCADDMULTI = 0x8931;
        SIOCDELMULTI = 0x8932;
        SIOCGIFINDEX = 0x8933;
        SIOGIFINDEX = 0x8933;
        SIOCSIFPFLAGS = 0x8934;
        SIOCGIFPFLAGS = 0x8935;
        SIOCDIFADDR = 0x8936;
        SIOCSIFHWBROADCAST = 0x8937;
        SIOCGIFCOUNT = 0x8938;
        SIOCGIFBR = 0x8940;
        SIOCSIFBR = 0x8941;
        SIOCGIFTXQLEN = 0x8942;
        SIOCSIFTXQLEN = 0x8943;
        SIOCDARP = 0x8953;
        SIOCGARP = 0x8954;
        SIOCSARP = 0x8955;
        SIOCDRARP = 0x8960;
        SIOCGRARP = 0x8961;
        SIOCSRARP = 0x8962;
        SIOCGIFMAP = 0x8970;
        SIOCSIFMAP = 0x8971;
    }
    c_int {
        TIOCM_LE = 1;
        TIOCM_DTR = 2;
        TIOCM_RTS = 4;
        TIOCM_ST = 8;
        TIOCM_SR = 16;
        TIOCM_CTS = 32;
        TIOCM_CAR = 64;
        TIOCM_CD = 64;
        TIOCM_RI = 128;
        TIOCM_RNG = 128;
        TIOCM_DSR = 256;
    }
}

functions! {
    fn ioctl(fd: c_int, request: c_ulong, ...) -> c_int;
}
