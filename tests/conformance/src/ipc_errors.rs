//! What ends an IPC before its time: the partner goes, the thread is told to stop.

use crate::kit::*;
use crate::same;
use l4re::sys::op::thread::EX_REGS_CANCEL;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, Fpage, ObjRights, ipc_error as ie, proto};

pub const CASES: &[Case] = &[
    case(
        "ipc/cancel/wait (l4/sys/ipc.h: L4_IPC_RECANCELED)",
        cancel_wait,
    ),
    case(
        "ipc/cancel/closed-receive (l4/sys/ipc.h: L4_IPC_RECANCELED)",
        cancel_receive,
    ),
    case(
        "ipc/cancel/send (l4/sys/ipc.h: L4_IPC_SECANCELED)",
        cancel_send,
    ),
    case(
        "ipc/cancel/call-in-send-phase (l4/sys/ipc.h: L4_IPC_SECANCELED)",
        cancel_call_send,
    ),
    case(
        "ipc/cancel/call-in-receive-phase (l4/sys/ipc.h: L4_IPC_RECANCELED)",
        cancel_call_receive,
    ),
    case(
        "ipc/cancel/sleep (l4/sys/ipc.h: L4_IPC_RECANCELED)",
        cancel_sleep,
    ),
    case(
        "ipc/cancel/semaphore (l4/sys/semaphore.h: l4_semaphore_down)",
        cancel_semaphore,
    ),
    case(
        "ipc/cancel/unbound-gate (l4/sys/ipc.h: L4_IPC_SECANCELED)",
        cancel_at_gate,
    ),
    case(
        "ipc/cancel/running-thread (l4/sys/thread.h: L4_THREAD_EX_REGS_CANCEL)",
        cancel_running,
    ),
    case(
        "ipc/cancel/without-flag (l4/sys/thread.h: l4_thread_ex_regs)",
        no_cancel,
    ),
    case(
        "ipc/death/receiver-of-sender (l4/sys/ipc.h: l4_ipc_send)",
        receiver_dies,
    ),
    case("ipc/death/callee (l4/sys/ipc.h: l4_ipc_call)", callee_dies),
    case(
        "ipc/death/source-of-receive (l4/sys/ipc.h: l4_ipc_receive)",
        source_dies,
    ),
    case("ipc/death/gate-of-sender (l4/sys/ipc_gate.h)", gate_dies),
    case(
        "ipc/death/unbound-gate-of-sender (l4/sys/ipc_gate.h)",
        unbound_gate_dies,
    ),
    case(
        "ipc/death/gates-thread (l4/sys/ipc_gate.h)",
        gates_thread_dies,
    ),
    case(
        "ipc/death/sender-in-queue (l4/sys/ipc.h: l4_ipc_wait)",
        queued_sender_dies,
    ),
    case("ipc/death/caller (l4/sys/ipc.h: l4_ipc_reply)", caller_dies),
    case("ipc/death/semaphore (l4/sys/semaphore.h)", semaphore_dies),
];

const KEEP: u64 = !0;
const RE_CANCELED: i64 = ipc_error(ie::RE_CANCELED);
const SE_CANCELED: i64 = ipc_error(ie::SE_CANCELED);
const NOT_YET: u64 = 0x5555;

/// What `f` answers in a thread that is canceled meanwhile.
fn canceled(f: fn() -> i64) -> Result<i64, i64> {
    put(31, NOT_YET);
    let w = spawn(HIGH, move || put(31, f() as u64))?;
    settle();
    if counter(31) != NOT_YET {
        return Err(-77);
    }
    w.ex_regs(EX_REGS_CANCEL, KEEP, KEEP);
    settle();
    Ok(counter(31) as i64)
}

fn cancel_wait() -> Outcome {
    same!(canceled(|| wait(5000).code())?, RE_CANCELED);
    Ok(())
}

fn cancel_receive() -> Outcome {
    same!(canceled(|| receive(me(), 5000).code())?, RE_CANCELED);
    Ok(())
}

