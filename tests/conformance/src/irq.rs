//! Interrupts that programs trigger, and semaphores.

use crate::kit::*;
use crate::same;
use l4re::sys::{
    CapIdx, MapItem, MsgTag, ObjRights, Sysf, TagFlags, Timeout, err, ipc_error as ie, op, proto,
};

pub const CASES: &[Case] = &[
    case("irq/trigger (l4/sys/irq.h: l4_irq_trigger)", trigger_it),
    case(
        "irq/trigger-unbound (l4/sys/irq.h: l4_irq_trigger)",
        unbound,
    ),
    case(
        "irq/pending-before-bind (l4/sys/irq.h: l4_irq_trigger)",
        before_bind,
    ),
    case("irq/coalesce (l4/sys/irq.h: l4_irq_trigger)", coalesce),
    case("irq/again (l4/sys/irq.h: l4_irq_trigger)", again),
    case("irq/receive-closed (l4/sys/irq.h: l4_irq_receive)", closed),
    case("irq/receive (l4/sys/irq.h: l4_irq_receive)", receive_op),
    case("irq/unmask (l4/sys/irq.h: l4_irq_unmask)", unmask),
    case("irq/unmask-cxx (l4/sys/irq: L4::Irq::unmask)", unmask_cxx),
    case(
        "irq/send-only-after-an-error (l4/sys/irq: L4::Irq::unmask)",
        after_error,
    ),
    case(
        "irq/label-any (l4/sys/rcv_endpoint.h: l4_rcv_ep_bind_thread)",
        label_any,
    ),
    case(
        "irq/bind-weak (l4/sys/rcv_endpoint.h: -L4_EPERM)",
        bind_weak,
    ),
    case(
        "irq/bind-no-thread (l4/sys/rcv_endpoint.h: -L4_EINVAL)",
        bind_no_thread,
    ),
    case(
        "irq/bind-again (l4/sys/rcv_endpoint.h: l4_rcv_ep_bind_thread)",
        rebind,
    ),
    case("irq/detach (l4/sys/irq.h: l4_irq_detach)", detach),
    case(
        "irq/detach-pending (l4/sys/irq.h: l4_irq_detach)",
        detach_pending,
    ),
    case(
        "irq/detach-weak (l4/sys/irq.h: l4_irq_detach -L4_EPERM)",
        detach_weak,
    ),
    case(
        "irq/detach-unbound (l4/sys/irq.h: l4_irq_detach)",
        detach_unbound,
    ),
    case(
        "irq/trigger-weak (l4/sys/irq.h: l4_irq_trigger)",
        trigger_weak,
    ),
    case(
        "irq/unknown-operation (l4/sys/irq.h: L4_irq_sender_op)",
        unknown,
    ),
    case(
        "irq/bind-vcpu (l4/sys/irq.h: l4_irq_bind_vcpu -L4_ENOSYS)",
        bind_vcpu,
    ),
    case("irq/message-is-empty (l4/sys/irq.h)", empty_message),
    case("irq/wakes-at-once (l4/sys/irq.h: l4_irq_trigger)", wakes),
    case(
        "irq/deleted-while-pending (l4/sys/task.h: l4_task_delete_obj)",
        deleted,
    ),
    case("irq/thread-ends (l4/sys/irq.h)", thread_ends),
    case("semaphore/up-down (l4/sys/semaphore.h)", up_down),
    case(
        "semaphore/down-zero (l4/sys/semaphore.h: l4_semaphore_down)",
        down_zero,
    ),
    case(
        "semaphore/down-timeout (l4/sys/semaphore.h: l4_semaphore_down)",
        down_timeout,
    ),
    case(
        "semaphore/down-waits (l4/sys/semaphore.h: l4_semaphore_down)",
        down_waits,
    ),
    case(
        "semaphore/order (l4/sys/semaphore.h: l4_semaphore_down)",
        order,
    ),
    case(
        "semaphore/one-each (l4/sys/semaphore.h: l4_semaphore_up)",
        one_each,
    ),
    case(
        "semaphore/weak (l4/sys/semaphore.h: l4_semaphore_down -L4_EPERM)",
        weak,
    ),
    case(
        "semaphore/unknown-operation (l4/sys/semaphore.h: L4_semaphore_op)",
        semaphore_unknown,
    ),
    case(
        "semaphore/after-timeout (l4/sys/semaphore.h: l4_semaphore_down)",
        after_timeout,
    ),
];

