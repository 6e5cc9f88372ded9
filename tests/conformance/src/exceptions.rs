//! Exceptions: the messages to the handler, and what replies do.

use crate::faults::{HANDLER, Handled, exception, handled, load};
use crate::kit::*;
use crate::same;
use core::arch::{asm, naked_asm};
use l4re::sys::{CapIdx, ExcRegs, MsgTag, Sysf, TagFlags, Timeout, op::thread as op, proto, utcb};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "exception/undefined-instruction (l4/sys/arch/utcb.h: l4_exc_regs_t)",
        undefined,
    ),
    case(
        "exception/divide (l4/sys/arch/utcb.h: l4_exc_regs_t)",
        divide,
    ),
    case(
        "exception/breakpoint (l4/sys/arch/utcb.h: l4_exc_regs_t)",
        breakpoint,
    ),
    case(
        "exception/general-protection (l4/sys/arch/utcb.h: l4_exc_regs_t)",
        protection,
    ),
    case(
        "exception/non-canonical (l4/sys/arch/utcb.h: l4_exc_regs_t)",
        non_canonical,
    ),
    case(
        "exception/registers (l4/sys/arch/utcb.h: l4_exc_regs_t)",
        registers,
    ),
    case(
        "exception/reply-changes-registers (l4/sys/arch/utcb.h: l4_exc_regs_t)",
        reply_changes,
    ),
    case(
        "exception/handlers-label (l4/sys/thread.h: l4_thread_control_exc_handler)",
        handler_label,
    ),
    case(
        "exception/utcb-kept (l4/sys/utcb.h: l4_msg_regs_t)",
        utcb_kept,
    ),
    case(
        "exception/flags-are-the-users (l4/sys/arch/utcb.h: l4_exc_regs_t)",
        flags,
    ),
    case(
        "exception/syscall-of-an-alien (l4/sys/thread.h: l4_thread_control_alien)",
        alien,
    ),
    case(
        "exception/registers-of-an-alien (l4/sys/thread.h: l4_thread_control_alien)",
        alien_registers,
    ),
    case(
        "exception/answered-by-a-send (l4/sys/ipc.h: l4_ipc_send)",
        answered_by_send,
    ),
    case(
        "exception/answered-by-a-call (l4/sys/ipc.h: l4_ipc_call)",
        answered_by_call,
    ),
    case(
        "exception/cancel-and-move (l4/sys/thread.h: L4_THREAD_EX_REGS_CANCEL)",
        cancel_and_move,
    ),
    case(
        "exception/cancel-page-fault-and-move (l4/sys/thread.h: L4_THREAD_EX_REGS_CANCEL)",
        cancel_fault,
    ),
    case(
        "exception/cancel-repeats (l4/sys/thread.h: L4_THREAD_EX_REGS_CANCEL)",
        cancel_repeats,
    ),
    case(
        "exception/move-then-reply (l4/sys/thread.h: l4_thread_ex_regs)",
        move_page_fault,
    ),
];

/// As it is (`l4_thread_ex_regs`).
const KEEP: u64 = !0;

/// Replies with registers.
fn reply(regs: &ExcRegs) {
    utcb().set_exc_regs(regs);
    answer(MsgTag::new(0, 26, 0, TagFlags::empty()));
}

fn answer(tag: MsgTag) {
    raw(
        CapIdx::INVALID,
        Sysf::SEND | Sysf::REPLY,
        0,
        tag,
        Timeout::BOTH_ZERO,
    );
}

fn undefined() -> Outcome {
    let _t = handled(|| {
        // SAFETY: raises an exception that the case handles.
        unsafe { asm!("ud2") };
    })?;
    let regs = exception()?;
    same!((regs.trapno, regs.err), (6, 0));
    // SAFETY: the instruction pointer is in the program's code.
    same!(unsafe { (regs.ip as *const u16).read_unaligned() }, 0x0b0f);
    Ok(())
}

fn divide() -> Outcome {
    let _t = handled(|| {
        // SAFETY: raises an exception that the case handles.
        unsafe { asm!("xor ecx, ecx", "div ecx", out("rax") _, out("rcx") _, out("rdx") _) };
    })?;
    same!(exception()?.trapno, 0);
    Ok(())
}

/// The instruction is over: the pointer stands behind it.
fn breakpoint() -> Outcome {
    let _t = handled(|| {
        // SAFETY: raises an exception that the case handles.
        unsafe { asm!("int3") };
        put(0, 1);
    })?;
    let regs = exception()?;
    same!(regs.trapno, 3);
    // SAFETY: the instruction pointer is in the program's code.
    same!(unsafe { (regs.ip as *const u8).sub(1).read() }, 0xcc);
    reply(&regs);
    settle();
    same!(counter(0), 1);
    Ok(())
}

fn protection() -> Outcome {
    let _t = handled(|| {
        // SAFETY: raises an exception that the case handles.
        unsafe { asm!("cli") };
    })?;
    same!(exception()?.trapno, 13);
    Ok(())
}

