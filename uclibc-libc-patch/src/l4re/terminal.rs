//! `pty.h`, `sys/ttydefaults.h`, `termios.h`.

use super::*;

structs! {
    "struct termios" pub struct termios {
        pub c_iflag: tcflag_t,
        pub c_oflag: tcflag_t,
        pub c_cflag: tcflag_t,
        pub c_lflag: tcflag_t,
        pub c_line: cc_t,
        pub c_cc: [cc_t; 32],
        pub c_ispeed: speed_t,
        pub c_ospeed: speed_t,
    }
}

constants! {
    speed_t {
        B0 = 0;
        B50 = 1;
        B75 = 2;
        B110 = 3;
        B134 = 4;
        B150 = 5;
        B200 = 6;
        B300 = 7;
        B600 = 8;
        B1200 = 9;
        B1800 = 10;
        B2400 = 11;
        B4800 = 12;
        B9600 = 13;
        B19200 = 14;
        B38400 = 15;
        BOTHER = 0x1000;
        B57600 = 0x1001;
        B115200 = 0x1002;
        B230400 = 0x1003;
        B460800 = 0x1004;
        B500000 = 0x1005;
        B576000 = 0x1006;
        B921600 = 0x1007;
        B1000000 = 0x1008;
        B1152000 = 0x1009;
        B1500000 = 0x100a;
        B2000000 = 0x100b;
        B2500000 = 0x100c;
        B3000000 = 0x100d;
        B3500000 = 0x100e;
        B4000000 = 0x100f;
    }
    tcflag_t {
        BS0 = 0;
        CR0 = 0;
        CS5 = 0;
        FF0 = 0;
        NL0 = 0;
        TAB0 = 0;
        VT0 = 0;
        IGNBRK = 1;
        ISIG = 1;
        OPOST = 1;
        BRKINT = 2;
        ICANON = 2;
        OLCUC = 2;
        IGNPAR = 4;
        ONLCR = 4;
        XCASE = 4;
        ECHO = 8;
        OCRNL = 8;
        PARMRK = 8;
        CS6 = 16;
        ECHOE = 16;
        IBSHIFT = 16;
        INPCK = 16;
        ONOCR = 16;
        CS7 = 32;
        ECHOK = 32;
        ISTRIP = 32;
        ONLRET = 32;
        CS8 = 48;
        CSIZE = 48;
        CSTOPB = 64;
        ECHONL = 64;
        INLCR = 64;
        OFILL = 64;
        CREAD = 128;
        IGNCR = 128;
        NOFLSH = 128;
        OFDEL = 128;
        ICRNL = 256;
        NL1 = 256;
        NLDLY = 256;
        PARENB = 256;
        TOSTOP = 256;
        ECHOCTL = 512;
        IUCLC = 512;
        PARODD = 512;
        ECHOPRT = 1024;
        HUPCL = 1024;
        IXON = 1024;
        CLOCAL = 2048;
        ECHOKE = 2048;
        IXANY = 2048;
        CBAUDEX = 0x1000;
        FLUSHO = 0x1000;
        IXOFF = 0x1000;
        CBAUD = 0x100f;
        XTABS = 0x1800;
        IMAXBEL = 0x2000;
        IUTF8 = 0x4000;
        PENDIN = 0x4000;
        IEXTEN = 0x8000;
        CIBAUD = 0x100f0000;
        CMSPAR = 0x40000000;
        CRTSCTS = 0x80000000;
    }
    c_int {
        TCIFLUSH = 0;
        TCOOFF = 0;
        TCSANOW = 0;
        TCOFLUSH = 1;
        TCOON = 1;
        TCSADRAIN = 1;
        TCIOFF = 2;
        TCIOFLUSH = 2;
        TCSAFLUSH = 2;
        TCION = 3;
        CR1 = 512;
        CR2 = 1024;
        CR3 = 1536;
        CRDLY = 1536;
        TAB1 = 2048;
        TAB2 = 0x1000;
        TAB3 = 0x1800;
        TABDLY = 0x1800;
        BS1 = 0x2000;
        BSDLY = 0x2000;
        VT1 = 0x4000;
        VTDLY = 0x4000;
        FF1 = 0x8000;
        FFDLY = 0x8000;
    }
    c_uint {
        EXTA = 14;
        EXTB = 15;
    }
    usize {
        VINTR = 0;
        VQUIT = 1;
        VERASE = 2;
        VKILL = 3;
        VEOF = 4;
        VTIME = 5;
        VMIN = 6;
        VSWTC = 7;
        VSTART = 8;
        VSTOP = 9;
        VSUSP = 10;
        VEOL = 11;
        VREPRINT = 12;
        VDISCARD = 13;
        VWERASE = 14;
        VLNEXT = 15;
        VEOL2 = 16;
        NCCS = 32;
    }
}

functions! {
    fn cfgetispeed(termios_p: *const termios) -> speed_t;
    fn cfgetospeed(termios_p: *const termios) -> speed_t;
    fn cfmakeraw(termios_p: *mut termios);
    fn cfsetispeed(termios_p: *mut termios, speed: speed_t) -> c_int;
    fn cfsetospeed(termios_p: *mut termios, speed: speed_t) -> c_int;
    fn cfsetspeed(termios_p: *mut termios, speed: speed_t) -> c_int;
    fn tcdrain(fd: c_int) -> c_int;
    fn tcflow(fd: c_int, action: c_int) -> c_int;
    fn tcflush(fd: c_int, queue_selector: c_int) -> c_int;
    fn tcgetattr(fd: c_int, termios_p: *mut termios) -> c_int;
    fn tcgetsid(fd: c_int) -> pid_t;
    fn tcsendbreak(fd: c_int, duration: c_int) -> c_int;
    fn tcsetattr(fd: c_int, optional_actions: c_int, termios_p: *const termios) -> c_int;
    fn openpty(
        amaster: *mut c_int,
        aslave: *mut c_int,
        name: *mut c_char,
        termp: *const termios,
        winp: *const winsize,
    ) -> c_int;
    fn forkpty(
        amaster: *mut c_int,
        name: *mut c_char,
        termp: *const termios,
        winp: *const winsize,
    ) -> pid_t;
}
