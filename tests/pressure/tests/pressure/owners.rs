//! What belongs to a task, a group or a queue goes with it, and nobody else is touched.

use crate::{Case, HIGH, LOW, Outcome, ok, own_factory};
use l4re::sys::op::thread as op;
use l4re::sys::{
    CapIdx, Fpage, MapItem, MemRights, MsgTag, ObjRights, Sysf, TagFlags, Timeout, err, proto, utcb,
};
use test_pressure::{self as kit, Bind, Cells, Crew};
use test_services::check;

pub const CASES: &[Case] = &[
    (
        "a thread whose task is gone writes to no memory",
        without_a_task,
    ),
    (
        "a thread whose task is gone is bound to no other",
        not_bound_again,
    ),
    (
        "an interrupt that waits at a member is given to another",
        waits_elsewhere,
    ),
    (
        "a thread leaves a group that is gone for another",
        group_is_gone,
    ),
    (
        "a thread whose fault cannot be mended asks again",
        answer_without_memory,
    ),
    (
        "kernel-user memory at the end of all addresses is refused",
        end_of_addresses,
    ),
];

static CELLS: Cells<8> = Cells::new();

const UTCBS: u64 = 0x6000_0000_0000;
const KEEP: u64 = u64::MAX;

fn nth(first: CapIdx, n: u64) -> CapIdx {
    CapIdx::from_index(first.index() + n)
}

/// A task with a UTCB, and a thread that is bound to it.
fn bound(task: CapIdx, thread: CapIdx) -> Outcome {
    let area = Fpage::memory(UTCBS, 12, MemRights::RW);
    ok(kit::create_task(own_factory(), area, task))?;
    ok(kit::create(own_factory(), proto::THREAD, None, thread))?;
    ok(kit::bind_thread(
        thread,
        Bind {
            task,
            utcb: UTCBS,
            pager: CapIdx::INVALID,
        },
    ))
}

/// Many threads lose their tasks; what is cancelled in them then is nowhere to be seen, though
/// the memory serves others (the kernel looks at what was written to free memory).
fn without_a_task() -> Outcome {
    const MANY: u64 = 64;
    let (tasks, threads) = (kit::slots(MANY), kit::slots(MANY));
    for n in 0..MANY {
        bound(nth(tasks, n), nth(threads, n))?;
    }
    for n in 0..MANY {
        ok(kit::delete(nth(tasks, n)))?;
    }
    for n in 0..MANY {
        for flags in [op::EX_REGS_CANCEL, op::EX_REGS_TRIGGER_EXCEPTION] {
            kit::ex_regs(nth(threads, n), flags, KEEP, KEEP);
        }
        kit::run(nth(threads, n), LOW);
    }
    // The memory is used again, for other tasks.
    for n in 0..MANY {
        let area = Fpage::memory(UTCBS, 14, MemRights::RW);
        ok(kit::create_task(own_factory(), area, nth(tasks, n)))?;
        kit::ex_regs(nth(threads, n), op::EX_REGS_CANCEL, KEEP, KEEP);
    }
    for n in 0..MANY {
        kit::delete(nth(tasks, n));
        kit::delete(nth(threads, n));
    }
    Ok(())
}

fn not_bound_again() -> Outcome {
    let (task, thread) = (kit::slots(2), kit::slots(1));
    bound(task, thread)?;
    ok(kit::delete(task))?;
    let area = Fpage::memory(UTCBS, 12, MemRights::RW);
    let other = nth(task, 1);
    ok(kit::create_task(own_factory(), area, other))?;
    let bind = Bind {
        task: other,
        utcb: UTCBS,
        pager: CapIdx::INVALID,
    };
    check!(kit::bind_thread(thread, bind) == -err::EINVAL);
    kit::delete(other);
    kit::delete(thread);
    Ok(())
}

fn sleeps(_: u64) {
    kit::sleep_us(1 << 40);
}

/// Takes what comes, and notes its label.
fn takes(cell: u64) {
    loop {
        let (_, label) = kit::receive(Timeout::NEVER);
        CELLS.set(cell as usize, label);
    }
}

fn group(operation: u64, group: CapIdx, thread: CapIdx) -> i64 {
    let item = MapItem::cap(thread, ObjRights::RWS);
    utcb().set_mr(0, operation);
    utcb().set_mr(1, item.control);
    utcb().set_mr(2, item.fpage.raw());
    let tag = MsgTag::new(proto::THREAD_GROUP, 1, 1, TagFlags::empty());
    kit::code(kit::raw(group, Sysf::CALL, tag, Timeout::NEVER).0)
}

use l4re::sys::op::thread_group::{ADD, POLICY_SOFT_CORE_LOCAL};