fn non_canonical() -> Outcome {
    let _t = handled(|| put(0, load(0x8000_0000_0000_0000)))?;
    let regs = exception()?;
    same!((regs.trapno, regs.err), (13, 0));
    Ok(())
}

fn registers() -> Outcome {
    let t = handled(|| {
        // SAFETY: raises an exception that the case handles; the thread goes no further.
        unsafe {
            asm!(
                "mov rbp, 0x105", "mov rbx, 0x10d", "ud2",
                in("rax") 0x101u64, in("rcx") 0x102u64, in("rdx") 0x103u64, in("rsi") 0x104u64,
                in("rdi") 0x106u64, in("r8") 0x107u64, in("r9") 0x108u64, in("r10") 0x109u64,
                in("r11") 0x10au64, in("r12") 0x10bu64, in("r13") 0x10cu64, in("r14") 0x10eu64,
                in("r15") 0x10fu64, options(noreturn),
            );
        }
    })?;
    let r = exception()?;
    same!(
        [r.rax, r.rcx, r.rdx, r.rsi, r.rbp, r.rdi],
        [0x101, 0x102, 0x103, 0x104, 0x105, 0x106]
    );
    same!(
        [r.r8, r.r9, r.r10, r.r11, r.r12, r.r13],
        [0x107, 0x108, 0x109, 0x10a, 0x10b, 0x10c]
    );
    same!([r.rbx, r.r14, r.r15], [0x10d, 0x10e, 0x10f]);
    check!(r.sp < stack_top(t.worker.seat()) && r.sp > stack_top(t.worker.seat()) - 0x8000);
    same!(r.flags & 0x202, 0x202);
    Ok(())
}

fn reply_changes() -> Outcome {
    let _t = handled(|| {
        let (a, b): (u64, u64);
        // SAFETY: raises an exception that the case handles; the handler steps over the instruction.
        unsafe {
            asm!("ud2", inlateout("rax") 1u64 => a, inlateout("r12") 2u64 => b);
        }
        put(1, b);
        put(0, a);
    })?;
    let mut regs = exception()?;
    same!((regs.rax, regs.r12), (1, 2));
    regs.rax = 0xabcd;
    regs.r12 = 0xef01;
    regs.ip += 2;
    reply(&regs);
    settle();
    same!((counter(0), counter(1)), (0xabcd, 0xef01));
    Ok(())
}

fn handler_label() -> Outcome {
    let _t = handled(|| {
        // SAFETY: raises an exception that the case handles.
        unsafe { asm!("ud2") };
    })?;
    let answer = wait(500);
    same!(
        (answer.code(), answer.label),
        (proto::EXCEPTION, HANDLER | 3)
    );
    Ok(())
}

fn utcb_kept() -> Outcome {
    let _t = handled(|| {
        for i in 0..63 {
            utcb().set_mr(i, 0x9900 + i as u64);
        }
        // SAFETY: raises an exception that the case handles; the handler steps over the instruction.
        unsafe { asm!("ud2") };
        put(
            0,
            1 + u64::from((0..63).all(|i| mr(i) == 0x9900 + i as u64)),
        );
    })?;
    let mut regs = exception()?;
    regs.ip += 2;
    reply(&regs);
    settle();
    same!(counter(0), 2);
    Ok(())
}

/// A reply cannot take interrupts away, or change what is not the user's.
fn flags() -> Outcome {
    let _t = handled(|| {
        let flags: u64;
        // SAFETY: raises an exception that the case handles; the handler steps over the instruction.
        unsafe { asm!("ud2", "pushfq", "pop {}", out(reg) flags) };
        put(0, flags);
    })?;
    let mut regs = exception()?;
    regs.ip += 2;
    regs.flags = 0x3000 | 1;
    reply(&regs);
    settle();
    same!(counter(0) & 0x3201, 0x201);
    Ok(())
}

/// Has a thread's system calls told to its exception handler.
fn make_alien(thread: CapIdx) -> i64 {
    let words = [
        op::CONTROL | op::CONTROL_ALIEN,
        0,
        0,
        0,
        op::CONTROL_ALIEN,
        0,
    ];
    Msg::new(proto::THREAD).words(&words).call(thread).code()
}

fn alien() -> Outcome {
    let t = handled(|| {
        while counter(1) == 0 {
            sleep_ms(1);
        }
        put(0, 1);
    });
    let Ok(t) = t else { return Err(-12) };
    settle();
    same!(make_alien(t.worker.cap()), 0);
    let regs = exception()?;
    same!(regs.trapno, ExcRegs::ALIEN_TRAP);
    Ok(())
}

/// A message of registers to the thread itself, in the place of a reply.
fn send_registers(to: CapIdx, phases: Sysf, regs: &ExcRegs) -> Answer {
    utcb().set_exc_regs(regs);
    let tag = MsgTag::new(0, 26, 0, TagFlags::empty());
    raw(to, phases, 0, tag, timeout_ms(0, 500))
}