const RE_TIMEOUT: i64 = ipc_error(ie::RE_TIMEOUT);

/// An interrupt that is bound to the case's thread.
fn bound(label: u64) -> Result<Obj, i64> {
    let irq = irq()?;
    match bind(irq.idx(), me(), label) {
        0 => Ok(irq),
        error => Err(error),
    }
}

fn trigger_it() -> Outcome {
    let irq = bound(0x1230)?;
    same!(trigger(irq.idx()).ipc(), 0);
    let answer = wait(100);
    same!((answer.ipc(), answer.label), (0, 0x1230));
    Ok(())
}

fn unbound() -> Outcome {
    let irq = irq()?;
    same!(trigger(irq.idx()).ipc(), 0);
    same!(trigger(irq.idx()).ipc(), 0);
    Ok(())
}

fn before_bind() -> Outcome {
    let irq = irq()?;
    trigger(irq.idx());
    same!(bind(irq.idx(), me(), 0x100), 0);
    let first = wait(20);
    same!((first.code(), first.label), (0, 0x100));
    Ok(())
}

fn coalesce() -> Outcome {
    let irq = bound(0x100)?;
    for _ in 0..5 {
        same!(trigger(irq.idx()).ipc(), 0);
    }
    same!(wait(50).ipc(), 0);
    same!(wait(20).code(), RE_TIMEOUT);
    Ok(())
}

fn again() -> Outcome {
    let irq = bound(0x100)?;
    for _ in 0..50 {
        trigger(irq.idx());
        same!(wait(50).label, 0x100);
    }
    Ok(())
}

fn closed() -> Outcome {
    let (a, b) = (bound(0x100)?, bound(0x200)?);
    trigger(b.idx());
    same!(receive(a.idx(), 20).code(), RE_TIMEOUT);
    trigger(a.idx());
    let answer = receive(a.idx(), 20);
    same!((answer.ipc(), answer.label), (0, 0x100));
    same!(receive(b.idx(), 20).label, 0x200);
    Ok(())
}

fn receive_op() -> Outcome {
    let irq = bound(0x100)?;
    trigger(irq.idx());
    for due in [0, RE_TIMEOUT] {
        let message = Msg::new(proto::IRQ)
            .words(&[op::irq::EOI])
            .timeout(timeout_ms(20, 20));
        same!(message.call(irq.idx()).ipc(), due);
    }
    Ok(())
}

fn unmask() -> Outcome {
    let irq = bound(0x100)?;
    same!(
        Msg::new(proto::IRQ)
            .words(&[op::irq::EOI])
            .send(irq.idx())
            .ipc(),
        0
    );
    same!(wait(5).code(), RE_TIMEOUT);
    Ok(())
}

/// What the system call before had come to does not show in one that only sends.
fn after_error() -> Outcome {
    let irq = bound(0x100)?;
    for operation in [op::irq::EOI, op::irq::TRIGGER] {
        same!(receive(CapIdx::INVALID, 1).tag.has_error(), true);
        l4re::sys::utcb().set_mr(0, operation);
        let tag = MsgTag::new(proto::IRQ, 1, 0, TagFlags::empty());
        let answer = raw(irq.idx(), Sysf::SEND, 0, tag, Timeout::NEVER);
        same!(answer.tag.has_error(), false);
    }
    Ok(())
}

fn unmask_cxx() -> Outcome {
    let irq = bound(0x100)?;
    let words = [op::icu::UNMASK, 0xffff_ffff];
    same!(Msg::new(proto::IRQ).words(&words).send(irq.idx()).ipc(), 0);
    same!(wait(5).code(), RE_TIMEOUT);
    Ok(())
}

/// Unlike a gate's, all bits of the label are the user's.
fn label_any() -> Outcome {
    for label in [0, 1, 3, !0] {
        let irq = bound(label)?;
        trigger(irq.idx());
        let answer = wait(50);
        same!((answer.ipc(), answer.label), (0, label));
    }
    Ok(())
}

