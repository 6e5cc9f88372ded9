//! Where uClibc's system calls arrive.

use crate::{calls, errno};
use core::arch::global_asm;

/// What the entry has put on the stack: the caller's registers.
#[repr(C)]
pub struct Frame {
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

// As the instruction `syscall`: the number in rax, arguments in rdi, rsi, rdx, r10, r8 and r9, the
// result in rax; rcx and r11 are spoiled, and nothing else. The callers are inline assembler
// that knows of no other losses, so the SSE registers are kept, too. uClibc is compiled
// without the red zone, which the call would write into.
global_asm!(
    ".globl __l4re_syscall",
    ".type __l4re_syscall, @function",
    "__l4re_syscall:",
    "push rbp",
    "mov rbp, rsp",
    "push rdi",
    "push rsi",
    "push rdx",
    "push r8",
    "push r9",
    "push r10",
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
    "mov rdi, rax",
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
    ".size __l4re_syscall, . - __l4re_syscall",
    // In place of the fixed address at which Linux has `gettimeofday`.
    ".globl __l4re_gettimeofday",
    ".type __l4re_gettimeofday, @function",
    "__l4re_gettimeofday:",
    "mov eax, {gettimeofday}",
    "jmp __l4re_syscall",
    ".size __l4re_gettimeofday, . - __l4re_gettimeofday",
    enter = sym enter,
    gettimeofday = const linux_raw_sys::general::__NR_gettimeofday,
);

extern "C" fn enter(number: u64, frame: *const Frame) -> i64 {
    // SAFETY: the entry passes the address of what it has pushed.
    let frame = unsafe { &*frame };
    // A program may allocate memory or take a lock while it writes or reads a message.
    let result = l4re::msg::preserve(|| calls::dispatch(number, frame));
    result.unwrap_or_else(errno::Errno::as_result)
}
