//! Into the kernel and out of it.

use super::cpu::PerCpu;
use crate::obj::thread::Thread;
use core::arch::{global_asm, naked_asm};
use core::mem::offset_of;
use l4re_sys::exc_regs::ExcRegs;

const REGS: usize = Thread::REGS_OFFSET;

/// How a thread goes back to user mode.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// By `sysret`: the thread is in a system call, which may spoil some registers. So
    /// it stands while the thread runs.
    #[allow(dead_code, reason = "written by assembler")]
    Sysret = 0,
    /// By `iret`: the thread was interrupted, faulted, or was given new registers.
    Iret = 1,
    /// Not at once: it is to raise an exception first (`ex_regs`).
    Exception = 2,
    /// By `iret`, and none of the registers that a system call was entered with counts
    /// any more: all of them were replaced.
    Replaced = 3,
    /// Not at once: it is to go on with what one stay in the kernel was not enough for
    /// (`ipc::long`).
    Continue = 4,
}

/// What a system call returns to the entry code, in rax and rdx.
#[repr(C)]
pub struct Leave {
    next: Option<&'static Thread>,
    word: u64,
}

impl Leave {
    /// The caller goes on, with this tag and label 0; nothing else has happened to it.
    #[inline(always)]
    pub fn at_once(tag: u64) -> Self {
        Self {
            next: None,
            word: tag,
        }
    }

    /// `next` goes on with its saved registers; those of `caller` are to be saved.
    #[inline(always)]
    pub fn with(next: &'static Thread, caller: &'static Thread) -> Self {
        Self {
            next: Some(next),
            word: core::ptr::from_ref(caller) as u64,
        }
    }
}

/// Saves what a system call may look at of its caller's registers: the others stay with
/// the entry code, which saves them when it comes back.
pub fn save_caller(caller: &Thread) {
    let top = super::cpu::this().syscall_stack.get();
    // SAFETY: the entry code put these words there, below the stack's start, and lets
    // them stand until the system call returns.
    let pushed = unsafe { (top as *const [u64; 5]).sub(1).read() };
    caller.save_for_syscall(pushed, super::cpu::this().user_sp.get());
}

/// Where `syscall` enters. Keeps what the interface says a system call keeps: all but
/// rax, rcx, rdx, rsi, rdi, r11 and r15.
///
/// Registers that a function may spoil wait on the stack, those that it keeps stay where
/// they are: they are saved with the thread only if another one may go on.
#[unsafe(naked)]
pub unsafe extern "C" fn syscall_entry() {
    naked_asm!(
        "swapgs",
        "mov gs:[{USER_SP}], rsp",
        "mov rsp, gs:[{KSTACK}]",
        "push rcx",
        "push r11",
        "push r8",
        "push r9",
        "push r10",
        "mov rdi, gs:[{CURRENT}]",
        "mov rcx, rax",
        "call {syscall}",
        "test rax, rax",
        "jnz 2f",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop r11",
        "pop rcx",
        "mov rsp, gs:[{USER_SP}]",
        "mov rax, rdx",
        "xor edx, edx",
        "xor esi, esi",
        "xor edi, edi",
        "swapgs",
        "sysretq",
        // A thread that was given other registers keeps them. If the thread has ended,
        // its slot is still a thread's: storing does no harm.
        "2: cmp byte ptr [rdx + {EXIT}], 0",
        "jne 4f",
        "pop qword ptr [rdx + {R10}]",
        "pop qword ptr [rdx + {R9}]",
        "pop qword ptr [rdx + {R8}]",
        "pop qword ptr [rdx + {FLAGS}]",
        "pop qword ptr [rdx + {IP}]",
        "mov rcx, gs:[{USER_SP}]",
        "mov [rdx + {SP}], rcx",
        "3: mov [rdx + {RBX}], rbx",
        "mov [rdx + {RBP}], rbp",
        "mov [rdx + {R12}], r12",
        "mov [rdx + {R13}], r13",
        "mov [rdx + {R14}], r14",
        "jmp {resume}",
        "4: cmp byte ptr [rdx + {EXIT}], 3",
        "jne 3b",
        "jmp {resume}",
        USER_SP = const offset_of!(PerCpu, user_sp),
        CURRENT = const offset_of!(PerCpu, current),
        KSTACK = const offset_of!(PerCpu, syscall_stack),
        EXIT = const Thread::EXIT_OFFSET,
        RBX = const REGS + offset_of!(ExcRegs, rbx),
        RBP = const REGS + offset_of!(ExcRegs, rbp),
        R8 = const REGS + offset_of!(ExcRegs, r8),
        R9 = const REGS + offset_of!(ExcRegs, r9),
        R10 = const REGS + offset_of!(ExcRegs, r10),
        R12 = const REGS + offset_of!(ExcRegs, r12),
        R13 = const REGS + offset_of!(ExcRegs, r13),
        R14 = const REGS + offset_of!(ExcRegs, r14),
        IP = const REGS + offset_of!(ExcRegs, ip),
        SP = const REGS + offset_of!(ExcRegs, sp),
        FLAGS = const REGS + offset_of!(ExcRegs, flags),
        syscall = sym crate::ipc::fast::checked_syscall,
        resume = sym resume,
    )
}

