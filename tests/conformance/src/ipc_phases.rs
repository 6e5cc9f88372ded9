//! The phases of a system call: who gets what from whom, and what is told when nobody does.

use crate::kit::*;
use crate::same;
use l4re::sys::{CapIdx, MsgTag, ObjRights, Sysf, TagFlags, Timeout, err, ipc_error as ie};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "ipc/send/waiting-thread (l4/sys/ipc.h: l4_ipc_send)",
        send_to_waiting,
    ),
    case(
        "ipc/send/label-of-sender (l4/sys/arch/ipc.h: l4_ipc)",
        sender_label,
    ),
    case(
        "ipc/send/thread-without-task (l4/sys/ipc.h: L4_IPC_ENOT_EXISTENT)",
        send_to_new_thread,
    ),
    case(
        "ipc/send/empty-slot (l4/sys/ipc.h: L4_IPC_ENOT_EXISTENT)",
        send_to_void,
    ),
    case(
        "ipc/send/slot-beyond-the-table (l4/sys/ipc.h: L4_IPC_ENOT_EXISTENT)",
        send_far_away,
    ),
    case(
        "ipc/call/empty-slot (l4/sys/ipc.h: L4_IPC_ENOT_EXISTENT)",
        call_void,
    ),
    case(
        "ipc/receive/empty-slot (l4/sys/ipc.h: L4_IPC_ENOT_EXISTENT)",
        receive_from_void,
    ),
    case(
        "ipc/receive/gate (l4/sys/ipc.h: l4_ipc_receive)",
        receive_from_gate,
    ),
    case(
        "ipc/receive/task (l4/sys/ipc.h: l4_ipc_receive)",
        receive_from_task,
    ),
    case(
        "ipc/receive/closed (l4/sys/ipc.h: l4_ipc_receive)",
        closed_receive,
    ),
    case(
        "ipc/receive/closed-from-gate-sender (l4/sys/ipc.h: l4_ipc_receive)",
        closed_through_gate,
    ),
    case(
        "ipc/wait/queued-sender (l4/sys/ipc.h: l4_ipc_wait)",
        queued_sender,
    ),
    case("ipc/call/reply (l4/sys/ipc.h: l4_ipc_call)", call_and_reply),
    case(
        "ipc/call/not-from-another (l4/sys/ipc.h: l4_ipc_call)",
        call_is_closed,
    ),
    case(
        "ipc/reply-and-wait (l4/sys/ipc.h: l4_ipc_reply_and_wait)",
        reply_and_wait,
    ),
    case(
        "ipc/reply-and-wait/nobody-to-reply-to (l4/sys/ipc.h: l4_ipc_reply_and_wait)",
        nobody_called,
    ),
    case(
        "ipc/send-and-wait (l4/sys/ipc.h: l4_ipc_send_and_wait)",
        send_and_wait,
    ),
    case(
        "ipc/send-and-wait/error-of-sending (l4/sys/ipc.h: l4_ipc_send_and_wait)",
        send_and_wait_fails,
    ),
    case(
        "ipc/no-phase (l4/sys/consts.h: l4_syscall_flags_t)",
        no_phase,
    ),
    case(
        "ipc/open-wait-with-destination (l4/sys/consts.h: L4_SYSF_OPEN_WAIT)",
        open_wait_dest,
    ),
    case(
        "ipc/selector-low-bits (l4/sys/consts.h: L4_CAP_MASK)",
        low_bits,
    ),
    case("ipc/own-thread (l4/sys/ipc.h: l4_ipc_call)", call_oneself),
];

const VOID: i64 = ipc_error(ie::NOT_EXISTENT);
const WORDS: [u64; 3] = [0x11, 0x2222_3333_4444_5555, !0];

fn send_to_waiting() -> Outcome {
    let w = spawn(HIGH, || note(0, wait(1000)))?;
    settle();
    let answer = Msg::new(0x123)
        .words(&WORDS)
        .timeout(timeout_ms(0, 0))
        .send(w.cap());
    same!(answer.ipc(), 0);
    settle();
    same!((counter(0), counter(2)), (0x123, 0x11));
    Ok(())
}

