//! Factories: that of the program, which makes kernel objects, be it the kernel's own or a
//! service's that keeps the quota.

use crate::kit::*;
use crate::same;
use l4re::sys::varg::{self, VargTag};
use l4re::sys::{
    CapIdx, Fpage, MapItem, MemRights, ObjRights, RcvItem, err, ipc_error as ie, op, proto,
};
use test_services::check;

pub const CASES: &[Case] = &[
    case("factory/every-kind (l4/sys/factory.h)", every_kind),
    case(
        "factory/rights-of-the-new (l4/sys/factory.h)",
        rights_of_new,
    ),
    case(
        "factory/reply (l4/sys/factory.h: l4_factory_create_irq)",
        reply,
    ),
    case(
        "factory/task-reply (l4/sys/factory.h: l4_factory_create_task)",
        task_reply,
    ),
    case(
        "factory/task-without-utcbs (l4/sys/factory.h: l4_factory_create_task)",
        task_without,
    ),
    case(
        "factory/unknown-kind (l4/sys/factory.h: l4_factory_create)",
        unknown,
    ),
    case(
        "factory/no-kind (l4/sys/factory.h: l4_factory_create)",
        no_kind,
    ),
    case(
        "factory/no-buffer (l4/sys/factory.h: l4_factory_create)",
        no_buffer,
    ),
    case(
        "factory/occupied-slot (l4/sys/factory.h: l4_factory_create)",
        occupied,
    ),
    case(
        "factory/without-s (l4/sys/factory.h: l4_factory_create)",
        without_s,
    ),
    case(
        "factory/wrong-protocol (l4/sys/types.h: L4_PROTO_FACTORY)",
        wrong_protocol,
    ),
    case(
        "factory/sub-factory (l4/sys/factory.h: l4_factory_create_factory)",
        sub_factory,
    ),
    case(
        "factory/sub-factory-limits (l4/sys/factory.h: l4_factory_create_factory)",
        limits,
    ),
    case("factory/quota (l4/sys/factory.h: -L4_ENOMEM)", quota),
    case(
        "factory/quota-comes-back (l4/sys/factory.h: l4_factory_create_factory)",
        comes_back,
    ),
    case("factory/quota-of-many (l4/sys/factory.h: -L4_ENOMEM)", many),
    case(
        "factory/gate-label (l4/sys/factory.h: l4_factory_create_gate)",
        gate_label,
    ),
    case(
        "factory/gate-argument (l4/sys/factory.h: l4_factory_create_gate)",
        gate_argument,
    ),
    case(
        "factory/gate-for-no-thread (l4/sys/factory.h: l4_factory_create_gate)",
        gate_no_thread,
    ),
    case(
        "factory/gone-with-its-objects (l4/sys/task.h: l4_task_delete_obj)",
        gone,
    ),
];

const NUMBER: u64 = VargTag::new(varg::UMWORD, 8).0;

fn ask(factory: CapIdx, words: &[u64], items: &[MapItem]) -> Result<(i64, Obj), i64> {
    let to = slot()?;
    let buffers = [RcvItem::single(to.idx()).0];
    let message = Msg::new(proto::FACTORY)
        .words(words)
        .items(items)
        .buffers(&buffers);
    Ok((message.call(factory).code(), to))
}

/// What creation without arguments answers.
fn code(kind: i64) -> Result<i64, i64> {
    Ok(ask(factory(), &[kind as u64], &[])?.0)
}

fn every_kind() -> Outcome {
    for kind in [proto::THREAD, proto::IRQ_SENDER, proto::SEMAPHORE] {
        let made = create(kind, &[])?;
        check!(cap_valid(CapIdx::TASK, made.idx()) > 0);
    }
    for (kind, argument) in [(op::factory::GATE, 0), (proto::FACTORY, 1 << 16)] {
        let made = create(kind, &[argument])?;
        check!(cap_valid(CapIdx::TASK, made.idx()) > 0);
    }
    check!(Space::new()?.cap().is_valid());
    Ok(())
}