fn bind_weak() -> Outcome {
    let irq = irq()?;
    let weak = copy(irq.idx(), ObjRights::RW)?;
    same!(bind(weak.idx(), me(), 0), -err::EPERM);
    let weak_thread = copy(me(), ObjRights::RW)?;
    same!(bind(irq.idx(), weak_thread.idx(), 0), -err::EPERM);
    Ok(())
}

fn bind_no_thread() -> Outcome {
    let irq = irq()?;
    same!(bind(irq.idx(), semaphore()?.idx(), 0), -err::EINVAL);
    same!(bind(irq.idx(), slot()?.idx(), 0), -err::EINVAL);
    same!(
        Msg::new(proto::KOBJECT)
            .words(&[0x10, 0])
            .call(irq.idx())
            .code(),
        -err::EINVAL
    );
    Ok(())
}

fn rebind() -> Outcome {
    let irq = bound(0x100)?;
    same!(bind(irq.idx(), me(), 0x200), 0);
    trigger(irq.idx());
    same!(wait(50).label, 0x200);
    let other = spawn(HIGH, || note(0, wait(100)))?;
    same!(bind(irq.idx(), other.cap(), 0x300), 0);
    trigger(irq.idx());
    settle();
    same!(counter(1), 0x300);
    Ok(())
}

fn detach_it(irq: CapIdx) -> i64 {
    Msg::new(proto::IRQ_SENDER)
        .words(&[op::irq::SENDER_DETACH])
        .call(irq)
        .code()
}

fn detach() -> Outcome {
    let irq = bound(0x100)?;
    same!(detach_it(irq.idx()), 0);
    trigger(irq.idx());
    same!(wait(5).code(), RE_TIMEOUT);
    Ok(())
}

fn detach_pending() -> Outcome {
    let irq = bound(0x100)?;
    trigger(irq.idx());
    same!(detach_it(irq.idx()), 1);
    same!(wait(5).code(), RE_TIMEOUT);
    Ok(())
}

fn detach_weak() -> Outcome {
    let irq = bound(0x100)?;
    same!(
        detach_it(copy(irq.idx(), ObjRights::RW)?.idx()),
        -err::EPERM
    );
    trigger(irq.idx());
    same!(wait(50).label, 0x100);
    Ok(())
}

fn detach_unbound() -> Outcome {
    let irq = irq()?;
    same!(detach_it(irq.idx()), -err::ENOENT);
    Ok(())
}

fn trigger_weak() -> Outcome {
    let irq = bound(0x100)?;
    for rights in [ObjRights::R, ObjRights::RS, ObjRights::RW] {
        same!(trigger(copy(irq.idx(), rights)?.idx()).ipc(), 0);
        same!(wait(20).label, 0x100);
    }
    Ok(())
}

fn unknown() -> Outcome {
    let irq = irq()?;
    for op in [0, 3, 7] {
        same!(
            Msg::new(proto::IRQ_SENDER)
                .words(&[op])
                .call(irq.idx())
                .code(),
            -err::ENOSYS
        );
    }
    same!(
        Msg::new(0x44).words(&[0]).call(irq.idx()).code(),
        -err::EBADPROTO
    );
    Ok(())
}

fn bind_vcpu() -> Outcome {
    let irq = irq()?;
    let words = [op::irq::SENDER_BIND_VCPU, 0];
    let items = [MapItem::cap(me(), ObjRights::RWS)];
    let answer = Msg::new(proto::IRQ_SENDER)
        .words(&words)
        .items(&items)
        .call(irq.idx());
    same!(answer.code(), -err::ENOSYS);
    Ok(())
}

fn empty_message() -> Outcome {
    let irq = bound(0x100)?;
    trigger(irq.idx());
    let answer = wait(50);
    same!((answer.code(), answer.shape()), (0, (0, 0, 0)));
    // Nobody is there to reply to.
    same!(Msg::new(0).reply().code(), ipc_error(ie::NOT_EXISTENT));
    Ok(())
}

fn wakes() -> Outcome {
    let irq = irq()?;
    let w = spawn(HIGH, || {
        wait(500);
        put(0, 1);
    })?;
    same!(bind(irq.idx(), w.cap(), 0x100), 0);
    settle();
    trigger(irq.idx());
    same!(counter(0), 1);
    Ok(())
}

