//! The registers of an exception message.

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi_struct! {
    /// A thread's registers, as an exception message holds them in the message registers.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct ExcRegs = "l4_exc_regs_t" in "l4/sys/arch/utcb.h" {
        /// r15.
        r15: u64 => "r15",
        /// r14.
        r14: u64 => "r14",
        /// r13.
        r13: u64 => "r13",
        /// r12.
        r12: u64 => "r12",
        /// r11.
        r11: u64 => "r11",
        /// r10.
        r10: u64 => "r10",
        /// r9.
        r9: u64 => "r9",
        /// r8.
        r8: u64 => "r8",
        /// rdi.
        rdi: u64 => "rdi",
        /// rsi.
        rsi: u64 => "rsi",
        /// rbp.
        rbp: u64 => "rbp",
        /// The address of a page fault.
        pfa: u64 => "pfa",
        /// rbx.
        rbx: u64 => "rbx",
        /// rdx.
        rdx: u64 => "rdx",
        /// rcx.
        rcx: u64 => "rcx",
        /// rax.
        rax: u64 => "rax",
        /// The number of the trap; [`ExcRegs::EX_REGS_TRAP`] if another thread asked for it.
        trapno: u64 => "trapno",
        /// The error code of the trap.
        err: u64 => "err",
        /// The instruction.
        ip: u64 => "ip",
        /// Not used.
        dummy1: u64 => "dummy1",
        /// rflags.
        flags: u64 => "flags",
        /// rsp.
        sp: u64 => "sp",
        /// The stack segment.
        ss: u64 => "ss",
        /// The base of the segment fs.
        fs_base: u64 => "fs_base",
        /// The base of the segment gs.
        gs_base: u64 => "gs_base",
        /// The segment ds.
        ds: u16 => "ds",
        /// The segment es.
        es: u16 => "es",
        /// The segment fs.
        fs: u16 => "fs",
        /// The segment gs.
        gs: u16 => "gs",
    }
}

impl ExcRegs {
    /// The trap number of an exception that `ex_regs` of another thread raised
    /// (`l4_utcb_exc_is_ex_regs_exception()`).
    #[doc(alias = "l4_utcb_exc_is_ex_regs_exception")]
    pub const EX_REGS_TRAP: u64 = 0xff;
    /// The trap number of a system call of a thread that was made an alien
    /// (`L4_THREAD_CONTROL_ALIEN`). No header names it: seen on L4Re's own kernel.
    pub const ALIEN_TRAP: u64 = 0xfd;
    /// The trap number of a page fault.
    #[doc(alias = "l4_utcb_exc_is_pf")]
    pub const PAGE_FAULT_TRAP: u64 = 14;

    /// All registers zero.
    pub const ZERO: ExcRegs = ExcRegs {
        r15: 0,
        r14: 0,
        r13: 0,
        r12: 0,
        r11: 0,
        r10: 0,
        r9: 0,
        r8: 0,
        rdi: 0,
        rsi: 0,
        rbp: 0,
        pfa: 0,
        rbx: 0,
        rdx: 0,
        rcx: 0,
        rax: 0,
        trapno: 0,
        err: 0,
        ip: 0,
        dummy1: 0,
        flags: 0,
        sp: 0,
        ss: 0,
        fs_base: 0,
        gs_base: 0,
        ds: 0,
        es: 0,
        fs: 0,
        gs: 0,
    };
}
