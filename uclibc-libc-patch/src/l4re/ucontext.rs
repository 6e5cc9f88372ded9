//! `sys/ucontext.h`, `ucontext.h`.

use super::*;

structs! {
    "struct _libc_fpxreg" pub struct _libc_fpxreg {
        pub significand: [c_ushort; 4],
        pub exponent: c_ushort,
        pub padding: [c_ushort; 3],
    }

    "struct _libc_xmmreg" pub struct _libc_xmmreg {
        pub element: [u32; 4],
    }

    "struct _libc_fpstate" pub struct _libc_fpstate {
        pub cwd: u16,
        pub swd: u16,
        pub ftw: u16,
        pub fop: u16,
        pub rip: u64,
        pub rdp: u64,
        pub mxcsr: u32,
        pub mxcr_mask: u32,
        pub _st: [_libc_fpxreg; 8],
        pub _xmm: [_libc_xmmreg; 16],
        pub padding: [u32; 24],
    }

    "mcontext_t" pub struct mcontext_t {
        pub gregs: gregset_t,
        pub fpregs: fpregset_t,
        pub __reserved1: [c_ulong; 8],
    }

    "ucontext_t" pub struct ucontext_t {
        pub uc_flags: c_ulong,
        pub uc_link: *mut ucontext_t,
        pub uc_stack: stack_t,
        pub uc_mcontext: mcontext_t,
        pub uc_sigmask: sigset_t,
        __fpregs_mem: _libc_fpstate,
    }
}

constants! {
    c_int {
        REG_R8 = 0;
        REG_R9 = 1;
        REG_R10 = 2;
        REG_R11 = 3;
        REG_R12 = 4;
        REG_R13 = 5;
        REG_R14 = 6;
        REG_R15 = 7;
        REG_RDI = 8;
        REG_RSI = 9;
        REG_RBP = 10;
        REG_RBX = 11;
        REG_RDX = 12;
        REG_RAX = 13;
        REG_RCX = 14;
        REG_RSP = 15;
        REG_RIP = 16;
        REG_EFL = 17;
        REG_CSGSFS = 18;
        REG_ERR = 19;
        REG_TRAPNO = 20;
        REG_OLDMASK = 21;
        REG_CR2 = 22;
    }
}