fn rights_of_new() -> Outcome {
    let sem = semaphore()?;
    same!(down(sem.idx(), 0), ipc_error(ie::RE_TIMEOUT));
    same!(
        cap_equal(
            CapIdx::TASK,
            sem.idx(),
            copy(sem.idx(), ObjRights::RWSD)?.idx()
        ),
        1
    );
    // Also that to delete.
    let other = copy(sem.idx(), ObjRights::RWS)?;
    delete(sem.idx());
    same!(cap_valid(CapIdx::TASK, other.idx()), 0);
    Ok(())
}

fn reply() -> Outcome {
    let to = slot()?;
    let buffers = [RcvItem::single(to.idx()).0];
    let words = [proto::IRQ_SENDER as u64];
    let answer = Msg::new(proto::FACTORY)
        .words(&words)
        .buffers(&buffers)
        .call(factory());
    same!((answer.code(), answer.shape()), (0, (0, 1, 0)));
    same!(mr(0), 0x38);
    Ok(())
}

fn task_reply() -> Outcome {
    let utcbs = Fpage::memory(0x4000_0000, 12, MemRights::RW);
    let words = [
        proto::TASK as u64,
        VargTag::new(varg::FPAGE, 8).0,
        utcbs.raw(),
    ];
    let to = slot()?;
    let buffers = [RcvItem::single(to.idx()).0];
    let answer = Msg::new(proto::FACTORY)
        .words(&words)
        .buffers(&buffers)
        .call(factory());
    same!((answer.code(), answer.shape()), (0, (1, 1, 0)));
    same!((mr(0), mr(1)), (utcbs.with_rights(0).raw(), 0x38));
    delete(to.idx());
    Ok(())
}

fn task_without() -> Outcome {
    let (code, to) = ask(factory(), &[proto::TASK as u64], &[])?;
    same!(code, -err::EINVAL);
    same!(cap_valid(CapIdx::TASK, to.idx()), 0);
    Ok(())
}

fn unknown() -> Outcome {
    for kind in [1, 0x44, proto::META] {
        same!((kind, code(kind)?), (kind, -err::ENODEV));
    }
    Ok(())
}

fn no_kind() -> Outcome {
    same!(ask(factory(), &[], &[])?.0, -err::EMSGTOOSHORT);
    Ok(())
}

fn no_buffer() -> Outcome {
    let answer = Msg::new(proto::FACTORY)
        .words(&[proto::SEMAPHORE as u64])
        .call(factory());
    same!(answer.code(), ipc_error(ie::RE_MSG_CUT));
    Ok(())
}

fn occupied() -> Outcome {
    let (a, same) = (semaphore()?, slot()?);
    map(
        CapIdx::TASK,
        CapIdx::TASK,
        Fpage::obj(a.idx(), 0, ObjRights::RWS),
        same.idx().0,
    );
    let buffers = [RcvItem::single(same.idx()).0];
    let words = [proto::SEMAPHORE as u64];
    let answer = Msg::new(proto::FACTORY)
        .words(&words)
        .buffers(&buffers)
        .call(factory());
    same!(answer.code(), 0);
    same!(cap_equal(CapIdx::TASK, a.idx(), same.idx()), 0);
    check!(cap_valid(CapIdx::TASK, same.idx()) > 0);
    Ok(())
}

fn without_s() -> Outcome {
    for (rights, due) in [
        (ObjRights::RW, -err::EPERM),
        (ObjRights::RS, 0),
        (ObjRights::R, -err::EPERM),
    ] {
        let weak = copy(factory(), rights)?;
        same!(ask(weak.idx(), &[proto::SEMAPHORE as u64], &[])?.0, due);
    }
    Ok(())
}

fn wrong_protocol() -> Outcome {
    for label in [0, 1, proto::TASK, proto::THREAD, 0x4000] {
        same!(
            Msg::new(label).words(&[0]).call(factory()).code(),
            -err::EBADPROTO
        );
    }
    Ok(())
}

fn sub_factory() -> Outcome {
    let sub = create(proto::FACTORY, &[1 << 18])?;
    let made = create_by(sub.idx(), proto::SEMAPHORE, &[])?;
    check!(cap_valid(CapIdx::TASK, made.idx()) > 0);
    let below = create_by(sub.idx(), proto::FACTORY, &[1 << 16])?;
    check!(create_by(below.idx(), proto::IRQ_SENDER, &[]).is_ok());
    Ok(())
}