fn deleted() -> Outcome {
    let irq = bound(0x100)?;
    trigger(irq.idx());
    delete(irq.idx());
    settle();
    same!(wait(5).code(), RE_TIMEOUT);
    Ok(())
}

fn thread_ends() -> Outcome {
    let irq = irq()?;
    let w = spawn(HIGH, || sleep_ms(5000))?;
    same!(bind(irq.idx(), w.cap(), 0x100), 0);
    w.delete();
    settle();
    same!(trigger(irq.idx()).ipc(), 0);
    same!(bind(irq.idx(), me(), 0x200), 0);
    wait(5);
    trigger(irq.idx());
    same!(wait(50).label, 0x200);
    Ok(())
}

fn up_down() -> Outcome {
    let sem = semaphore()?;
    for _ in 0..3 {
        same!(trigger(sem.idx()).ipc(), 0);
    }
    for due in [0, 0, 0, RE_TIMEOUT] {
        same!(down(sem.idx(), 0), due);
    }
    Ok(())
}

fn down_zero() -> Outcome {
    same!(down(semaphore()?.idx(), 0), RE_TIMEOUT);
    Ok(())
}

fn down_timeout() -> Outcome {
    let sem = semaphore()?;
    let clock = || l4re::start::env().kip().clock_us();
    let start = clock();
    same!(down(sem.idx(), 30), RE_TIMEOUT);
    same!(clock() - start >= 28_000, true);
    Ok(())
}

/// Takes from a semaphore in a thread of its own, and notes when.
fn taker(sem: CapIdx, prio: u64, i: usize) -> Outcome {
    spawn(prio, move || {
        let code = down(sem, 1000);
        let place = cell(9).fetch_add(1, core::sync::atomic::Ordering::SeqCst);
        put(i, if code == 0 { place + 1 } else { 99 });
    })?;
    settle();
    Ok(())
}

fn down_waits() -> Outcome {
    let sem = semaphore()?;
    taker(sem.idx(), HIGH, 0)?;
    same!(counter(0), 0);
    trigger(sem.idx());
    settle();
    same!(counter(0), 1);
    same!(down(sem.idx(), 0), RE_TIMEOUT);
    Ok(())
}

fn order() -> Outcome {
    let sem = semaphore()?;
    taker(sem.idx(), HIGH, 0)?;
    taker(sem.idx(), HIGH + 2, 1)?;
    taker(sem.idx(), HIGH + 1, 2)?;
    taker(sem.idx(), HIGH + 2, 3)?;
    for _ in 0..4 {
        trigger(sem.idx());
        settle();
    }
    same!(
        [counter(0), counter(1), counter(2), counter(3)],
        [4, 1, 3, 2]
    );
    Ok(())
}

fn one_each() -> Outcome {
    let sem = semaphore()?;
    for i in 0..3 {
        taker(sem.idx(), HIGH, i)?;
    }
    trigger(sem.idx());
    trigger(sem.idx());
    settle();
    same!((0..3).filter(|&i| counter(i) != 0).count(), 2);
    Ok(())
}

fn weak() -> Outcome {
    let sem = semaphore()?;
    let weak = copy(sem.idx(), ObjRights::RW)?;
    same!(trigger(weak.idx()).ipc(), 0);
    same!(down(weak.idx(), 0), -err::EPERM);
    let up = copy(sem.idx(), ObjRights::R)?;
    same!(trigger(up.idx()).ipc(), 0);
    same!((down(sem.idx(), 0), down(sem.idx(), 0)), (0, 0));
    Ok(())
}

fn semaphore_unknown() -> Outcome {
    let sem = semaphore()?;
    for op in [1, 2, 0x10] {
        same!(
            Msg::new(proto::SEMAPHORE)
                .words(&[op])
                .call(sem.idx())
                .code(),
            -err::ENOSYS
        );
    }
    same!(
        Msg::new(0x44).words(&[0]).call(sem.idx()).code(),
        -err::EBADPROTO
    );
    Ok(())
}

fn after_timeout() -> Outcome {
    let sem = semaphore()?;
    same!(down(sem.idx(), 5), RE_TIMEOUT);
    trigger(sem.idx());
    same!(down(sem.idx(), 5), 0);
    same!(down(sem.idx(), 0), RE_TIMEOUT);
    Ok(())
}
