//! Kernel objects and their capabilities.

use crate::{Case, Outcome, ok};
use alloc::vec::Vec;
use l4re::ipc::Buffers;
use l4re::server;
use l4re::sys::{CapIdx, ObjRights, Timeout, TimeoutS};
use l4re::task::Task;
use l4re::{Cap, CapSlot, Error, OwnedCap, start};
use test_services::check;

pub const CASES: &[Case] = &[
    ("objects: go with their capability", go),
    (
        "objects: a capability that was passed on goes with its source",
        revoked,
    ),
    ("objects: a server hears when its gate goes", deletion),
    ("objects: a quota ends", quota),
    ("objects: unknown kinds are refused", unknown),
    ("objects: a thread tells its time", thread_time),
    ("objects: the scheduler knows its processors", scheduler),
];

const TASK: Cap<Task> = Cap::<Task>::THIS;

fn go() -> Outcome {
    let semaphore = ok(start::env().factory().create_semaphore())?;
    let idx = semaphore.idx();
    check!(ok(TASK.cap_valid(idx))?);
    drop(semaphore);
    check!(!ok(TASK.cap_valid(idx))?);
    // The slot is free again.
    let again = ok(CapSlot::alloc())?;
    check!(again.idx() == idx);
    Ok(())
}

fn revoked() -> Outcome {
    let object = ok(start::env().factory().create_semaphore())?;
    let copy = |rights| -> Result<OwnedCap<()>, i64> {
        let slot = ok(CapSlot::alloc())?;
        ok(TASK.map_cap(object.idx(), rights, slot.idx()))?;
        Ok(slot.filled())
    };
    let (equal, weak) = (copy(ObjRights::RWS)?, copy(ObjRights::R)?);
    check!(ok(TASK.cap_equal(equal.idx(), object.idx()))?);
    check!(!ok(TASK.cap_equal(weak.idx(), object.idx()))?);
    drop(object);
    check!(!ok(TASK.cap_valid(equal.idx()))?);
    check!(!ok(TASK.cap_valid(weak.idx()))?);
    Ok(())
}

fn deletion() -> Outcome {
    const GATE: u64 = 0x100;
    const IRQ: u64 = 0x200;
    let env = start::env();
    let irq = ok(env.factory().create_irq())?;
    ok(irq.bind_thread(env.main_thread(), IRQ))?;
    ok(env.main_thread().register_del_irq(irq.cap()))?;
    let gate = ok(env.factory().create_gate_bound(env.main_thread(), GATE))?;
    let timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::from_us(100_000));
    // SAFETY: nothing is received but words.
    let wait = || unsafe { server::wait(Buffers::None, timeout) };
    check!(wait().is_err_and(Error::is_timeout));
    // An interrupt is an empty message with its own label. The tag is 0 on Fiasco.
    let heard = || wait().map(|request| (request.label(), request.tag().0));
    ok(irq.trigger())?;
    check!(heard() == Ok((IRQ, 0)));
    drop(gate);
    check!(heard() == Ok((IRQ, 0)));
    check!(wait().is_err_and(Error::is_timeout));
    ok(irq.detach())
}

fn quota() -> Outcome {
    let factory = ok(start::env().factory().create_factory(64 << 10))?;
    let mut made = Vec::new();
    let error = loop {
        match factory.create_thread() {
            Ok(thread) => made.push(thread),
            Err(error) => break error,
        }
        check!(made.len() < 1000);
    };
    check!(error == Error::NO_MEMORY);
    check!(!made.is_empty());
    // What goes makes room again.
    let many = made.len();
    made.clear();
    for _ in 0..many {
        made.push(ok(factory.create_thread())?);
    }
    Ok(())
}

fn unknown() -> Outcome {
    let result: l4re::Result<OwnedCap<()>> = start::env().factory().create(0x7777, &[]);
    check!(result.is_err());
    // A factory is no task.
    check!(
        Cap::<Task>::new(start::env().factory().idx())
            .cap_valid(CapIdx::TASK)
            .is_err()
    );
    Ok(())
}

fn thread_time() -> Outcome {
    let thread = start::env().main_thread();
    let before = ok(thread.stats_time())?;
    let kip = start::env().kip();
    let end = kip.clock_us() + 50_000;
    while kip.clock_us() < end {}
    let after = ok(thread.stats_time())?;
    check!(after - before >= 20_000);
    Ok(())
}

fn scheduler() -> Outcome {
    let info = ok(start::env().scheduler().info(0, 0))?;
    check!(info.map & 1 == 1);
    check!(info.max >= 1);
    Ok(())
}