fn limits() -> Outcome {
    same!(
        ask(factory(), &[proto::FACTORY as u64], &[])?.0,
        -err::EMSGTOOSHORT
    );
    same!(
        ask(factory(), &[proto::FACTORY as u64, NUMBER, 0], &[])?.0,
        -err::ENOMEM
    );
    same!(
        ask(factory(), &[proto::FACTORY as u64, NUMBER, u64::MAX], &[])?.0,
        -err::ENOMEM
    );
    let sub = create(proto::FACTORY, &[1 << 16])?;
    same!(
        create_by(sub.idx(), proto::FACTORY, &[1 << 17]).err(),
        Some(-err::ENOMEM)
    );
    Ok(())
}

/// How many threads a factory makes before it refuses, and how.
fn exhaust(factory: CapIdx) -> Result<(usize, i64), i64> {
    let mut made = [const { None }; 64];
    for (i, place) in made.iter_mut().enumerate() {
        match create_by(factory, proto::THREAD, &[]) {
            Ok(thread) => *place = Some(thread),
            Err(error) => return Ok((i, error)),
        }
    }
    Err(-8)
}

fn quota() -> Outcome {
    let sub = create(proto::FACTORY, &[64 << 10])?;
    let (count, error) = exhaust(sub.idx())?;
    same!(error, -err::ENOMEM);
    check!((1..64).contains(&count));
    Ok(())
}

fn comes_back() -> Outcome {
    let sub = create(proto::FACTORY, &[64 << 10])?;
    let (count, _) = exhaust(sub.idx())?;
    for _ in 0..5 {
        settle();
        same!(exhaust(sub.idx())?, (count, -err::ENOMEM));
    }
    Ok(())
}

/// Much more than fits at once, one after the other.
fn many() -> Outcome {
    let sub = create(proto::FACTORY, &[64 << 10])?;
    for _ in 0..500 {
        create_by(sub.idx(), proto::SEMAPHORE, &[])?;
        create_by(sub.idx(), op::factory::GATE, &[0])?;
    }
    Ok(())
}

fn gate_label() -> Outcome {
    let items = [MapItem::cap(me(), ObjRights::RWS)];
    let gate = |label| {
        ask(
            factory(),
            &[op::factory::GATE as u64, NUMBER, label],
            &items,
        )
    };
    same!(gate(0x1230)?.0, 0);
    for label in [1, 2, 3, 0x1233] {
        same!(gate(label)?.0, -err::EINVAL);
    }
    Ok(())
}

fn gate_argument() -> Outcome {
    let items = [MapItem::cap(me(), ObjRights::RWS)];
    let gate = |words: &[u64], items: &[MapItem]| Ok::<_, i64>(ask(factory(), words, items)?.0);
    same!(gate(&[0], &[])?, 0);
    same!(gate(&[0], &items)?, -err::EMSGTOOSHORT);
    Ok(())
}

fn gate_no_thread() -> Outcome {
    let sem = semaphore()?;
    let words = [op::factory::GATE as u64, NUMBER, 0x1230];
    for (cap, due) in [(sem.idx(), -err::EINVAL), (CapIdx::TASK, -err::EINVAL)] {
        same!(
            ask(factory(), &words, &[MapItem::cap(cap, ObjRights::RWS)])?.0,
            due
        );
    }
    let empty = MapItem::cap(slot()?.idx(), ObjRights::RWS);
    same!(ask(factory(), &words, &[empty])?.0, -err::EINVAL);
    Ok(())
}

/// Objects outlive the factory that made them.
fn gone() -> Outcome {
    let sub = create(proto::FACTORY, &[64 << 10])?;
    let sem = create_by(sub.idx(), proto::SEMAPHORE, &[])?;
    same!(delete(sub.idx()), 0);
    settle();
    check!(cap_valid(CapIdx::TASK, sem.idx()) > 0);
    trigger(sem.idx());
    same!(down(sem.idx(), 0), 0);
    Ok(())
}