/// Where `syscall` enters from 32-bit code, which any program can run: there is no
/// system call for it. Returns at once, with an error in eax.
#[unsafe(naked)]
pub unsafe extern "C" fn narrow_entry() {
    // The stack is still the user's, and not touched. Without an operand size the
    // return is to 32-bit code.
    naked_asm!(
        "mov eax, {ENOSYS}",
        "sysret",
        ENOSYS = const -(l4re_sys::err::ENOSYS as i32),
    )
}

/// Goes on with the thread in rax, which is the processor's current one and whose
/// registers are saved. Nothing of the kernel's is left in a register.
#[unsafe(naked)]
pub unsafe extern "C" fn resume() -> ! {
    naked_asm!(
        "cmp byte ptr [rax + {EXIT}], 0",
        "jne 1f",
        "mov rbx, [rax + {RBX}]",
        "mov rbp, [rax + {RBP}]",
        "mov r8, [rax + {R8}]",
        "mov r9, [rax + {R9}]",
        "mov r10, [rax + {R10}]",
        "mov r12, [rax + {R12}]",
        "mov r13, [rax + {R13}]",
        "mov r14, [rax + {R14}]",
        "mov rsi, [rax + {RSI}]",
        "mov rcx, [rax + {IP}]",
        "mov r11, [rax + {FLAGS}]",
        "mov rsp, [rax + {SP}]",
        "mov rax, [rax + {RAX}]",
        "xor edx, edx",
        "xor edi, edi",
        "xor r15d, r15d",
        "swapgs",
        "sysretq",
        "1: cmp byte ptr [rax + {EXIT}], 2",
        "je 2f",
        "cmp byte ptr [rax + {EXIT}], 4",
        "je 3f",
        "mov byte ptr [rax + {EXIT}], 0",
        "lea rsp, [rax + {REGS}]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rdi",
        "pop rsi",
        "pop rbp",
        "add rsp, 8",
        "pop rbx",
        "pop rdx",
        "pop rcx",
        "pop rax",
        "add rsp, 16",
        "swapgs",
        "iretq",
        "2: mov byte ptr [rax + {EXIT}], 1",
        "mov rdi, rax",
        "mov rsp, gs:[{KSTACK}]",
        "call {triggered}",
        "jmp {resume}",
        "3: mov rdi, rax",
        "mov rsp, gs:[{KSTACK}]",
        "call {go_on}",
        "jmp {resume}",
        EXIT = const Thread::EXIT_OFFSET,
        KSTACK = const offset_of!(PerCpu, kernel_stack),
        REGS = const REGS,
        RBX = const REGS + offset_of!(ExcRegs, rbx),
        RBP = const REGS + offset_of!(ExcRegs, rbp),
        R8 = const REGS + offset_of!(ExcRegs, r8),
        R9 = const REGS + offset_of!(ExcRegs, r9),
        R10 = const REGS + offset_of!(ExcRegs, r10),
        R12 = const REGS + offset_of!(ExcRegs, r12),
        R13 = const REGS + offset_of!(ExcRegs, r13),
        R14 = const REGS + offset_of!(ExcRegs, r14),
        RSI = const REGS + offset_of!(ExcRegs, rsi),
        RAX = const REGS + offset_of!(ExcRegs, rax),
        IP = const REGS + offset_of!(ExcRegs, ip),
        SP = const REGS + offset_of!(ExcRegs, sp),
        FLAGS = const REGS + offset_of!(ExcRegs, flags),
        triggered = sym crate::ipc::fault::triggered,
        go_on = sym crate::ipc::long::go_on,
        resume = sym resume,
    )
}

/// Starts the first thread, from the boot stack.
///
/// # Safety
/// `thread` is the processor's current thread (`cpu::switch_to`).
pub unsafe fn start(thread: &'static Thread) -> ! {
    // SAFETY: `resume` takes the thread in rax and does not come back.
    unsafe {
        core::arch::asm!("jmp {}", sym resume, in("rax") thread, options(noreturn));
    }
}

global_asm!(
    include_str!("trap.S"),
    CS = const offset_of!(ExcRegs, dummy1),
    FLAGS = const offset_of!(ExcRegs, flags),
    CURRENT = const offset_of!(PerCpu, current),
    KSTACK = const offset_of!(PerCpu, kernel_stack),
    EXIT = const Thread::EXIT_OFFSET,
    from_user = sym super::trap::from_user_checked,
    from_own_stack = sym super::trap::from_own_stack,
    from_kernel = sym super::trap::from_kernel,
    resume = sym resume,
);

unsafe extern "C" {
    /// 256 entry points, 16 bytes apart.
    pub static trap_stubs: u8;
    /// Three bytes that do nothing, in the way of every trap.
    pub static trap_clac: u8;
}
