//! Reply capabilities: the calling thread's own, and those that have slots.

use crate::kit::*;
use crate::same;
use l4re::sys::{CapIdx, MsgTag, Sysf, TagFlags, Timeout, ipc_error as ie};

pub const CASES: &[Case] = &[
    case("reply/implicit (l4/sys/ipc.h: l4_ipc_reply)", implicit),
    case(
        "reply/implicit-invalid-reply-cap (l4/sys/consts.h: L4_INVALID_REPLY_CAP)",
        implicit_by_name,
    ),
    case("reply/none (l4/sys/ipc.h: l4_ipc_reply)", none),
    case("reply/twice (l4/sys/ipc.h: l4_ipc_reply)", twice),
    case("reply/to-sender (l4/sys/ipc.h: l4_ipc_send)", to_sender),
    case("reply/late (l4/sys/ipc.h: l4_ipc_call)", late),
    case(
        "reply/after-cancel (l4/sys/ipc.h: l4_ipc_reply)",
        after_cancel,
    ),
    case(
        "reply/overwritten (l4/sys/ipc.h: l4_ipc_reply)",
        overwritten,
    ),
    case(
        "reply/by-thread-capability (l4/sys/ipc.h: l4_ipc_send)",
        by_thread,
    ),
    case(
        "reply/kept-by-timeout (l4/sys/ipc.h: l4_ipc_wait)",
        kept_by_timeout,
    ),
    case(
        "reply/explicit (l4/sys/consts.h: L4_REPLY_CAP_BIT)",
        explicit,
    ),
    case(
        "reply/explicit-twice (l4/sys/ipc.h: l4_ipc_reply)",
        explicit_twice,
    ),
    case(
        "reply/explicit-empty-slot (l4/sys/consts.h: L4_REPLY_CAP_BIT)",
        explicit_empty,
    ),
    case(
        "reply/explicit-not-implicit (l4/sys/consts.h: L4_REPLY_CAP_BIT)",
        explicit_not_implicit,
    ),
    case(
        "reply/explicit-several-callers (l4/sys/consts.h: L4_REPLY_CAP_BIT)",
        several,
    ),
    case(
        "reply/explicit-by-another-thread (l4/sys/types.h: l4_cap_idx_t)",
        by_another,
    ),
    case(
        "reply/explicit-slot-too-large (l4/sys/ipc.h: L4_IPC_NO_REPLY_CAP)",
        too_large,
    ),
    case(
        "reply/explicit-replaced (l4/sys/consts.h: L4_REPLY_CAP_BIT)",
        replaced,
    ),
    case(
        "reply/explicit-of-a-dead-caller (l4/sys/ipc.h: l4_ipc_reply)",
        dead_caller,
    ),
    case(
        "reply/explicit-reply-and-wait (l4/sys/consts.h: L4_SYSF_REPLY_AND_WAIT)",
        explicit_loop,
    ),
    case(
        "reply/explicit-not-of-the-next-wait (l4/sys/ipc.h: l4_ipc_send_and_wait)",
        next_wait,
    ),
    case(
        "reply/explicit-of-a-sender (l4/sys/consts.h: L4_REPLY_CAP_BIT)",
        explicit_of_sender,
    ),
];

const VOID: i64 = ipc_error(ie::NOT_EXISTENT);

/// A thread that calls the case's and notes the answer from cell `i` on.
fn caller(i: usize, label: i64, timeout: u64) -> Result<Worker, i64> {
    let me = me();
    put(i, NOT_YET);
    let message = Msg::new(label).timeout(timeout_ms(5000, timeout));
    let w = spawn(HIGH, move || {
        note(i, message.words(&[label as u64]).call(me))
    })?;
    settle();
    Ok(w)
}

const NOT_YET: u64 = 0x5555;

/// A slot for reply capabilities that the program does not use.
fn reply_slot(i: u64) -> CapIdx {
    CapIdx::reply(l4re::start::env().raw().first_free_reply_cap + i)
}

fn wait_to(slot: CapIdx) -> Answer {
    Msg::new(0)
        .timeout(timeout_ms(0, 500))
        .ipc(slot, Sysf::WAIT)
}

