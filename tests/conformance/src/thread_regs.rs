//! Threads: their registers, exchanged by others.

use crate::kit::*;
use crate::same;
use crate::thread_control::{bind_to, free_utcb};
use l4re::sys::op::thread as op;
use l4re::sys::{CapIdx, ExcRegs, ObjRights, ipc_error as ie, proto, utcb};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "thread/ex-regs/returns (l4/sys/thread.h: l4_thread_ex_regs_ret)",
        ex_regs_returns,
    ),
    case(
        "thread/ex-regs/keeps (l4/sys/thread.h: l4_thread_ex_regs)",
        ex_regs_keeps,
    ),
    case(
        "thread/ex-regs/moves (l4/sys/thread.h: l4_thread_ex_regs)",
        ex_regs_moves,
    ),
    case(
        "thread/ex-regs/unbound (l4/sys/thread.h: l4_thread_ex_regs)",
        ex_regs_unbound,
    ),
    case(
        "thread/ex-regs/weak (l4/sys/thread.h: l4_thread_ex_regs)",
        ex_regs_weak,
    ),
    case(
        "thread/ex-regs/exception (l4/sys/thread.h: L4_THREAD_EX_REGS_TRIGGER_EXCEPTION)",
        trigger_exception,
    ),
    case(
        "thread/ex-regs/exception-in-ipc (l4/sys/thread.h: L4_THREAD_EX_REGS_CANCEL)",
        exception_in_ipc,
    ),
];

const KEEP: u64 = !0;

fn ex_regs_of(thread: CapIdx, flags: u64, ip: u64, sp: u64) -> Answer {
    Msg::new(proto::THREAD)
        .words(&[op::EX_REGS | flags, ip, sp])
        .call(thread)
}

fn ex_regs_returns() -> Outcome {
    let thread = thread_cap()?;
    same!(bind_to(thread.idx(), CapIdx::TASK, free_utcb()), 0);
    let answer = ex_regs_of(thread.idx(), 0, 0x1234_5000, 0x2345_6000);
    same!((answer.code(), answer.tag.words()), (0, 3));
    let answer = ex_regs_of(thread.idx(), 0, KEEP, KEEP);
    same!(answer.code(), 0);
    same!((mr(1), mr(2)), (0x1234_5000, 0x2345_6000));
    // Interrupts are on.
    same!(mr(0) & 0x200, 0x200);
    Ok(())
}

fn ex_regs_keeps() -> Outcome {
    let w = spawn(HIGH, || note(0, wait(40)))?;
    settle();
    same!(w.ex_regs(0, KEEP, KEEP), 0);
    let (ip, sp) = (mr(1), mr(2));
    check!(sp > stack_top(w.seat()) - 0x8000 && sp < stack_top(w.seat()));
    check!(ip != 0);
    sleep_ms(80);
    same!(counter(0) as i64, ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

extern "C" fn moved_here() -> ! {
    put(0, 77);
    loop {
        sleep_ms(1000);
    }
}

fn ex_regs_moves() -> Outcome {
    let w = spawn(HIGH, || sleep_ms(5000))?;
    settle();
    let sp = stack_top(w.seat()) - 0x3008;
    same!(
        w.ex_regs(op::EX_REGS_CANCEL, moved_here as *const () as u64, sp),
        0
    );
    settle();
    same!(counter(0), 77);
    Ok(())
}

fn ex_regs_unbound() -> Outcome {
    let thread = thread_cap()?;
    same!(ex_regs_of(thread.idx(), 0, 0x1000, 0x1000).code(), 0);
    Ok(())
}

fn ex_regs_weak() -> Outcome {
    let w = spawn(HIGH, || sleep_ms(5000))?;
    let weak = copy(w.cap(), ObjRights::RW)?;
    same!(ex_regs_of(weak.idx(), 0, KEEP, KEEP).code(), 0);
    let weak = copy(w.cap(), ObjRights::R)?;
    same!(ex_regs_of(weak.idx(), 0, KEEP, KEEP).code(), 0);
    Ok(())
}

fn trigger_exception() -> Outcome {
    let handler = gate(me(), 0x900)?;
    let rm = l4re::start::env().rm().idx();
    let w = spawn_paged(LOW, rm, handler.idx(), || {
        loop {
            cell(0).fetch_add(1, core::sync::atomic::Ordering::Relaxed);
        }
    })?;
    sleep_ms(10);
    check!(counter(0) > 0);
    same!(w.ex_regs(op::EX_REGS_TRIGGER_EXCEPTION, KEEP, KEEP), 0);
    let answer = wait(200);
    let regs = utcb().exc_regs();
    same!(
        (answer.code(), answer.label & !3),
        (proto::EXCEPTION, 0x900)
    );
    same!(
        (regs.trapno, answer.tag.words()),
        (ExcRegs::EX_REGS_TRAP, 26)
    );
    Ok(())
}

/// The exception comes when the IPC is over.
fn exception_in_ipc() -> Outcome {
    let handler = gate(me(), 0x900)?;
    let rm = l4re::start::env().rm().idx();
    let w = spawn_paged(HIGH, rm, handler.idx(), || note(0, wait(5000)))?;
    settle();
    same!(w.ex_regs(op::EX_REGS_TRIGGER_EXCEPTION, KEEP, KEEP), 0);
    same!(wait(20).code(), ipc_error(ie::RE_TIMEOUT));
    same!(w.ex_regs(op::EX_REGS_CANCEL, KEEP, KEEP), 0);
    let answer = wait(200);
    same!(
        (answer.code(), utcb().exc_regs().trapno),
        (proto::EXCEPTION, ExcRegs::EX_REGS_TRAP)
    );
    Ok(())
}