fn waits_elsewhere() -> Outcome {
    CELLS.clear();
    let mut crew = Crew::new()?;
    let caps = kit::slots(2);
    let (team, irq) = (caps, nth(caps, 1));
    let policy = Some(POLICY_SOFT_CORE_LOCAL);
    ok(kit::create(
        own_factory(),
        proto::THREAD_GROUP,
        policy,
        team,
    ))?;
    ok(kit::create(own_factory(), proto::IRQ_SENDER, None, irq))?;
    crew.spawn(0, HIGH, sleeps, 0)?;
    crew.spawn(1, HIGH, takes, 1)?;
    ok(group(ADD, team, crew.cap(0)))?;
    ok(kit::bind(irq, team, 0x770))?;
    // The only member does not receive: it waits there.
    kit::trigger(irq);
    ok(group(ADD, team, crew.cap(1)))?;
    kit::trigger(irq);
    kit::sleep_us(2_000);
    check!(CELLS.get(1) == 0x770);
    // The first member goes: nothing of the interrupt is left with it.
    crew.end(0);
    CELLS.set(1, 0);
    kit::trigger(irq);
    kit::sleep_us(2_000);
    check!(CELLS.get(1) == 0x770);
    kit::delete(irq);
    kit::delete(team);
    Ok(())
}

/// The old group is unmapped and the thread put into the next at once, over and over: the old
/// one may be dead and not yet taken apart.
fn group_is_gone() -> Outcome {
    CELLS.clear();
    let mut crew = Crew::new()?;
    crew.spawn(0, HIGH, takes, 1)?;
    crew.spawn(1, HIGH, takes, 2)?;
    let caps = kit::slots(64);
    let policy = Some(POLICY_SOFT_CORE_LOCAL);
    for n in 0..32 {
        let team = nth(caps, n);
        ok(kit::create(
            own_factory(),
            proto::THREAD_GROUP,
            policy,
            team,
        ))?;
        ok(group(ADD, team, crew.cap(0)))?;
        ok(group(ADD, team, crew.cap(1)))?;
        // Beside many others, so that taking apart lasts.
        for other in 32..64 {
            kit::create(own_factory(), proto::IRQ_SENDER, None, nth(caps, other));
        }
        kit::delete(team);
        for other in 32..64 {
            kit::delete(nth(caps, other));
        }
    }
    Ok(())
}

/// A page fault whose answer does not fit into the task's quota: the thread faults again, and
/// goes on when it is moved.
fn answer_without_memory() -> Outcome {
    let caps = kit::slots(4);
    let (small, task, thread, gate) = (caps, nth(caps, 1), nth(caps, 2), nth(caps, 3));
    ok(kit::create_factory(own_factory(), 64 << 10, small))?;
    let area = Fpage::memory(UTCBS, 12, MemRights::RW);
    ok(kit::create_task(small, area, task))?;
    ok(kit::create(own_factory(), proto::THREAD, None, thread))?;
    let me = l4re::start::env().main_thread().idx();
    ok(kit::create_gate(own_factory(), me, 0x40, gate))?;
    let pager = CapIdx::from_index(0x20);
    ok(kit::give(task, gate, ObjRights::RWS, pager))?;
    ok(kit::bind_thread(
        thread,
        Bind {
            task,
            utcb: UTCBS,
            pager,
        },
    ))?;
    // The rest of the quota goes for something else.
    let fill = crate::many_slots();
    let mut n = 0;
    while n < crate::MANY && kit::create(small, proto::IRQ_SENDER, None, nth(fill, n)) >= 0 {
        n += 1;
    }
    let wait = || {
        let (tag, _) = kit::receive(kit::timeout_us(0, 500_000));
        (kit::code(tag), kit::mr(0) & !7)
    };
    const AT: u64 = 0x5000_0000;
    ok(kit::ex_regs(thread, 0, AT, 0x1000))?;
    ok(kit::run(thread, LOW))?;
    check!(wait() == (proto::PAGE_FAULT, AT));
    let page = Fpage::memory((&raw const CELLS) as u64 & !0xfff, 12, MemRights::RX);
    let item = MapItem::map(AT, page);
    utcb().set_mr(0, item.control);
    utcb().set_mr(1, item.fpage.raw());
    let tag = MsgTag::new(0, 0, 1, TagFlags::empty());
    let reply = Sysf::SEND | Sysf::REPLY;
    let (answer, _) = kit::raw(CapIdx::INVALID, reply, tag, Timeout::BOTH_ZERO);
    check!(crate::is_no_memory(kit::code(answer)));
    check!(wait() == (proto::PAGE_FAULT, AT));
    ok(kit::ex_regs(
        thread,
        op::EX_REGS_CANCEL,
        0x6000_0000,
        0x1000,
    ))?;
    check!(wait() == (proto::PAGE_FAULT, 0x6000_0000));
    for at in 0..n {
        kit::delete(nth(fill, at));
    }
    for n in [2, 1, 3, 0] {
        kit::delete(nth(caps, n));
    }
    Ok(())
}

fn end_of_addresses() -> Outcome {
    for (addr, order) in [
        (!0xfff, 12),
        (1 << 63, 12),
        (!0xf_ffff, 20),
        (0x7fff_ffff_f000, 12),
    ] {
        utcb().set_mr(0, l4re::sys::op::task::ADD_KU_MEM);
        utcb().set_mr(1, Fpage::memory(addr, order, MemRights::RW).raw());
        let tag = MsgTag::new(proto::TASK, 2, 0, TagFlags::empty());
        let (answer, _) = kit::raw(CapIdx::TASK, Sysf::CALL, tag, Timeout::NEVER);
        check!(kit::code(answer) < 0);
    }
    Ok(())
}
