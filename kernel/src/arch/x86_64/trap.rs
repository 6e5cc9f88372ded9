//! Traps: exceptions of user code, interrupts, and the kernel's own faults.

use super::paging::USER_END;
use super::{apic, cpu, ports};
use crate::ipc::fault;
use crate::obj::binding::Bound;
use crate::obj::icu;
use crate::obj::thread::Thread;
use crate::{sched, stays};
use l4re_sys::exc_regs::ExcRegs;

const VIRTUAL_8086: u64 = 1 << 17;
const DEVICE_NOT_AVAILABLE: u64 = 7;
const PAGE_FAULT: u64 = ExcRegs::PAGE_FAULT_TRAP;
const GENERAL_PROTECTION: u64 = 13;
const EXCEPTIONS: u64 = 32;

/// A trap from user mode, timed, and then the kernel's state as tests want it checked.
#[cfg(any(feature = "checks", feature = "stays"))]
pub extern "C" fn from_user_checked(thread: Bound) -> &'static Thread {
    stays::begin();
    let next = from_user(thread);
    stays::end();
    #[cfg(feature = "checks")]
    crate::checks::state();
    next
}
#[cfg(not(any(feature = "checks", feature = "stays")))]
pub use from_user as from_user_checked;

/// A trap from user mode; the registers are in `thread`. Returns who goes on.
pub extern "C" fn from_user(thread: Bound) -> &'static Thread {
    let (vector, flags) = thread.read_regs(|regs| (regs.trapno, regs.flags));
    // No processor lets a user program into this mode, but QEMU's emulated one does, by
    // `iret` with 32 bits. There is no way back to it.
    if flags & VIRTUAL_8086 != 0 {
        thread.update_regs(|regs| regs.dummy1 = u64::from(cpu::USER_CS));
    }
    let (bound, thread) = (thread, thread.thread());
    match vector {
        PAGE_FAULT => page_fault(bound),
        DEVICE_NOT_AVAILABLE => {
            cpu::fpu_first_use(thread);
            thread
        }
        v if v == u64::from(apic::TIMER_VECTOR) => {
            apic::end_of_interrupt();
            sched::timer_interrupt();
            sched::after_interrupt(thread)
        }
        v if v == u64::from(apic::SPURIOUS_VECTOR) => thread,
        GENERAL_PROTECTION => match ports::used(thread) {
            Some(_) if thread.learn_ports() => thread,
            Some(_) if thread.task().is_some_and(|task| task.touch_ports()) => thread,
            Some(ports) => fault::io_fault(bound, ports),
            None => fault::exception(bound),
        },
        v if v < EXCEPTIONS => fault::exception(bound),
        v => {
            device_interrupt(v);
            sched::after_interrupt(thread)
        }
    }
}

fn device_interrupt(vector: u64) {
    if !icu::interrupt(vector as u8) {
        apic::end_of_interrupt();
    }
}

fn page_fault(thread: Bound) -> &'static Thread {
    let address: u64;
    // SAFETY: the register only holds where the fault was.
    unsafe { core::arch::asm!("mov {}, cr2", out(reg) address, options(nomem, nostack)) };
    thread.set_trap(|_, _, pfa| *pfa = address);
    let error = thread.read_regs(|regs| regs.err);
    let present = error & 1 != 0;
    if !present && thread.task().is_some_and(|task| task.touch(address)) {
        return thread.thread();
    }
    if address >= USER_END {
        return fault::exception(thread);
    }
    // Present and write stand in the same bits; instruction fetch is bit 4 there.
    let reason = error & 3 | error >> 2 & 4;
    let told = address & !7 | reason;
    if thread.enter_trampoline(told) {
        return thread.thread();
    }
    fault::page_fault(thread, told)
}

/// A trap from the kernel: the idle loop's interrupts; anything else is an error of the
/// kernel.
pub extern "C" fn from_kernel(frame: &ExcRegs) {
    stays::begin();
    match frame.trapno {
        v if v == u64::from(apic::TIMER_VECTOR) => {
            apic::end_of_interrupt();
            sched::timer_interrupt();
        }
        v if v == u64::from(apic::SPURIOUS_VECTOR) => {}
        v if v < EXCEPTIONS => kernel_fault(frame),
        v => device_interrupt(v),
    }
    stays::end();
}

/// A non-maskable interrupt, double fault or machine check, from user mode or from the
/// kernel, on a stack of its own: the machine is not to be trusted any more.
pub extern "C" fn from_own_stack(frame: &ExcRegs) -> ! {
    kernel_fault(frame)
}

fn kernel_fault(regs: &ExcRegs) -> ! {
    let address: u64;
    // SAFETY: reading CR2 has no effect.
    unsafe { core::arch::asm!("mov {}, cr2", out(reg) address, options(nomem, nostack)) };
    crate::log!(
        "\n[kernel] fault: trap {} error {:#x} at ip=0x{:016x} addr={:#x}\n\
         [kernel] rax={:#x} rbx={:#x} rcx={:#x} rdx={:#x} rsi={:#x} rdi={:#x} rbp={:#x} rsp={:#x}\n\
         [kernel] r8={:#x} r9={:#x} r10={:#x} r11={:#x} r12={:#x} r13={:#x} r14={:#x} r15={:#x}\n\
         [kernel] cs={:#x} ss={:#x} flags={:#x}\n",
        regs.trapno,
        regs.err,
        regs.ip,
        address,
        regs.rax,
        regs.rbx,
        regs.rcx,
        regs.rdx,
        regs.rsi,
        regs.rdi,
        regs.rbp,
        regs.sp,
        regs.r8,
        regs.r9,
        regs.r10,
        regs.r11,
        regs.r12,
        regs.r13,
        regs.r14,
        regs.r15,
        regs.dummy1,
        regs.ss,
        regs.flags,
    );
    crate::panic::backtrace(regs.rbp);
    super::stop_after_panic()
}
