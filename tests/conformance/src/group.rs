//! Thread groups. A kernel that has none says so with -L4_ENODEV, and the cases are skipped.

use crate::kit::*;
use crate::same;
use l4re::sys::op::thread_group as op;
use l4re::sys::{CapIdx, MapItem, ObjRights, err, ipc_error as ie, proto};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "group/create (l4/sys/thread_group.h: L4_thread_group_policy)",
        create_policies,
    ),
    case(
        "group/add (l4/sys/thread_group: L4::Thread_group::add)",
        add_one,
    ),
    case(
        "group/add-again (l4/sys/thread_group: -L4_EEXIST)",
        add_again,
    ),
    case(
        "group/add-to-a-second (l4/sys/thread_group: -L4_EBUSY)",
        second_group,
    ),
    case(
        "group/add-no-thread (l4/sys/thread_group: -L4_EINVAL)",
        no_thread,
    ),
    case(
        "group/remove (l4/sys/thread_group: L4::Thread_group::remove)",
        remove_one,
    ),
    case(
        "group/gate (l4/sys/rcv_endpoint.h: l4_rcv_ep_bind_snd_destination)",
        gate_of_group,
    ),
    case(
        "group/irq (l4/sys/rcv_endpoint.h: l4_rcv_ep_bind_snd_destination)",
        irq_of_group,
    ),
    case("group/member-ends (l4/sys/thread_group.h)", member_ends),
    case(
        "group/unknown-operation (l4/sys/thread_group.h: L4_thread_group_ops)",
        unknown,
    ),
];

/// A thread group, if the kernel has such.
fn group(policy: u64) -> Result<Obj, i64> {
    match create(proto::THREAD_GROUP, &[policy]) {
        Err(error) if error == -err::ENODEV => Err(SKIP),
        other => other,
    }
}

fn ask(group: CapIdx, op: u64, thread: CapIdx) -> i64 {
    let items = [MapItem::cap(thread, ObjRights::RWS)];
    Msg::new(proto::THREAD_GROUP)
        .words(&[op])
        .items(&items)
        .call(group)
        .code()
}

fn create_policies() -> Outcome {
    for policy in [op::POLICY_STRICT_CORE_LOCAL, op::POLICY_SOFT_CORE_LOCAL] {
        check!(cap_valid(CapIdx::TASK, group(policy)?.idx()) > 0);
    }
    Ok(())
}

fn add_one() -> Outcome {
    let group = group(op::POLICY_SOFT_CORE_LOCAL)?;
    same!(ask(group.idx(), op::ADD, me()), 0);
    Ok(())
}

fn add_again() -> Outcome {
    let group = group(op::POLICY_SOFT_CORE_LOCAL)?;
    same!(ask(group.idx(), op::ADD, me()), 0);
    same!(ask(group.idx(), op::ADD, me()), -err::EEXIST);
    Ok(())
}

fn second_group() -> Outcome {
    let (a, b) = (
        group(op::POLICY_SOFT_CORE_LOCAL)?,
        group(op::POLICY_SOFT_CORE_LOCAL)?,
    );
    same!(ask(a.idx(), op::ADD, me()), 0);
    same!(ask(b.idx(), op::ADD, me()), -err::EBUSY);
    Ok(())
}

fn no_thread() -> Outcome {
    let (group, sem) = (group(op::POLICY_SOFT_CORE_LOCAL)?, semaphore()?);
    for cap in [sem.idx(), slot()?.idx(), CapIdx::TASK] {
        same!(ask(group.idx(), op::ADD, cap), -err::EINVAL);
        same!(ask(group.idx(), op::REMOVE, cap), -err::EINVAL);
    }
    Ok(())
}

fn remove_one() -> Outcome {
    let (a, b) = (
        group(op::POLICY_SOFT_CORE_LOCAL)?,
        group(op::POLICY_SOFT_CORE_LOCAL)?,
    );
    same!(ask(a.idx(), op::ADD, me()), 0);
    same!(ask(a.idx(), op::REMOVE, me()), 0);
    same!(ask(b.idx(), op::ADD, me()), 0);
    Ok(())
}

fn gate_of_group() -> Outcome {
    let (group, gate) = (group(op::POLICY_SOFT_CORE_LOCAL)?, unbound_gate()?);
    same!(ask(group.idx(), op::ADD, me()), 0);
    same!(bind(gate.idx(), group.idx(), 0x500), 0);
    let to = gate.idx();
    spawn(HIGH, move || {
        Msg::new(7).timeout(timeout_ms(100, 0)).send(to);
    })?;
    let answer = wait(200);
    same!((answer.code(), answer.label), (7, 0x503));
    Ok(())
}

fn irq_of_group() -> Outcome {
    let (group, irq) = (group(op::POLICY_SOFT_CORE_LOCAL)?, irq()?);
    same!(ask(group.idx(), op::ADD, me()), 0);
    same!(bind(irq.idx(), group.idx(), 0x500), 0);
    trigger(irq.idx());
    same!(wait(100).label, 0x500);
    Ok(())
}

fn member_ends() -> Outcome {
    let (group, gate) = (group(op::POLICY_SOFT_CORE_LOCAL)?, unbound_gate()?);
    let w = spawn(HIGH, || sleep_ms(5000))?;
    same!(ask(group.idx(), op::ADD, w.cap()), 0);
    same!(ask(group.idx(), op::ADD, me()), 0);
    same!(bind(gate.idx(), group.idx(), 0x500), 0);
    w.delete();
    settle();
    let to = gate.idx();
    spawn(HIGH, move || {
        Msg::new(7).timeout(timeout_ms(100, 0)).send(to);
    })?;
    same!(wait(200).code(), 7);
    same!(wait(5).code(), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn unknown() -> Outcome {
    let group = group(op::POLICY_SOFT_CORE_LOCAL)?;
    same!(ask(group.idx(), 7, me()), -err::ENOSYS);
    Ok(())
}
