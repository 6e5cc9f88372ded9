//! IPC gates.

use crate::kit::*;
use crate::same;
use l4re::sys::{CapIdx, Fpage, MapItem, ObjRights, err, ipc_error as ie, item, op, proto};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "gate/bound-by-creation (l4/sys/factory.h: l4_factory_create_gate)",
        bound,
    ),
    case(
        "gate/bind (l4/sys/rcv_endpoint.h: l4_rcv_ep_bind_thread)",
        bind_later,
    ),
    case(
        "gate/bind-again (l4/sys/rcv_endpoint.h: l4_rcv_ep_bind_thread)",
        bind_again,
    ),
    case(
        "gate/bind-label-bits (l4/sys/rcv_endpoint.h: -L4_EINVAL)",
        label_bits,
    ),
    case(
        "gate/bind-no-thread (l4/sys/rcv_endpoint.h: -L4_EINVAL)",
        no_thread,
    ),
    case(
        "gate/bind-weak-thread (l4/sys/rcv_endpoint.h: -L4_EPERM)",
        weak_thread,
    ),
    case(
        "gate/bind-weak-gate (l4/sys/rcv_endpoint.h: -L4_EPERM)",
        weak_gate,
    ),
    case(
        "gate/bind-without-server-right (l4/sys/rcv_endpoint.h)",
        client_binds,
    ),
    case("gate/info (l4/sys/ipc_gate.h: l4_ipc_gate_get_infos)", info),
    case(
        "gate/info-without-server-right (l4/sys/ipc_gate.h: l4_ipc_gate_get_infos)",
        client_info,
    ),
    case("gate/unbound-waits (l4/sys/ipc_gate.h)", unbound_waits),
    case(
        "gate/unbound-timeout (l4/sys/ipc.h: L4_IPC_SETIMEOUT)",
        unbound_timeout,
    ),
    case(
        "gate/unbound-waiters-get-through (l4/sys/rcv_endpoint.h)",
        waiters,
    ),
    case("gate/rebind-old-sender (l4/sys/rcv_endpoint.h)", old_sender),
    case(
        "gate/unknown-operation (l4/sys/rcv_endpoint.h: L4_rcv_ep_ops)",
        unknown,
    ),
    case("gate/protocols-get-through (l4/sys/ipc_gate.h)", protocols),
    case(
        "gate/server-operations-stay (l4/sys/ipc_gate.h)",
        server_operations,
    ),
    case("gate/call-and-reply (l4/sys/ipc_gate.h)", call_and_reply),
    case(
        "gate/modify-senders (l4/sys/thread.h: l4_thread_modify_sender_start)",
        modify,
    ),
];

const BIND: u64 = op::rcv_endpoint::BIND;
const INFO: u64 = op::ipc_gate::GET_INFO;

fn send_through(gate: CapIdx, label: i64) -> Outcome {
    spawn(HIGH, move || {
        Msg::new(label).timeout(timeout_ms(300, 0)).send(gate);
    })?;
    Ok(())
}

fn bound() -> Outcome {
    let gate = gate(me(), 0x1234_5678_9abc_def0)?;
    send_through(gate.idx(), 5)?;
    let answer = wait(200);
    same!((answer.code(), answer.label), (5, 0x1234_5678_9abc_def3));
    Ok(())
}

fn bind_later() -> Outcome {
    let gate = unbound_gate()?;
    same!(bind(gate.idx(), me(), 0xfff0), 0);
    send_through(gate.idx(), 5)?;
    let answer = wait(200);
    same!((answer.code(), answer.label), (5, 0xfff3));
    Ok(())
}

fn bind_again() -> Outcome {
    let gate = gate(me(), 0x100)?;
    same!(bind(gate.idx(), me(), 0x200), 0);
    send_through(gate.idx(), 5)?;
    same!(wait(200).label, 0x203);
    let other = spawn(HIGH, || note(0, wait(200)))?;
    same!(bind(gate.idx(), other.cap(), 0x300), 0);
    send_through(gate.idx(), 6)?;
    settle();
    same!((counter(0), counter(1)), (6, 0x303));
    Ok(())
}