/// A handler may answer by a message to the thread, without the reply capability.
fn answered_by_send() -> Outcome {
    let t = handled(|| {
        // SAFETY: raises an exception that the case handles, by going on behind it.
        unsafe { asm!("ud2") };
        put(0, 7);
    })?;
    let mut regs = exception()?;
    regs.ip += 2;
    same!(send_registers(t.worker.cap(), Sysf::SEND, &regs).ipc(), 0);
    settle();
    same!(counter(0), 7);
    Ok(())
}

/// If it calls, the next exception is what it gets.
fn answered_by_call() -> Outcome {
    let t = handled(|| {
        // SAFETY: raises an exception that the case handles.
        unsafe { asm!("ud2", "ud2") };
        put(0, 7);
    })?;
    let mut regs = exception()?;
    regs.ip += 2;
    let answer = send_registers(t.worker.cap(), Sysf::CALL, &regs);
    same!((answer.code(), answer.tag.words()), (proto::EXCEPTION, 26));
    let mut next = utcb().exc_regs();
    same!(next.ip, regs.ip);
    next.ip += 2;
    same!(send_registers(t.worker.cap(), Sysf::SEND, &next).ipc(), 0);
    settle();
    same!(counter(0), 7);
    Ok(())
}

/// A system call that does nothing, with marks in the registers that it keeps.
#[unsafe(naked)]
extern "C" fn marked_call() {
    naked_asm!(
        "mov rbx, 0xb0b",
        "mov rbp, 0xb0c",
        "mov r12, 0xb12",
        "mov r13, 0xb13",
        "mov r14, 0xb14",
        // Sends nothing and waits for nothing.
        "xor eax, eax",
        "mov rdx, {invalid}",
        "xor esi, esi",
        "xor r8d, r8d",
        "syscall",
        "ud2",
        invalid = const CapIdx::INVALID.0,
    )
}

fn alien_registers() -> Outcome {
    let t = handled(|| {
        sleep_ms(2);
        marked_call();
    })?;
    same!(make_alien(t.worker.cap()), 0);
    let regs = exception()?;
    same!(
        [regs.rbx, regs.rbp, regs.r12, regs.r13, regs.r14],
        [0xb0b, 0xb0c, 0xb12, 0xb13, 0xb14]
    );
    Ok(())
}

/// Where a thread goes on that is moved.
#[unsafe(naked)]
extern "C" fn elsewhere() {
    naked_asm!("and rsp, -16", "call {arrive}", "ud2", arrive = sym arrive)
}

extern "C" fn arrive() {
    put(0, 9);
    sleep_ms(60_000);
}

fn elsewhere_ip() -> u64 {
    elsewhere as *const () as u64
}

fn cancel_to_elsewhere(t: &Handled) -> Outcome {
    same!(
        t.worker.ex_regs(op::EX_REGS_CANCEL, elsewhere_ip(), KEEP),
        0
    );
    settle();
    same!(counter(0), 9);
    Ok(())
}

/// A thread whose exception is not answered goes on where it is put.
fn cancel_and_move() -> Outcome {
    put(0, 1);
    // SAFETY: raises an exception that the case handles.
    let t = handled(|| unsafe { asm!("ud2") })?;
    same!(exception()?.trapno, 6);
    cancel_to_elsewhere(&t)
}

/// The same of one whose page fault is not answered.
fn cancel_fault() -> Outcome {
    put(0, 1);
    let at = window(12)?;
    let t = handled(move || put(1, load(at)))?;
    same!(wait(500).code(), proto::PAGE_FAULT);
    cancel_to_elsewhere(&t)
}

/// Canceled, and left where they are, the instructions are tried again.
fn cancel_repeats() -> Outcome {
    let at = window(12)?;
    let t = handled(move || {
        load(at);
        // SAFETY: raises an exception that the case handles.
        unsafe { asm!("ud2") }
    })?;
    for _ in 0..3 {
        same!(wait(500).code(), proto::PAGE_FAULT);
        same!(utcb().mr(0), at);
        same!(t.worker.ex_regs(op::EX_REGS_CANCEL, KEEP, KEEP), 0);
    }
    same!(wait(500).code(), proto::PAGE_FAULT);
    let tag = MsgTag::new(-1, 0, 0, TagFlags::empty());
    answer(tag);
    for _ in 0..3 {
        same!(exception()?.trapno, 14);
        same!(t.worker.ex_regs(op::EX_REGS_CANCEL, KEEP, KEEP), 0);
        same!(wait(500).code(), proto::PAGE_FAULT);
        answer(tag);
    }
    Ok(())
}

/// A thread that has been moved while its pager had its fault goes on there when the pager
/// answers, not where the fault was.
fn move_page_fault() -> Outcome {
    put(0, 1);
    let at = window(12)?;
    let t = handled(move || put(1, load(at)))?;
    same!(wait(500).code(), proto::PAGE_FAULT);
    same!(t.worker.ex_regs(0, elsewhere_ip(), KEEP), 0);
    settle();
    same!(counter(0), 1);
    answer(MsgTag::new(0, 0, 0, TagFlags::empty()));
    settle();
    same!(counter(0), 9);
    Ok(())
}
