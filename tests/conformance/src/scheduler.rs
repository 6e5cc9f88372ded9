//! The program's scheduler: the kernel's, or a service in front of it.

use crate::kit::*;
use crate::same;
use l4re::sys::{CapIdx, CpuSet, MapItem, ObjRights, err, op::scheduler as op, proto};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "scheduler/info (l4/sys/scheduler.h: l4_scheduler_info)",
        info,
    ),
    case(
        "scheduler/info-beyond (l4/sys/scheduler.h: l4_scheduler_info)",
        info_beyond,
    ),
    case(
        "scheduler/info-granularity (l4/sys/scheduler.h: l4_sched_cpu_set)",
        info_granularity,
    ),
    case(
        "scheduler/online (l4/sys/scheduler.h: l4_scheduler_is_online)",
        online,
    ),
    case(
        "scheduler/idle-time (l4/sys/scheduler.h: l4_scheduler_idle_time)",
        idle,
    ),
    case(
        "scheduler/run-again (l4/sys/scheduler.h: l4_scheduler_run_thread)",
        run_again,
    ),
    case(
        "scheduler/run-no-thread (l4/sys/scheduler.h: l4_scheduler_run_thread)",
        run_no_thread,
    ),
    case(
        "scheduler/run-priority-range (l4/sys/scheduler.h: l4_sched_param_t.prio)",
        prio_range,
    ),
    case(
        "scheduler/run-quantum (l4/sys/scheduler.h: l4_sched_param_t.quantum)",
        quantum,
    ),
    case(
        "scheduler/run-before-registers (l4/sys/thread.h: l4_thread_ex_regs)",
        run_first,
    ),
    case(
        "scheduler/run-unbound (l4/sys/scheduler.h: l4_scheduler_run_thread)",
        run_unbound,
    ),
    case(
        "scheduler/unknown-operation (l4/sys/scheduler.h: L4_scheduler_ops)",
        unknown,
    ),
    case(
        "scheduler/wrong-protocol (l4/sys/types.h: L4_PROTO_SCHEDULER)",
        wrong_protocol,
    ),
];

fn scheduler() -> CapIdx {
    l4re::start::env().scheduler().idx()
}

fn ask(words: &[u64]) -> Answer {
    Msg::new(proto::SCHEDULER).words(words).call(scheduler())
}

fn info() -> Outcome {
    let answer = ask(&[op::INFO, 0]);
    same!(answer.code(), 0);
    check!(mr(0) & 1 == 1);
    check!(mr(1) >= 1);
    check!(mr(2) & op::CLASS_FIXED_PRIO != 0);
    Ok(())
}

fn info_beyond() -> Outcome {
    same!(
        ask(&[op::INFO, CpuSet::new(1000, 0, 0).gran_offset]).code(),
        -err::ERANGE
    );
    Ok(())
}

fn info_granularity() -> Outcome {
    let answer = ask(&[op::INFO, CpuSet::new(0, 3, 0).gran_offset]);
    same!((answer.code(), mr(0) & 1), (0, 1));
    Ok(())
}

fn online() -> Outcome {
    let answer = ask(&[op::INFO, 0]);
    same!((answer.code(), mr(0) & 1), (0, 1));
    let answer = ask(&[op::INFO, 1]);
    check!(answer.code() < 0 || mr(0) & 1 == 0);
    Ok(())
}

fn idle() -> Outcome {
    let set = CpuSet::new(0, 0, 1);
    let idle = || {
        let answer = ask(&[op::IDLE_TIME, set.gran_offset, set.map]);
        (answer.code(), mr(0))
    };
    let (code, before) = idle();
    same!(code, 0);
    sleep_ms(60);
    let (_, after) = idle();
    check!(after > before);
    Ok(())
}

fn run_again() -> Outcome {
    let w = spawn(HIGH, || {
        sleep_ms(10);
        put(0, 1);
    })?;
    for prio in [HIGH + 1, LOW, HIGH] {
        same!(run_thread(w.cap(), prio), 0);
    }
    sleep_ms(30);
    same!(counter(0), 1);
    Ok(())
}

fn run(items: &[MapItem], prio: u64, quantum: u64) -> i64 {
    let words = [
        op::RUN_THREAD,
        CpuSet::new(0, u8::MAX, 1).gran_offset,
        1,
        prio,
        quantum,
    ];
    Msg::new(proto::SCHEDULER)
        .words(&words)
        .items(items)
        .call(scheduler())
        .code()
}

fn run_no_thread() -> Outcome {
    for cap in [semaphore()?.idx(), slot()?.idx(), CapIdx::TASK] {
        same!(
            run(&[MapItem::cap(cap, ObjRights::RWS)], 10, 0),
            -err::EINVAL
        );
    }
    Ok(())
}

fn prio_range() -> Outcome {
    let w = spawn(LOW, || sleep_ms(5000))?;
    let items = [MapItem::cap(w.cap(), ObjRights::RWS)];
    for prio in [1, 2, 100, 200] {
        same!((prio, run(&items, prio, 0)), (prio, 0));
    }
    Ok(())
}

fn quantum() -> Outcome {
    let w = spawn(LOW, || sleep_ms(5000))?;
    let items = [MapItem::cap(w.cap(), ObjRights::RWS)];
    for quantum in [0, 1, 1_000, 100_000] {
        same!((quantum, run(&items, LOW, quantum)), (quantum, 0));
    }
    Ok(())
}

/// A thread that is to run without registers starts with the first ones it gets.
fn run_first() -> Outcome {
    let thread = thread_cap()?;
    let words = [
        l4re::sys::op::thread::CONTROL_BIND_TASK,
        0,
        0,
        0,
        0,
        utcb_addr(15),
    ];
    let items = [MapItem::cap(CapIdx::TASK, ObjRights::RWS)];
    same!(
        Msg::new(proto::THREAD)
            .words(&words)
            .items(&items)
            .call(thread.idx())
            .code(),
        0
    );
    same!(run_thread(thread.idx(), LOW), 0);
    settle();
    delete(thread.idx());
    Ok(())
}

fn run_unbound() -> Outcome {
    let thread = thread_cap()?;
    same!(run_thread(thread.idx(), LOW), 0);
    Ok(())
}

fn unknown() -> Outcome {
    for op in [7, 0x77] {
        same!(ask(&[op, 0]).code(), -err::ENOSYS);
    }
    Ok(())
}

fn wrong_protocol() -> Outcome {
    for label in [1, 0x44, proto::THREAD] {
        same!(
            Msg::new(label).words(&[0, 0]).call(scheduler()).code(),
            -err::EBADPROTO
        );
    }
    Ok(())
}