fn sender_label() -> Outcome {
    let w = spawn(HIGH, || note(0, wait(1000)))?;
    settle();
    same!(
        Msg::new(1)
            .ipc_label(w.cap(), Sysf::SEND, 0xabcd_ef01_2345_6789)
            .ipc(),
        0
    );
    settle();
    same!(counter(1), 0xabcd_ef01_2345_6789);
    Ok(())
}

fn send_to_new_thread() -> Outcome {
    let thread = thread_cap()?;
    let answer = Msg::new(1).timeout(timeout_ms(20, 20)).send(thread.idx());
    same!(answer.code(), VOID);
    Ok(())
}

fn send_to_void() -> Outcome {
    let empty = slot()?;
    for words in [0, 1, 63] {
        same!(
            Msg::new(1)
                .words(&[0; 63][..words])
                .send(empty.idx())
                .code(),
            VOID
        );
    }
    Ok(())
}

fn send_far_away() -> Outcome {
    for index in [0, 0xf_ffff, 0xfff_ffff, 0xffff_ffff_ffff] {
        same!(Msg::new(1).send(CapIdx::from_index(index)).code(), VOID);
    }
    Ok(())
}

fn call_void() -> Outcome {
    same!(
        Msg::new(1)
            .timeout(timeout_ms(50, 50))
            .call(slot()?.idx())
            .code(),
        VOID
    );
    Ok(())
}

fn receive_from_void() -> Outcome {
    same!(receive(slot()?.idx(), 50).code(), VOID);
    Ok(())
}

