//! Page faults and exceptions: the messages to pager and handler, and what replies do.

use crate::kit::*;
use crate::same;
use core::arch::asm;
use l4re::sys::{
    CapIdx, ExcRegs, Fpage, MapItem, MemRights, MsgTag, Sysf, TagFlags, Timeout, ipc_error as ie,
    proto, utcb,
};
use test_services::check;

pub const CASES: &[Case] = &[
    case("fault/read (l4/sys/types.h: L4_PROTO_PAGE_FAULT)", read),
    case("fault/write (l4/sys/types.h: L4_PROTO_PAGE_FAULT)", write),
    case(
        "fault/write-read-only (l4/sys/types.h: L4_PROTO_PAGE_FAULT)",
        write_read_only,
    ),
    case("fault/fetch (l4/sys/types.h: L4_PROTO_PAGE_FAULT)", fetch),
    case(
        "fault/fetch-not-executable (l4/sys/__l4_fpage.h: L4_FPAGE_X)",
        fetch_nx,
    ),
    case(
        "fault/address-and-ip (l4/sys/types.h: L4_PROTO_PAGE_FAULT)",
        address,
    ),
    case(
        "fault/label-of-pagers-gate (l4/sys/thread.h: l4_thread_control_pager)",
        label,
    ),
    case(
        "fault/reply-maps (l4/sys/types.h: L4_PROTO_PAGE_FAULT)",
        reply_maps,
    ),
    case(
        "fault/reply-empty-faults-again (l4/sys/types.h: L4_PROTO_PAGE_FAULT)",
        reply_empty,
    ),
    case(
        "fault/reply-error-is-exception (l4/sys/types.h: L4_PROTO_PAGE_FAULT)",
        reply_error,
    ),
    case(
        "fault/reply-exception (l4/sys/types.h: L4_PROTO_PF_EXCEPTION)",
        reply_exception,
    ),
    case(
        "fault/no-pager (l4/sys/thread.h: l4_thread_control_pager)",
        no_pager,
    ),
    case(
        "fault/kernels-addresses (l4/sys/types.h: L4_PROTO_EXCEPTION)",
        kernel_address,
    ),
    case(
        "fault/message-kept (l4/sys/utcb.h: l4_msg_regs_t)",
        registers_kept,
    ),
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
];

const PAGER: u64 = 0x1230;
const HANDLER: u64 = 0x4560;

/// Pager and handler of a thread, both the case's.
struct Handled {
    worker: Worker,
    _gates: (Obj, Obj),
}

fn handled<F: FnOnce() + Send + 'static>(f: F) -> Result<Handled, i64> {
    let gates = (gate(me(), PAGER)?, gate(me(), HANDLER)?);
    let worker = spawn_paged(HIGH, gates.0.idx(), gates.1.idx(), f)?;
    Ok(Handled {
        worker,
        _gates: gates,
    })
}

fn load(at: u64) -> u64 {
    let value;
    // SAFETY: faults where nothing is, which is what the case wants.
    unsafe { asm!("mov {}, [{}]", out(reg) value, in(reg) at) };
    value
}

fn store(at: u64) {
    // SAFETY: as in `load`.
    unsafe { asm!("mov [{}], {}", in(reg) at, in(reg) 7u64) };
}

fn jump(at: u64) {
    // SAFETY: as in `load`.
    unsafe { asm!("call {}", in(reg) at, clobber_abi("C")) };
}

/// Waits for a page fault; gives its first word.
fn page_fault() -> Result<u64, i64> {
    let answer = wait(500);
    match (answer.code(), answer.shape()) {
        (proto::PAGE_FAULT, (2, 0, 0)) => Ok(mr(0)),
        other => {
            l4re::println!("# no page fault, but {other:?}");
            Err(-10)
        }
    }
}

/// Waits for an exception.
fn exception() -> Result<ExcRegs, i64> {
    let answer = wait(500);
    let regs = utcb().exc_regs();
    if answer.code() != proto::EXCEPTION || answer.tag.words() != 26 || answer.tag.items() != 0 {
        l4re::println!("# no exception, but {answer:?}");
        return Err(-11);
    }
    Ok(regs)
}

fn reply(regs: &ExcRegs) {
    utcb().set_exc_regs(regs);
    let tag = MsgTag::new(0, 26, 0, TagFlags::empty());
    raw(
        CapIdx::INVALID,
        Sysf::SEND | Sysf::REPLY,
        0,
        tag,
        Timeout::BOTH_ZERO,
    );
}

fn read() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || put(0, load(at)))?;
    same!(page_fault()?, at);
    Ok(())
}

fn write() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || store(at))?;
    same!(page_fault()?, at | 2);
    Ok(())
}

fn write_read_only() -> Outcome {
    let at = window(12)?;
    same!(
        map(
            CapIdx::TASK,
            CapIdx::TASK,
            Fpage::page(page(1), MemRights::R),
            at
        ),
        0
    );
    let _t = handled(move || store(at))?;
    same!(page_fault()?, at | 3);
    Ok(())
}

fn fetch() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || jump(at))?;
    same!(page_fault()?, at | 4);
    Ok(())
}

