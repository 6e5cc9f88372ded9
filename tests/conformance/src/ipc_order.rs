//! Who comes first: queues of senders, priorities, time slices.

use crate::kit::*;
use crate::same;
use core::sync::atomic::Ordering;
use l4re::sys::op::thread::SWITCH;
use l4re::sys::{Sysf, TagFlags, proto};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "order/senders-by-priority (l4/sys/ipc.h: l4_ipc_wait)",
        senders_by_prio,
    ),
    case(
        "order/senders-of-one-priority (l4/sys/ipc.h: l4_ipc_wait)",
        senders_fifo,
    ),
    case(
        "order/interrupt-first (l4/sys/ipc.h: l4_ipc_wait)",
        irq_first,
    ),
    case(
        "order/changed-priority-in-queue (l4/sys/ipc.h: l4_ipc_wait)",
        prio_changes,
    ),
    case(
        "order/higher-runs-at-once (l4/sys/scheduler.h: l4_scheduler_run_thread)",
        higher_runs,
    ),
    case(
        "order/lower-waits (l4/sys/scheduler.h: l4_scheduler_run_thread)",
        lower_waits,
    ),
    case(
        "order/timeout-preempts (l4/sys/scheduler.h: l4_sched_param_t)",
        timeout_preempts,
    ),
    case(
        "order/send-wakes-higher (l4/sys/ipc.h: l4_ipc_send)",
        send_wakes_higher,
    ),
    case(
        "order/send-to-lower-goes-on (l4/sys/ipc.h: l4_ipc_send)",
        send_to_lower,
    ),
    case(
        "order/call-to-lower (l4/sys/ipc.h: l4_ipc_call)",
        call_to_lower,
    ),
    case(
        "order/round-robin (l4/sys/scheduler.h: l4_sched_param_t.quantum)",
        round_robin,
    ),
    case(
        "order/lower-starves (l4/sys/scheduler.h: l4_sched_param_t.prio)",
        lower_starves,
    ),
    case(
        "order/switch-to-self (l4/sys/thread.h: l4_thread_yield)",
        yield_to_equal,
    ),
    case(
        "order/raised-priority (l4/sys/scheduler.h: l4_scheduler_run_thread)",
        raised,
    ),
];

fn sender(prio: u64, label: i64) -> Outcome {
    let me = me();
    spawn(prio, move || {
        Msg::new(label).send(me);
    })?;
    settle();
    Ok(())
}

fn senders_by_prio() -> Outcome {
    for (prio, label) in [(11, 3), (13, 1), (10, 4), (12, 2)] {
        sender(prio, label)?;
    }
    sleep_ms(20);
    for due in 1..=4 {
        same!(wait(0).code(), due);
    }
    Ok(())
}

fn senders_fifo() -> Outcome {
    for label in 1..=4 {
        sender(HIGH, label)?;
    }
    for due in 1..=4 {
        same!(wait(0).code(), due);
    }
    Ok(())
}

fn irq_first() -> Outcome {
    let irq = irq()?;
    same!(bind(irq.idx(), me(), 0x1230), 0);
    sender(HIGH, 1)?;
    same!(trigger(irq.idx()).ipc(), 0);
    let answer = wait(0);
    same!((answer.label, answer.code()), (0x1230, 0));
    same!(wait(0).code(), 1);
    Ok(())
}

fn prio_changes() -> Outcome {
    let me = me();
    sender(12, 1)?;
    let second = spawn(11, move || {
        Msg::new(2).send(me);
    })?;
    settle();
    same!(run_thread(second.cap(), 15), 0);
    settle();
    let first = wait(0).code();
    let next = wait(0).code();
    // The place in the queue is that of the time of sending.
    same!((first, next), (1, 2));
    Ok(())
}

/// Whoever the scheduler is: a service in front of the kernel's may have its turn first.
fn higher_runs() -> Outcome {
    spawn(HIGH, || put(0, 1))?;
    busy(20_000);
    same!(counter(0), 1);
    Ok(())
}

fn lower_waits() -> Outcome {
    spawn(LOW, || put(0, 1))?;
    busy(10_000);
    same!(counter(0), 0);
    settle();
    same!(counter(0), 1);
    Ok(())
}

/// Works for so many microseconds.
fn busy(us: u64) {
    let clock = || l4re::start::env().kip().clock_us();
    let end = clock() + us;
    while clock() < end {
        core::hint::spin_loop();
    }
}

fn timeout_preempts() -> Outcome {
    spawn(HIGH, || {
        sleep_ms(5);
        put(0, 1);
    })?;
    busy(100_000);
    same!(counter(0), 1);
    Ok(())
}

fn send_wakes_higher() -> Outcome {
    let w = spawn(HIGH, || {
        wait(1000);
        put(0, 1);
    })?;
    settle();
    same!(Msg::new(1).send(w.cap()).ipc(), 0);
    same!(counter(0), 1);
    // Also with the flag that asks for a decision of the scheduler.
    let w = spawn(HIGH, || {
        wait(1000);
        put(1, 1);
    })?;
    settle();
    same!(Msg::new(1).flags(TagFlags::SCHEDULE).send(w.cap()).ipc(), 0);
    same!(counter(1), 1);
    Ok(())
}

fn send_to_lower() -> Outcome {
    let w = spawn(LOW, || {
        wait(1000);
        put(0, 1);
    })?;
    settle();
    same!(Msg::new(1).send(w.cap()).ipc(), 0);
    same!(counter(0), 0);
    settle();
    same!(counter(0), 1);
    Ok(())
}

fn call_to_lower() -> Outcome {
    let server = spawn(LOW, echo)?;
    settle();
    for i in 0..10 {
        same!(Msg::new(i).call(server.cap()).code(), i);
    }
    Ok(())
}

fn round_robin() -> Outcome {
    for i in 0..3 {
        spawn(LOW, move || {
            loop {
                cell(i).fetch_add(1, Ordering::Relaxed);
            }
        })?;
    }
    sleep_ms(300);
    check!((0..3).all(|i| counter(i) > 1000));
    Ok(())
}

fn lower_starves() -> Outcome {
    spawn(LOW, || {
        loop {
            cell(0).fetch_add(1, Ordering::Relaxed);
        }
    })?;
    spawn(LOW - 1, || {
        loop {
            cell(1).fetch_add(1, Ordering::Relaxed);
        }
    })?;
    sleep_ms(100);
    check!(counter(0) > 1000);
    same!(counter(1), 0);
    Ok(())
}

fn yield_to_equal() -> Outcome {
    let w = spawn(NORMAL, || put(0, 1))?;
    for _ in 0..200 {
        let answer = Msg::new(proto::THREAD)
            .words(&[SWITCH])
            .ipc(l4re::sys::CapIdx::INVALID, Sysf::CALL);
        same!(answer.code(), 0);
    }
    same!(counter(0), 1);
    check!(w.cap().is_valid());
    Ok(())
}

fn raised() -> Outcome {
    let w = spawn(LOW, || put(0, 1))?;
    busy(2_000);
    same!(counter(0), 0);
    same!(run_thread(w.cap(), HIGH), 0);
    same!(counter(0), 1);
    Ok(())
}