fn label_bits() -> Outcome {
    let gate = unbound_gate()?;
    for label in [1, 2, 3, 0xf3] {
        same!(bind(gate.idx(), me(), label), -err::EINVAL);
    }
    Ok(())
}

fn no_thread() -> Outcome {
    let (gate, sem) = (unbound_gate()?, semaphore()?);
    same!(bind(gate.idx(), sem.idx(), 0x100), -err::EINVAL);
    same!(bind(gate.idx(), slot()?.idx(), 0x100), -err::EINVAL);
    let short = Msg::new(proto::KOBJECT).words(&[BIND, 0x100]);
    same!(short.call(gate.idx()).code(), -err::EINVAL);
    Ok(())
}

fn weak_thread() -> Outcome {
    let (gate, weak) = (unbound_gate()?, copy(me(), ObjRights::RW)?);
    same!(bind(gate.idx(), weak.idx(), 0x100), -err::EPERM);
    Ok(())
}

/// A copy of a capability to a gate, with the server's right.
fn server_copy(gate: &Obj, rights: ObjRights) -> Result<Obj, i64> {
    let to = slot()?;
    let base = to.idx().0 | item::OBJ_IPCGATE_SVR;
    match map(
        CapIdx::TASK,
        CapIdx::TASK,
        Fpage::obj(gate.idx(), 0, rights),
        base,
    ) {
        0 => Ok(to),
        error => Err(error),
    }
}

fn weak_gate() -> Outcome {
    let gate = unbound_gate()?;
    let weak = server_copy(&gate, ObjRights::RW)?;
    same!(bind(weak.idx(), me(), 0x100), -err::EPERM);
    let strong = server_copy(&gate, ObjRights::RS)?;
    same!(bind(strong.idx(), me(), 0x100), 0);
    Ok(())
}

/// For a client, binding is a message like any other.
fn client_binds() -> Outcome {
    let gate = gate(me(), 0x100)?;
    let client = copy(gate.idx(), ObjRights::RWS)?;
    let (to, me) = (client.idx(), me());
    spawn(HIGH, move || {
        let words = [BIND, 0x200];
        let items = [MapItem::cap(me, ObjRights::RWS)];
        let message = Msg::new(proto::KOBJECT).words(&words).items(&items);
        note(3, message.timeout(timeout_ms(100, 100)).call(to));
    })?;
    let to = slot()?;
    let answer = wait_with(&[l4re::sys::RcvItem::single_or_local(to.idx()).0], 200);
    same!(
        (answer.code(), answer.label, mr(0)),
        (proto::KOBJECT, 0x103, BIND)
    );
    same!(Msg::new(9).reply().ipc(), 0);
    settle();
    same!(counter(3), 9);
    let unbound = unbound_gate()?;
    let client = copy(unbound.idx(), ObjRights::RWS)?;
    let words = [BIND, 0x200];
    let message = Msg::new(proto::KOBJECT)
        .words(&words)
        .timeout(timeout_ms(20, 20));
    same!(message.call(client.idx()).code(), ipc_error(ie::SE_TIMEOUT));
    Ok(())
}

fn info() -> Outcome {
    let gate = gate(me(), 0x1230)?;
    let answer = Msg::new(proto::KOBJECT).words(&[INFO]).call(gate.idx());
    same!((answer.code(), mr(0)), (0, 0x1230));
    Ok(())
}

fn client_info() -> Outcome {
    let gate = unbound_gate()?;
    let client = copy(gate.idx(), ObjRights::RWS)?;
    let message = Msg::new(proto::KOBJECT)
        .words(&[INFO])
        .timeout(timeout_ms(20, 20));
    same!(message.call(client.idx()).code(), ipc_error(ie::SE_TIMEOUT));
    Ok(())
}

fn unbound_waits() -> Outcome {
    let gate = unbound_gate()?;
    let to = gate.idx();
    put(0, 0x5555);
    spawn(HIGH, move || note(0, Msg::new(5).send(to)))?;
    settle();
    same!(counter(0), 0x5555);
    same!(bind(to, me(), 0x100), 0);
    let answer = wait(200);
    same!((answer.code(), answer.label), (5, 0x103));
    settle();
    same!(counter(0) & !0xffff, 0);
    Ok(())
}