fn fetch_nx() -> Outcome {
    let at = window(12)?;
    same!(
        map(
            CapIdx::TASK,
            CapIdx::TASK,
            Fpage::page(page(1), MemRights::RW),
            at
        ),
        0
    );
    let _t = handled(move || jump(at))?;
    same!(page_fault()?, at | 5);
    Ok(())
}

/// The address is told to 8 bytes; the instruction exactly.
fn address() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || jump(at + 0x123))?;
    same!((page_fault()?, mr(1)), ((at + 0x120) | 4, at + 0x123));
    Ok(())
}

fn label() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || put(0, load(at)))?;
    same!(wait(500).label, PAGER | 3);
    Ok(())
}

fn reply_maps() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || put(0, load(at + 8 - 8)))?;
    same!(page_fault()?, at);
    let items = [MapItem::map(at, Fpage::page(page(5), MemRights::RWX))];
    same!(
        Msg::new(0)
            .items(&items)
            .timeout(timeout_ms(0, 0))
            .reply()
            .ipc(),
        0
    );
    settle();
    same!(counter(0), 0x105);
    Ok(())
}

fn reply_empty() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || put(0, load(at)))?;
    for _ in 0..3 {
        same!(page_fault()?, at);
        same!(Msg::new(0).timeout(timeout_ms(0, 0)).reply().ipc(), 0);
        settle();
    }
    Ok(())
}

fn reply_error() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || put(0, load(at + 0x10)))?;
    same!(page_fault()?, at + 0x10);
    same!(Msg::new(-1).timeout(timeout_ms(0, 0)).reply().ipc(), 0);
    let regs = exception()?;
    same!(
        (regs.trapno, regs.pfa),
        (ExcRegs::PAGE_FAULT_TRAP, at + 0x10)
    );
    Ok(())
}

fn reply_exception() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || store(at + 0x10))?;
    same!(page_fault()?, (at + 0x10) | 2);
    // Only the page-fault trampoline knows this label.
    same!(
        Msg::new(proto::PF_EXCEPTION)
            .timeout(timeout_ms(0, 0))
            .reply()
            .ipc(),
        0
    );
    same!(page_fault()?, (at + 0x10) | 2);
    Ok(())
}

fn no_pager() -> Outcome {
    let at = window(12)?;
    let handler = gate(me(), HANDLER)?;
    spawn_paged(HIGH, CapIdx::INVALID, handler.idx(), move || {
        put(0, load(at))
    })?;
    // The thread stops, and nobody learns of it.
    same!(wait(50).code(), ipc_error(ie::RE_TIMEOUT));
    spawn_paged(HIGH, slot()?.idx(), handler.idx(), move || put(0, load(at)))?;
    same!(wait(50).code(), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

/// What is never the user's is no page fault, but an exception at once.
fn kernel_address() -> Outcome {
    let _t = handled(|| put(0, load(0xffff_ffff_f000_0000)))?;
    let answer = wait(500);
    same!(answer.code(), proto::EXCEPTION);
    same!(utcb().exc_regs().trapno, ExcRegs::PAGE_FAULT_TRAP);
    Ok(())
}

fn registers_kept() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || {
        for i in 0..63 {
            utcb().set_mr(i, 0x9900 + i as u64);
        }
        utcb().set_br(0, 0x1230);
        utcb().set_br(57, 0x4560);
        load(at);
        put(1, u64::from((0..63).all(|i| mr(i) == 0x9900 + i as u64)));
        put(2, utcb().br(0) | utcb().br(57) << 16);
    })?;
    same!(page_fault()?, at);
    let items = [MapItem::map(at, Fpage::page(page(5), MemRights::RWX))];
    same!(
        Msg::new(0)
            .words(&[])
            .items(&items)
            .timeout(timeout_ms(0, 0))
            .reply()
            .ipc(),
        0
    );
    settle();
    same!((counter(1), counter(2)), (1, 0x4560_1230));
    Ok(())
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
        // SAFETY: as above.
        unsafe { asm!("xor ecx, ecx", "div ecx", out("rax") _, out("rcx") _, out("rdx") _) };
    })?;
    same!(exception()?.trapno, 0);
    Ok(())
}

/// The instruction is over: the pointer stands behind it.
fn breakpoint() -> Outcome {
    let _t = handled(|| {
        // SAFETY: as above.
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
        // SAFETY: as above.
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
        // SAFETY: as above; the thread goes no further.
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
        // SAFETY: as above; the handler steps over the instruction.
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
        // SAFETY: as above.
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
        // SAFETY: as above; the handler steps over the instruction.
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
        // SAFETY: as above; the handler steps over the instruction.
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

fn alien() -> Outcome {
    use l4re::sys::op::thread as op;
    let t = handled(|| {
        while counter(1) == 0 {
            sleep_ms(1);
        }
        put(0, 1);
    });
    let Ok(t) = t else { return Err(-12) };
    settle();
    let words = [
        op::CONTROL | op::CONTROL_ALIEN,
        0,
        0,
        0,
        op::CONTROL_ALIEN,
        0,
    ];
    same!(
        Msg::new(proto::THREAD)
            .words(&words)
            .call(t.worker.cap())
            .code(),
        0
    );
    let regs = exception()?;
    check!(regs.trapno != 0);
    Ok(())
}