fn cancel_send() -> Outcome {
    same!(canceled(|| Msg::new(1).send(me()).code())?, SE_CANCELED);
    same!(wait(0).code(), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn cancel_call_send() -> Outcome {
    same!(canceled(|| Msg::new(1).call(me()).code())?, SE_CANCELED);
    same!(wait(0).code(), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn cancel_call_receive() -> Outcome {
    let server = spawn(HIGH, || {
        wait(5000);
        sleep_ms(5000);
    })?;
    put(0, server.cap().0);
    settle();
    same!(
        canceled(|| Msg::new(1).call(CapIdx(counter(0))).code())?,
        RE_CANCELED
    );
    Ok(())
}

fn cancel_sleep() -> Outcome {
    same!(
        canceled(|| receive(CapIdx::INVALID, 5000).code())?,
        RE_CANCELED
    );
    Ok(())
}

fn cancel_semaphore() -> Outcome {
    let sem = semaphore()?;
    put(0, sem.idx().0);
    same!(canceled(|| down(CapIdx(counter(0)), 5000))?, RE_CANCELED);
    // It has not been counted down.
    same!(down(sem.idx(), 0), ipc_error(ie::RE_TIMEOUT));
    trigger(sem.idx());
    same!(down(sem.idx(), 0), 0);
    Ok(())
}

fn cancel_at_gate() -> Outcome {
    let gate = unbound_gate()?;
    put(0, gate.idx().0);
    same!(
        canceled(|| Msg::new(1).send(CapIdx(counter(0))).code())?,
        SE_CANCELED
    );
    Ok(())
}

/// A thread that is in no system call has nothing to be canceled, now or later.
fn cancel_running() -> Outcome {
    let w = spawn(LOW, || {
        put(1, 1);
        while counter(0) == 0 {
            core::hint::spin_loop();
        }
        note(2, wait(30));
        note(5, wait(30));
    })?;
    settle();
    same!(counter(1), 1);
    same!(w.ex_regs(EX_REGS_CANCEL, KEEP, KEEP), 0);
    put(0, 1);
    sleep_ms(100);
    same!(counter(2) as i64, ipc_error(ie::RE_TIMEOUT));
    same!(counter(5) as i64, ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn no_cancel() -> Outcome {
    put(0, NOT_YET);
    let w = spawn(HIGH, || note(0, wait(60)))?;
    settle();
    w.ex_regs(0, KEEP, KEEP);
    settle();
    same!(counter(0), NOT_YET);
    sleep_ms(100);
    same!(counter(0) as i64, ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn receiver_dies() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    put(0, NOT_YET);
    spawn(HIGH, move || note(0, Msg::new(1).send(idle.cap())))?;
    settle();
    same!(counter(0), NOT_YET);
    idle.delete();
    settle();
    same!(counter(0) as i64, SE_CANCELED);
    Ok(())
}

/// Who waits for the reply of a thread that is gone waits on, as from one that does not reply.
fn callee_dies() -> Outcome {
    let server = spawn(HIGH, || {
        note(3, wait(5000));
        sleep_ms(5000);
    })?;
    put(0, NOT_YET);
    settle();
    spawn(HIGH, move || {
        note(
            0,
            Msg::new(1).timeout(timeout_ms(100, 400)).call(server.cap()),
        )
    })?;
    settle();
    same!((counter(0), counter(3)), (NOT_YET, 1));
    server.delete();
    settle();
    same!(counter(0), NOT_YET);
    sleep_ms(500);
    same!(counter(0) as i64, ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn source_dies() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    put(0, NOT_YET);
    spawn(HIGH, move || note(0, receive(idle.cap(), 200)))?;
    settle();
    idle.delete();
    settle();
    same!(counter(0), NOT_YET);
    sleep_ms(300);
    same!(counter(0) as i64, ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn delete(cap: CapIdx) {
    unmap(
        CapIdx::TASK,
        Fpage::obj(cap, 0, ObjRights::RWSD),
        UnmapFlags::DELETE_OBJ,
    );
}

/// Who has come as far as the thread's queue is not held up by the end of the gate.
fn gate_dies() -> Outcome {
    let gate = gate(me(), 0x40)?;
    let to = gate.idx();
    put(0, NOT_YET);
    spawn(HIGH, move || note(0, Msg::new(1).send(to)))?;
    settle();
    delete(to);
    settle();
    same!(counter(0), NOT_YET);
    let answer = wait(100);
    same!((answer.code(), answer.label), (1, 0x43));
    Ok(())
}

fn unbound_gate_dies() -> Outcome {
    let gate = unbound_gate()?;
    let to = gate.idx();
    put(0, NOT_YET);
    spawn(HIGH, move || note(0, Msg::new(1).send(to)))?;
    settle();
    same!(counter(0), NOT_YET);
    delete(to);
    settle();
    same!(counter(0) as i64, ipc_error(ie::NOT_EXISTENT));
    Ok(())
}

/// A gate whose thread is gone does not wait for another one, but can be bound again.
fn gates_thread_dies() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    let gate = gate(idle.cap(), 0x40)?;
    idle.delete();
    settle();
    let answer = Msg::new(1).timeout(timeout_ms(20, 20)).send(gate.idx());
    same!(answer.code(), ipc_error(ie::NOT_EXISTENT));
    same!(bind(gate.idx(), me(), 0x80), 0);
    let to = gate.idx();
    spawn(HIGH, move || {
        Msg::new(7).send(to);
    })?;
    let answer = wait(100);
    same!((answer.code(), answer.label), (7, 0x83));
    Ok(())
}

fn queued_sender_dies() -> Outcome {
    let me = me();
    let sender = spawn(HIGH, move || {
        Msg::new(1).send(me);
    })?;
    settle();
    sender.delete();
    same!(wait(20).code(), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn caller_dies() -> Outcome {
    let me = me();
    let caller = spawn(HIGH, move || {
        Msg::new(1).call(me);
    })?;
    settle();
    same!(wait(20).code(), 1);
    caller.delete();
    same!(
        Msg::new(2).timeout(timeout_ms(0, 0)).reply().code(),
        ipc_error(ie::NOT_EXISTENT)
    );
    Ok(())
}

fn semaphore_dies() -> Outcome {
    let sem = semaphore()?;
    let cap = sem.idx();
    put(0, NOT_YET);
    spawn(HIGH, move || put(0, down(cap, 5000) as u64))?;
    settle();
    same!(counter(0), NOT_YET);
    delete(cap);
    settle();
    same!(counter(0) as i64, ipc_error(ie::NOT_EXISTENT));
    same!(
        Msg::new(proto::IRQ).send(cap).code(),
        ipc_error(ie::NOT_EXISTENT)
    );
    Ok(())
}
