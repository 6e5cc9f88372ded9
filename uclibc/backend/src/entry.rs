//! Where uClibc's system calls arrive.
//!
//! Each system call has an entry of its own, `__l4re_call_` with Linux's number behind
//! ([`entry`]), which names the call's handler and goes on as all do. So the linker keeps what a
//! program can call of the backend, and no more. Who has the number in a register calls
//! `__l4re_syscall`, which knows all handlers.

use crate::{calls, errno, signal};
use core::arch::global_asm;

/// What the entry has put on the stack: the caller's registers.
#[repr(C)]
pub struct Frame {
    /// The system call's number; only `__l4re_syscall` needs it.
    pub number: u64,
    r10: u64,
    r9: u64,
    r8: u64,
    rdx: u64,
    rsi: u64,
    rdi: u64,
    rbp: u64,
    /// Where the caller goes on.
    pub return_address: u64,
}

impl Frame {
    /// The arguments, in the order of the system call.
    pub fn args(&self) -> [u64; 6] {
        [self.rdi, self.rsi, self.rdx, self.r10, self.r8, self.r9]
    }
}

/// What does a system call.
pub type Handler = unsafe extern "C" fn(&Frame) -> i64;

/// Makes the entry of one system call, by its name in Linux's headers, with a handler.
macro_rules! entry {
    ($name:ident, $handler:path) => {
        core::arch::global_asm!(
            ".pushsection .text.__l4re_call_{number},\"ax\",@progbits",
            ".globl __l4re_call_{number}",
            ".type __l4re_call_{number}, @function",
            "__l4re_call_{number}:",
            "mov ecx, offset {handler}",
            "jmp __l4re_enter",
            ".size __l4re_call_{number}, . - __l4re_call_{number}",
            ".popsection",
            number = const linux_raw_sys::general::$name,
            handler = sym $handler,
        );
    };
}
pub(crate) use entry;

// As the instruction `syscall`: the number in rax, arguments in rdi, rsi, rdx, r10, r8 and r9, the
// result in rax; rcx and r11 are spoiled, and nothing else. The callers are inline assembler
// that knows of no other losses, so the SSE registers are kept, too. uClibc is compiled
// without the red zone, which the call would write into. In rcx an entry leaves the handler.
global_asm!(
    ".pushsection .text.__l4re_enter,\"ax\",@progbits",
    ".type __l4re_enter, @function",
    "__l4re_enter:",
    "push rbp",
    "mov rbp, rsp",
    "push rdi",
    "push rsi",
    "push rdx",
    "push r8",
    "push r9",
    "push r10",
    "push rax",
    "mov rsi, rsp",
    "sub rsp, 256",
    "and rsp, -16",
    "movaps [rsp + 0x00], xmm0",
    "movaps [rsp + 0x10], xmm1",
    "movaps [rsp + 0x20], xmm2",
    "movaps [rsp + 0x30], xmm3",
    "movaps [rsp + 0x40], xmm4",
    "movaps [rsp + 0x50], xmm5",
    "movaps [rsp + 0x60], xmm6",
    "movaps [rsp + 0x70], xmm7",
    "movaps [rsp + 0x80], xmm8",
    "movaps [rsp + 0x90], xmm9",
    "movaps [rsp + 0xa0], xmm10",
    "movaps [rsp + 0xb0], xmm11",
    "movaps [rsp + 0xc0], xmm12",
    "movaps [rsp + 0xd0], xmm13",
    "movaps [rsp + 0xe0], xmm14",
    "movaps [rsp + 0xf0], xmm15",
    "mov rdi, rcx",
    "call {enter}",
    "movaps xmm0, [rsp + 0x00]",
    "movaps xmm1, [rsp + 0x10]",
    "movaps xmm2, [rsp + 0x20]",
    "movaps xmm3, [rsp + 0x30]",
    "movaps xmm4, [rsp + 0x40]",
    "movaps xmm5, [rsp + 0x50]",
    "movaps xmm6, [rsp + 0x60]",
    "movaps xmm7, [rsp + 0x70]",
    "movaps xmm8, [rsp + 0x80]",
    "movaps xmm9, [rsp + 0x90]",
    "movaps xmm10, [rsp + 0xa0]",
    "movaps xmm11, [rsp + 0xb0]",
    "movaps xmm12, [rsp + 0xc0]",
    "movaps xmm13, [rsp + 0xd0]",
    "movaps xmm14, [rsp + 0xe0]",
    "movaps xmm15, [rsp + 0xf0]",
    "lea rsp, [rbp - 48]",
    "pop r10",
    "pop r9",
    "pop r8",
    "pop rdx",
    "pop rsi",
    "pop rdi",
    "pop rbp",
    "ret",
    ".size __l4re_enter, . - __l4re_enter",
    ".popsection",
    enter = sym enter,
);

global_asm!(
    // The number is in a register.
    ".pushsection .text.__l4re_syscall,\"ax\",@progbits",
    ".globl __l4re_syscall",
    ".type __l4re_syscall, @function",
    "__l4re_syscall:",
    "mov ecx, offset {any}",
    "jmp __l4re_enter",
    ".size __l4re_syscall, . - __l4re_syscall",
    ".popsection",
    // In place of the fixed address at which Linux has `gettimeofday`.
    ".pushsection .text.__l4re_gettimeofday,\"ax\",@progbits",
    ".globl __l4re_gettimeofday",
    ".type __l4re_gettimeofday, @function",
    "__l4re_gettimeofday:",
    "jmp __l4re_call_{gettimeofday}",
    ".size __l4re_gettimeofday, . - __l4re_gettimeofday",
    ".popsection",
    any = sym calls::any,
    gettimeofday = const linux_raw_sys::general::__NR_gettimeofday,
);

unsafe extern "C" fn enter(handler: Handler, frame: *const Frame) -> i64 {
    // A program may allocate memory or take a lock while it writes or reads a message.
    // SAFETY: the entry passes a handler and the address of what it has pushed.
    let result = l4re::msg::preserve(|| unsafe { handler(&*frame) });
    signal::deliver();
    result
}

/// The result of a system call as it is passed on.
pub fn result(result: errno::Result) -> i64 {
    result.unwrap_or_else(errno::Errno::as_result)
}