fn unbound_timeout() -> Outcome {
    let gate = unbound_gate()?;
    for time in [0, 20] {
        let answer = Msg::new(5).timeout(timeout_ms(time, 0)).send(gate.idx());
        same!(answer.code(), ipc_error(ie::SE_TIMEOUT));
    }
    Ok(())
}

fn waiters() -> Outcome {
    let gate = unbound_gate()?;
    for label in 1..=5 {
        send_through(gate.idx(), label)?;
    }
    settle();
    same!(bind(gate.idx(), me(), 0x100), 0);
    let mut sum = 0;
    for _ in 0..5 {
        sum += wait(200).code();
    }
    same!(sum, 15);
    same!(wait(5).code(), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

/// Who is in the queue of the old thread stays there, with the old label.
fn old_sender() -> Outcome {
    let gate = gate(me(), 0x100)?;
    send_through(gate.idx(), 5)?;
    settle();
    let other = spawn(HIGH, || note(0, wait(50)))?;
    same!(bind(gate.idx(), other.cap(), 0x200), 0);
    let answer = wait(100);
    same!((answer.code(), answer.label), (5, 0x103));
    sleep_ms(100);
    same!(counter(0) as i64, ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn unknown() -> Outcome {
    let gate = gate(me(), 0x100)?;
    for op in [2, 0x12, 0x1234] {
        let answer = Msg::new(proto::KOBJECT)
            .words(&[op])
            .timeout(timeout_ms(20, 20))
            .call(gate.idx());
        same!(answer.code(), -err::ENOSYS);
    }
    Ok(())
}

/// All other protocols are the server's, those of kernel objects, too.
fn protocols() -> Outcome {
    let server = spawn(HIGH, echo)?;
    let gate = gate(server.cap(), 0x100)?;
    for label in [
        0,
        1,
        proto::TASK,
        proto::THREAD,
        proto::IRQ,
        proto::FACTORY,
        proto::META,
    ] {
        let answer = Msg::new(label)
            .words(&[2, 3])
            .timeout(timeout_ms(50, 50))
            .call(gate.idx());
        same!((answer.code(), mr(1)), (label, 3));
    }
    Ok(())
}

/// Of a client even the protocol of the gate itself.
fn server_operations() -> Outcome {
    let server = spawn(HIGH, echo)?;
    let gate = gate(server.cap(), 0x100)?;
    let client = copy(gate.idx(), ObjRights::RWS)?;
    let answer = Msg::new(proto::KOBJECT)
        .words(&[INFO, 3])
        .timeout(timeout_ms(50, 50))
        .call(client.idx());
    same!((answer.code(), mr(0), mr(1)), (proto::KOBJECT, INFO, 3));
    Ok(())
}

fn call_and_reply() -> Outcome {
    let space = Space::new()?;
    let server = space.spawn(HIGH, echo)?;
    let gate = gate(server.cap(), 0x100)?;
    for i in 0..200 {
        let answer = Msg::new(i)
            .words(&[i as u64])
            .timeout(timeout_ms(500, 500))
            .call(gate.idx());
        same!((answer.code(), mr(0)), (i, i as u64));
    }
    Ok(())
}

/// A waiting sender's label is changed before it is received.
fn modify() -> Outcome {
    let gate = gate(me(), 0x100)?;
    send_through(gate.idx(), 5)?;
    settle();
    let words = [op::thread::MODIFY_SENDER, !3, 0x100, 0x100, 0x8000];
    same!(
        Msg::new(proto::THREAD)
            .words(&words)
            .call(CapIdx::INVALID)
            .code(),
        0
    );
    let answer = wait(100);
    same!((answer.code(), answer.label), (5, 0x8003));
    // What does not match stays.
    send_through(gate.idx(), 6)?;
    settle();
    let words = [op::thread::MODIFY_SENDER, !3, 0x900, 0x100, 0x8000];
    same!(
        Msg::new(proto::THREAD)
            .words(&words)
            .call(CapIdx::INVALID)
            .code(),
        0
    );
    check!(wait(100).label == 0x103);
    Ok(())
}