/// A gate stands for its thread.
fn receive_from_gate() -> Outcome {
    let me = me();
    let w = spawn(HIGH, move || {
        Msg::new(1).send(me);
    })?;
    settle();
    let gate = gate(w.cap(), 0)?;
    same!(receive(gate.idx(), 50).code(), 1);
    same!(receive(gate.idx(), 5).code(), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

/// Other objects take a receive phase alone for a request, of protocol 0.
fn receive_from_task() -> Outcome {
    same!(receive(CapIdx::TASK, 50).code(), -err::EBADPROTO);
    Ok(())
}

/// A message of another thread waits until it is asked for.
fn closed_receive() -> Outcome {
    let me = me();
    let wanted = spawn(LOW, move || {
        sleep_ms(20);
        Msg::new(1).send(me);
    })?;
    spawn(HIGH, move || note(0, Msg::new(2).send(me)))?;
    settle();
    same!(receive(wanted.cap(), 1000).code(), 1);
    same!(wait(0).code(), 2);
    Ok(())
}

/// The thread is what counts, not the gate that it sends to.
fn closed_through_gate() -> Outcome {
    let gate = gate(me(), 0x80)?;
    let to = gate.idx();
    let wanted = spawn(HIGH, move || {
        Msg::new(1).send(to);
    })?;
    settle();
    let answer = receive(wanted.cap(), 1000);
    same!((answer.code(), answer.label), (1, 0x83));
    Ok(())
}

fn queued_sender() -> Outcome {
    let me = me();
    spawn(HIGH, move || note(0, Msg::new(9).words(&WORDS).send(me)))?;
    settle();
    same!(counter(0), 0);
    let answer = wait(0);
    same!(answer.code(), 9);
    same!([mr(0), mr(1), mr(2)], WORDS);
    Ok(())
}

fn call_and_reply() -> Outcome {
    let server = spawn(HIGH, || {
        note(0, wait(1000));
        note(3, Msg::new(77).words(&[1, 2]).reply());
    })?;
    settle();
    let answer = Msg::new(8)
        .words(&WORDS)
        .timeout(timeout_ms(100, 1000))
        .call(server.cap());
    same!(answer.code(), 77);
    same!(answer.shape(), (2, 0, 0));
    same!([mr(0), mr(1), mr(2)], [1, 2, !0]);
    settle();
    same!((counter(0), counter(2)), (8, 0x11));
    Ok(())
}

/// While it waits for the reply, a caller gets nothing from others.
fn call_is_closed() -> Outcome {
    let me = me();
    let server = spawn(HIGH, || {
        wait(1000);
        sleep_ms(40);
        Msg::new(77).reply();
    })?;
    spawn(HIGH, move || {
        sleep_ms(15);
        Msg::new(78).send(me);
    })?;
    same!(
        Msg::new(8)
            .timeout(timeout_ms(100, 1000))
            .call(server.cap())
            .code(),
        77
    );
    same!(wait(100).code(), 78);
    Ok(())
}

fn reply_and_wait() -> Outcome {
    let server = spawn(HIGH, echo)?;
    settle();
    for i in 0..100 {
        let answer = Msg::new(i).words(&[i as u64, 1]).call(server.cap());
        same!(answer.code(), i);
        same!((answer.tag.words(), mr(0)), (2, i as u64));
    }
    Ok(())
}

/// Without a caller the call ends in its first phase.
fn nobody_called() -> Outcome {
    let answer = Msg::new(0)
        .timeout(timeout_ms(0, 20))
        .ipc(CapIdx::INVALID, Sysf::REPLY_AND_WAIT);
    same!(answer.code(), VOID);
    Ok(())
}

fn send_and_wait() -> Outcome {
    let me = me();
    let first = spawn(HIGH, || note(0, wait(1000)))?;
    spawn(LOW, move || {
        Msg::new(6).send(me);
    })?;
    settle();
    let message = Msg::new(5).timeout(timeout_ms(100, 1000));
    let answer = message.ipc(first.cap(), Sysf::SEND_AND_WAIT);
    same!(answer.code(), 6);
    same!(counter(0), 5);
    Ok(())
}

fn send_and_wait_fails() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    let message = Msg::new(5).timeout(timeout_ms(20, 1000));
    same!(
        message.ipc(idle.cap(), Sysf::SEND_AND_WAIT).code(),
        ipc_error(ie::SE_TIMEOUT)
    );
    same!(message.ipc(slot()?.idx(), Sysf::SEND_AND_WAIT).code(), VOID);
    Ok(())
}

fn no_phase() -> Outcome {
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    same!(Msg::new(5).ipc(idle.cap(), Sysf::empty()).code(), VOID);
    same!(Msg::new(5).ipc(slot()?.idx(), Sysf::empty()).code(), VOID);
    same!(Msg::new(5).ipc(CapIdx::INVALID, Sysf::empty()).code(), VOID);
    Ok(())
}

/// An open wait goes by its destination, which must be a thread, as if it were none.
fn open_wait_dest() -> Outcome {
    let me = me();
    spawn(HIGH, move || {
        Msg::new(6).send(me);
    })?;
    settle();
    let message = Msg::new(0).timeout(timeout_ms(0, 100));
    same!(message.ipc(slot()?.idx(), Sysf::WAIT).code(), VOID);
    let idle = spawn(HIGH, || sleep_ms(5000))?;
    same!(message.ipc(idle.cap(), Sysf::WAIT).code(), 6);
    Ok(())
}

fn call_oneself() -> Outcome {
    let answer = Msg::new(5).timeout(timeout_ms(20, 20)).call(me());
    same!(answer.code(), ipc_error(ie::SE_TIMEOUT));
    // The gate of the calling thread.
    let gate = gate(me(), 0)?;
    let answer = Msg::new(5).timeout(timeout_ms(20, 20)).call(gate.idx());
    same!(answer.code(), ipc_error(ie::SE_TIMEOUT));
    let tag = MsgTag::new(5, 0, 0, TagFlags::empty());
    same!(
        raw(gate.idx(), Sysf::CALL, 0, tag, Timeout::BOTH_ZERO).code(),
        ipc_error(ie::SE_TIMEOUT)
    );
    check!(cap_valid(CapIdx::TASK, gate.idx()) > 0);
    let copy = copy(gate.idx(), ObjRights::R)?;
    same!(
        Msg::new(5)
            .timeout(timeout_ms(0, 0))
            .call(copy.idx())
            .code(),
        ipc_error(ie::SE_TIMEOUT)
    );
    Ok(())
}

/// The bits of a selector below those of the index are nobody's.
fn low_bits() -> Outcome {
    let server = spawn(HIGH, echo)?;
    settle();
    for bits in [0x10, 0x200, 0x3f0] {
        let dest = CapIdx(server.cap().0 | bits);
        let answer = Msg::new(3)
            .words(&[bits])
            .timeout(timeout_ms(100, 100))
            .call(dest);
        same!((answer.code(), mr(0)), (3, bits));
    }
    Ok(())
}
