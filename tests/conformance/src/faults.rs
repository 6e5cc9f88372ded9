//! Page faults: the messages to the pager, and what replies do.

use crate::kit::*;
use crate::same;
use core::arch::asm;
use l4re::sys::{CapIdx, ExcRegs, Fpage, MapItem, MemRights, ipc_error as ie, proto, utcb};

pub const CASES: &[Case] = &[
    case("fault/read (l4/sys/types.h: L4_PROTO_PAGE_FAULT)", read),
    case(
        "fault/answered-by-a-send (l4/sys/ipc.h: l4_ipc_send)",
        answered_by_send,
    ),
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
];

const PAGER: u64 = 0x1230;
/// The label of the gate to the exception handler.
pub const HANDLER: u64 = 0x4560;

/// Pager and handler of a thread, both the case's.
pub struct Handled {
    /// The thread.
    pub worker: Worker,
    _gates: (Obj, Obj),
}

/// A thread whose faults the case handles.
pub fn handled<F: FnOnce() + Send + 'static>(f: F) -> Result<Handled, i64> {
    let gates = (gate(me(), PAGER)?, gate(me(), HANDLER)?);
    let worker = spawn_paged(HIGH, gates.0.idx(), gates.1.idx(), f)?;
    Ok(Handled {
        worker,
        _gates: gates,
    })
}

/// Reads a word.
pub fn load(at: u64) -> u64 {
    let value;
    // SAFETY: faults where nothing is, which is what the case wants.
    unsafe { asm!("mov {}, [{}]", out(reg) value, in(reg) at) };
    value
}

fn store(at: u64) {
    // SAFETY: a fault is what the test is after; otherwise `at` is a place of the test's own.
    unsafe { asm!("mov [{}], {}", in(reg) at, in(reg) 7u64) };
}

fn jump(at: u64) {
    // SAFETY: a fault is what the test is after; otherwise code of the test's own is at `at`, and
    // it returns.
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
pub fn exception() -> Result<ExcRegs, i64> {
    let answer = wait(500);
    let regs = utcb().exc_regs();
    if answer.code() != proto::EXCEPTION || answer.tag.words() != 26 || answer.tag.items() != 0 {
        l4re::println!("# no exception, but {answer:?}");
        return Err(-11);
    }
    Ok(regs)
}

fn read() -> Outcome {
    let at = window(12)?;
    let _t = handled(move || put(0, load(at)))?;
    same!(page_fault()?, at);
    Ok(())
}

/// A pager may answer by a message to the thread, without the reply capability.
fn answered_by_send() -> Outcome {
    let at = window(12)?;
    let t = handled(move || put(0, load(at)))?;
    same!(page_fault()?, at);
    let items = [MapItem::map(at, Fpage::page(page(3), MemRights::R))];
    let answer = Msg::new(0)
        .items(&items)
        .timeout(timeout_ms(0, 0))
        .send(t.worker.cap());
    same!(answer.ipc(), 0);
    settle();
    same!(counter(0), 0x103);
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