fn reply_by(slot: CapIdx, label: i64) -> i64 {
    Msg::new(label)
        .timeout(timeout_ms(0, 0))
        .ipc(slot, Sysf::SEND | Sysf::REPLY)
        .ipc()
}

fn implicit() -> Outcome {
    caller(0, 1, 500)?;
    same!(wait(500).code(), 1);
    same!(Msg::new(10).words(&[0xab]).reply().ipc(), 0);
    settle();
    same!((counter(0), counter(2)), (10, 0xab));
    Ok(())
}

fn implicit_by_name() -> Outcome {
    caller(0, 1, 500)?;
    same!(wait(500).code(), 1);
    same!(reply_by(CapIdx::INVALID_REPLY, 10), 0);
    settle();
    same!(counter(0), 10);
    Ok(())
}

fn none() -> Outcome {
    same!(Msg::new(10).reply().code(), VOID);
    Ok(())
}

fn twice() -> Outcome {
    caller(0, 1, 500)?;
    same!(wait(500).code(), 1);
    same!(Msg::new(10).reply().ipc(), 0);
    same!(Msg::new(11).reply().code(), VOID);
    settle();
    same!(counter(0), 10);
    Ok(())
}

/// Who only sent is not waiting for a reply.
fn to_sender() -> Outcome {
    let me = me();
    spawn(HIGH, move || {
        Msg::new(1).send(me);
        note(0, wait(100));
    })?;
    same!(wait(500).code(), 1);
    same!(Msg::new(10).reply().code(), VOID);
    sleep_ms(200);
    same!(counter(0) as i64, ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn late() -> Outcome {
    caller(0, 1, 20)?;
    same!(wait(500).code(), 1);
    sleep_ms(80);
    same!(counter(0) as i64, ipc_error(ie::RE_TIMEOUT));
    same!(Msg::new(10).reply().code(), VOID);
    Ok(())
}

fn after_cancel() -> Outcome {
    let w = caller(0, 1, 500)?;
    same!(wait(500).code(), 1);
    w.ex_regs(l4re::sys::op::thread::EX_REGS_CANCEL, !0, !0);
    settle();
    same!(counter(0) as i64, ipc_error(ie::RE_CANCELED));
    same!(Msg::new(10).reply().code(), VOID);
    Ok(())
}

/// The next caller takes the place of the one before.
fn overwritten() -> Outcome {
    caller(0, 1, 300)?;
    same!(wait(500).code(), 1);
    caller(3, 2, 300)?;
    same!(wait(500).code(), 2);
    same!(Msg::new(10).reply().ipc(), 0);
    same!(Msg::new(11).reply().code(), VOID);
    sleep_ms(400);
    same!(
        (counter(0) as i64, counter(3)),
        (ipc_error(ie::RE_TIMEOUT), 10)
    );
    Ok(())
}

/// A caller takes a message of the thread that it called, reply or not.
fn by_thread() -> Outcome {
    let w = caller(0, 1, 300)?;
    same!(wait(500).code(), 1);
    same!(
        Msg::new(10).timeout(timeout_ms(0, 0)).send(w.cap()).ipc(),
        0
    );
    settle();
    same!(counter(0), 10);
    same!(Msg::new(11).reply().code(), VOID);
    Ok(())
}

/// A wait that ends with nothing leaves the reply capability.
fn kept_by_timeout() -> Outcome {
    caller(0, 1, 300)?;
    same!(wait(500).code(), 1);
    same!(wait(5).code(), ipc_error(ie::RE_TIMEOUT));
    same!(Msg::new(10).reply().ipc(), 0);
    settle();
    same!(counter(0), 10);
    Ok(())
}

fn explicit() -> Outcome {
    caller(0, 1, 500)?;
    same!(wait_to(reply_slot(0)).code(), 1);
    same!(reply_by(reply_slot(0), 10), 0);
    settle();
    same!(counter(0), 10);
    Ok(())
}

fn explicit_twice() -> Outcome {
    caller(0, 1, 500)?;
    same!(wait_to(reply_slot(0)).code(), 1);
    same!(reply_by(reply_slot(0), 10), 0);
    same!(reply_by(reply_slot(0), 11), VOID);
    Ok(())
}

fn explicit_empty() -> Outcome {
    same!(reply_by(reply_slot(3), 10), VOID);
    same!(reply_by(CapIdx::reply(0xfff_ffff), 10), VOID);
    Ok(())
}

fn explicit_not_implicit() -> Outcome {
    caller(0, 1, 500)?;
    same!(wait_to(reply_slot(1)).code(), 1);
    same!(Msg::new(10).reply().code(), VOID);
    same!(reply_by(reply_slot(1), 11), 0);
    Ok(())
}

fn several() -> Outcome {
    for i in 0..3 {
        caller(3 * i, 1 + i as i64, 900)?;
        same!(wait_to(reply_slot(i as u64)).code(), 1 + i as i64);
    }
    for i in [1, 0, 2] {
        same!(reply_by(reply_slot(i), 20 + i as i64), 0);
    }
    settle();
    same!([counter(0), counter(3), counter(6)], [20, 21, 22]);
    Ok(())
}

/// The slots are the task's, but a caller takes the reply of no other thread than it called.
fn by_another() -> Outcome {
    caller(0, 1, 900)?;
    same!(wait_to(reply_slot(0)).code(), 1);
    spawn(HIGH, || put(9, reply_by(reply_slot(0), 33) as u64))?;
    settle();
    same!(
        (counter(9) as i64, counter(0)),
        (ipc_error(ie::SE_TIMEOUT), NOT_YET)
    );
    Ok(())
}

fn too_large() -> Outcome {
    caller(0, 1, 200)?;
    let far = CapIdx::reply(0xfff_ffff_ffff);
    same!(wait_to(far).code(), ipc_error(ie::NO_REPLY_CAP));
    Ok(())
}

fn replaced() -> Outcome {
    caller(0, 1, 200)?;
    same!(wait_to(reply_slot(0)).code(), 1);
    caller(3, 2, 900)?;
    same!(wait_to(reply_slot(0)).code(), 2);
    same!(reply_by(reply_slot(0), 44), 0);
    sleep_ms(300);
    same!(
        (counter(0) as i64, counter(3)),
        (ipc_error(ie::RE_TIMEOUT), 44)
    );
    Ok(())
}

fn dead_caller() -> Outcome {
    let w = caller(0, 1, 200)?;
    same!(wait_to(reply_slot(0)).code(), 1);
    w.delete();
    same!(reply_by(reply_slot(0), 44), VOID);
    Ok(())
}

fn explicit_loop() -> Outcome {
    let server = spawn(HIGH, || {
        let mut answer = wait_to(reply_slot(5));
        loop {
            let tag = MsgTag::new(answer.tag.label() + 1, 1, 0, TagFlags::empty());
            answer = raw(
                reply_slot(5),
                Sysf::REPLY_AND_WAIT,
                0,
                tag,
                Timeout::SEND_ZERO,
            );
        }
    })?;
    settle();
    for i in 0..50 {
        let answer = Msg::new(i).words(&[i as u64]).call(server.cap());
        same!((answer.code(), mr(0)), (i + 1, i as u64));
    }
    Ok(())
}

fn explicit_of_sender() -> Outcome {
    let me = me();
    spawn(HIGH, move || {
        Msg::new(1).send(me);
    })?;
    same!(wait_to(reply_slot(0)).code(), 1);
    same!(reply_by(reply_slot(0), 44), VOID);
    Ok(())
}

/// A wait keeps its caller where it says itself, not where the wait before did, though its
/// send phase took a while.
fn next_wait() -> Outcome {
    let slot = reply_slot(0);
    caller(0, 11, 5000)?;
    same!(wait_to(slot).code(), 11);
    // It takes the message of the case later.
    let busy = spawn(HIGH, || {
        sleep_ms(20);
        wait(500);
    })?;
    caller(4, 12, 5000)?;
    let answer = Msg::new(5)
        .timeout(timeout_ms(500, 500))
        .ipc(busy.cap(), Sysf::SEND_AND_WAIT);
    same!(answer.code(), 12);
    same!(Msg::new(22).timeout(timeout_ms(0, 0)).reply().ipc(), 0);
    same!(reply_by(slot, 21), 0);
    settle();
    same!((counter(0), counter(4)), (21, 22));
    Ok(())
}
