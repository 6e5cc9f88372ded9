//! The end of gates, threads and tasks in each phase of IPC.

use crate::{Budget, Case, HIGH, LOW, Outcome, PAGER, crew, ok};
use l4re::sys::op::semaphore;
use l4re::sys::{
    CapIdx, Fpage, MapItem, MemRights, MsgTag, Sysf, TagFlags, Timeout, ipc_error, proto, utcb,
};
use test_pressure::{self as kit, Cells, Crew, Outpost};
use test_services::check;

pub const CASES: &[Case] = &[
    ("each object's end in each phase of IPC", every_phase),
    ("the end of the thread that a caller waits for", awaited),
    (
        "a sender times out while its receiver is taken apart",
        half_dead,
    ),
    ("a thread ends itself and would receive", suicide),
    ("a thread and its task end together", together),
];

static CELLS: Cells<8> = Cells::new();

/// The capabilities of the other task.
mod there {
    use super::CapIdx;
    pub const GATE: CapIdx = CapIdx::from_index(0x20);
    pub const THREAD: CapIdx = CapIdx::from_index(0x21);
    pub const SEMAPHORE: CapIdx = CapIdx::from_index(0x22);
    pub const IRQ: CapIdx = CapIdx::from_index(0x23);
    pub const LOOSE: CapIdx = CapIdx::from_index(0x24);
    pub const OWN: CapIdx = CapIdx::from_index(0x25);
    pub const TASK: CapIdx = CapIdx::from_index(0x26);
}

const PHASES: u64 = 9;

/// Begins an IPC that does not end by itself; in the cell is its number, plus 1000 when it has
/// ended all the same.
fn begin(phase: u64) {
    CELLS.set(0, 1 + phase);
    let plain = MsgTag::new(1, 1, 0, TagFlags::empty());
    let down = MsgTag::new(proto::SEMAPHORE, 1, 0, TagFlags::empty());
    let never = Timeout::NEVER;
    utcb().set_mr(0, 0x1234);
    let code = match phase {
        // To one that does not receive, by a gate and directly; with an item, too.
        0 => kit::raw(there::GATE, Sysf::SEND, plain, never),
        1 => kit::raw(there::THREAD, Sysf::CALL, plain, never),
        2 => {
            let item = MapItem::cap(there::IRQ, l4re::sys::ObjRights::RWS);
            utcb().set_mr(1, item.control);
            utcb().set_mr(2, item.fpage.raw());
            let tag = MsgTag::new(1, 1, 1, TagFlags::empty());
            kit::raw(there::GATE, Sysf::SEND_AND_WAIT, tag, never)
        }
        // At a gate that is bound to nobody.
        3 => kit::raw(there::LOOSE, Sysf::CALL, plain, never),
        4 => {
            utcb().set_mr(0, semaphore::DOWN);
            kit::raw(there::SEMAPHORE, Sysf::CALL, down, never)
        }
        5 => kit::raw(there::IRQ, Sysf::RECV, plain, never),
        6 => kit::receive(never),
        7 => kit::raw(there::THREAD, Sysf::RECV, plain, never),
        // A page fault that nobody answers: the pager of that address is this task's own.
        _ => {
            let nowhere = core::ptr::without_provenance::<u64>(0x5000_0000_0000);
            // SAFETY: nothing is read: the pager does not answer.
            unsafe { nowhere.read_volatile() };
            (MsgTag(0), 0)
        }
    };
    CELLS.set(1, code.0.0);
    CELLS.set(0, 1000 + phase);
    kit::sleep_us(1 << 40);
}

/// Runs for ever without receiving.
fn busy(_: u64) {
    loop {
        core::hint::spin_loop();
    }
}

struct Scene {
    outpost: Outpost,
    objects: CapIdx,
}

impl Scene {
    const OBJECTS: u64 = 8;

    fn nth(&self, n: u64) -> CapIdx {
        CapIdx::from_index(self.objects.index() + n)
    }

    /// Thread 0 in another task begins something with thread 1, which is there too and never
    /// receives.
    fn set(budget: &Budget, crew: &mut Crew, phase: u64) -> Result<Self, i64> {
        CELLS.clear();
        let mut outpost = Outpost::new(budget.factory, crew.cap(PAGER))?;
        let objects = kit::slots(Self::OBJECTS);
        let scene = |n: u64| CapIdx::from_index(objects.index() + n);
        outpost.spawn(crew, 1, LOW, busy, 0)?;
        ok(kit::create_gate(
            budget.factory,
            crew.cap(1),
            0x40,
            scene(0),
        ))?;
        ok(kit::create(
            budget.factory,
            proto::SEMAPHORE,
            Some(0),
            scene(1),
        ))?;
        ok(kit::create(
            budget.factory,
            proto::IRQ_SENDER,
            None,
            scene(2),
        ))?;
        ok(kit::create(budget.factory, 0, Some(0), scene(3)))?;
        for (cap, to) in [
            (scene(0), there::GATE),
            (crew.cap(1), there::THREAD),
            (scene(1), there::SEMAPHORE),
            (scene(2), there::IRQ),
            (scene(3), there::LOOSE),
            (outpost.task, there::TASK),
        ] {
            outpost.give(cap, to)?;
        }
        outpost.spawn(crew, 0, HIGH, begin, phase)?;
        // Now it waits; had it not begun, its cell would tell.
        ok(kit::bind(scene(2), crew.cap(0), 0x80))?;
        outpost.give(crew.cap(0), there::OWN)?;
        Ok(Scene { outpost, objects })
    }

    fn end(self, crew: &mut Crew) {
        for n in 0..Self::OBJECTS {
            kit::delete(self.nth(n));
        }
        drop(self.outpost);
        crew.end(0);
        crew.end(1);
    }
}

/// All pairs of what thread 0 does and what is deleted under it.
fn every_phase() -> Outcome {
    let budget = Budget::new(1 << 20)?;
    let mut crew = crew()?;
    for phase in 0..PHASES {
        for victim in 0..7 {
            let scene = Scene::set(&budget, &mut crew, phase)?;
            check!(CELLS.get(0) == 1 + phase);
            match victim {
                0..=3 => ok(kit::delete(scene.nth(victim)))?,
                4 => ok(kit::delete(crew.cap(1)))?,
                5 => ok(kit::delete(crew.cap(0)))?,
                _ => ok(kit::delete(scene.outpost.task))?,
            }
            kit::sleep_us(300);
            // Whoever sent to, or waited at, what is gone is told.
            let told = matches!((phase, victim), (0, 4) | (1, 4) | (2, 4) | (3, 3) | (4, 1));
            if told && CELLS.get(0) != 1000 + phase {
                l4re::println!("# phase {phase}, victim {victim}: not told");
                check!(!told);
            }
            if told {
                check!(MsgTag(CELLS.get(1)).has_error());
            }
            scene.end(&mut crew);
        }
    }
    check!(budget.is_whole());
    Ok(())
}

/// A server takes the call and is deleted: its caller comes back by its timeout at the latest.
fn awaited() -> Outcome {
    CELLS.clear();
    let mut crew = Crew::new()?;
    let gate = kit::slots(1);
    let server = |_| {
        kit::receive(Timeout::NEVER);
        CELLS.set(0, 1);
        kit::sleep_us(1 << 40);
    };
    crew.spawn(0, HIGH, server, 0)?;
    ok(kit::create_gate(crate::own_factory(), crew.cap(0), 0, gate))?;
    let client = |gate| {
        let tag = MsgTag::new(1, 1, 0, TagFlags::empty());
        let (tag, _) = kit::raw(
            CapIdx(gate),
            Sysf::CALL,
            tag,
            kit::timeout_us(100_000, 100_000),
        );
        CELLS.set(2, tag.0);
        CELLS.set(1, 1);
    };
    crew.spawn(1, HIGH, client, gate.0)?;
    check!(CELLS.get(0) == 1 && CELLS.get(1) == 0);
    crew.end(0);
    for _ in 0..500 {
        if CELLS.get(1) == 1 {
            break;
        }
        kit::sleep_us(1_000);
    }
    check!(CELLS.get(1) == 1);
    check!(MsgTag(CELLS.get(2)).has_error());
    kit::delete(gate);
    Ok(())
}

/// Mappings in a task that takes many milliseconds to take apart.
const FULL: u64 = 30_000;

#[repr(align(4096))]
struct Page([u8; 4096]);

static PAGE: Page = Page([1; 4096]);

/// A thread is deleted together with a task so full that taking it apart takes many steps: in
/// between the timeout of the thread's sender strikes. It is told once, and goes on sending.
fn half_dead() -> Outcome {
    let mut crew = crew()?;
    let page = Fpage::page(PAGE.0.as_ptr() as u64, MemRights::R);
    kit::touch(page.addr());
    for _ in 0..2 {
        CELLS.clear();
        // In the order of their slots: what dies last is taken apart first.
        let pair = kit::slots(2);
        let (victim, full) = (pair, pair.next());
        ok(kit::create(
            crate::own_factory(),
            proto::THREAD,
            None,
            victim,
        ))?;
        let how = kit::Bind {
            task: CapIdx::TASK,
            utcb: crew.utcb(Crew::MAX - 2),
            pager: l4re::start::env().rm().idx(),
        };
        ok(kit::bind_thread(victim, how))?;
        ok(kit::create_task(crate::own_factory(), Fpage::INVALID, full))?;
        for i in 0..FULL {
            ok(kit::map(full, CapIdx::TASK, page, (1 << 30) + (i << 12)))?;
        }
        crew.spawn(2, HIGH, echo, 0)?;
        let sender = |victim| {
            let plain = MsgTag::new(1, 1, 0, TagFlags::empty());
            let (tag, _) = kit::raw(CapIdx(victim), Sysf::SEND, plain, kit::timeout_us(5_000, 0));
            CELLS.add(usize::from(tag.has_error()), 1);
            for i in 0..20 {
                utcb().set_mr(0, i);
                let (tag, _) = kit::raw(CapIdx(CELLS.get(5)), Sysf::CALL, plain, Timeout::NEVER);
                let right = !tag.has_error() && kit::mr(0) == i;
                CELLS.add(if right { 2 } else { 4 }, 1);
                let timeout = kit::timeout_us(0, 1_000);
                kit::raw(CapIdx::INVALID, Sysf::RECV, MsgTag(0), timeout);
                CELLS.add(6, u64::from(utcb().error() != ipc_error::RE_TIMEOUT));
            }
            CELLS.set(3, 1);
        };
        CELLS.set(5, crew.cap(2).0);
        crew.spawn(0, HIGH, sender, victim.0)?;
        kit::sleep_us(1_000);
        ok(kit::delete_range(pair, 1))?;
        for _ in 0..500 {
            if CELLS.get(3) == 1 {
                break;
            }
            kit::sleep_us(1_000);
        }
        check!(CELLS.get(0) == 0 && CELLS.get(1) == 1);
        check!(CELLS.get(2) == 20 && CELLS.get(4) == 0);
        // No sleep was cut short by the end of a thread that it has nothing to do with.
        check!(CELLS.get(6) == 0);
        crew.end(0);
        crew.end(2);
    }
    Ok(())
}

fn echo(_: u64) {
    let (mut tag, _) = kit::receive(Timeout::NEVER);
    loop {
        let answer = MsgTag::new(tag.label(), tag.words(), 0, TagFlags::empty());
        (tag, _) = kit::raw(
            CapIdx::INVALID,
            Sysf::REPLY_AND_WAIT,
            answer,
            Timeout::SEND_ZERO,
        );
    }
}

/// The request that deletes the caller has a receive phase, with a timeout: it must not strike
/// whoever is made next.
fn suicide() -> Outcome {
    let budget = Budget::new(1 << 20)?;
    let mut crew = crew()?;
    for phases in [Sysf::SEND_AND_WAIT, Sysf::CALL, Sysf::SEND] {
        for what in [there::OWN, there::TASK] {
            CELLS.clear();
            let mut outpost = Outpost::new(budget.factory, crew.cap(PAGER))?;
            outpost.give(outpost.task, there::TASK)?;
            CELLS.set(5, phases.bits());
            CELLS.set(6, what.0);
            let end = |_| {
                while CELLS.get(7) == 0 {
                    kit::sleep_us(100);
                }
                let words = [
                    l4re::sys::op::task::UNMAP,
                    l4re::sys::unmap::UnmapFlags::DELETE_OBJ.bits(),
                    Fpage::obj(CapIdx(CELLS.get(6)), 0, l4re::sys::ObjRights::RWSD).raw(),
                ];
                for (i, word) in words.iter().enumerate() {
                    utcb().set_mr(i, *word);
                }
                let tag = MsgTag::new(proto::TASK, 3, 0, TagFlags::empty());
                let phases = Sysf::from_bits_retain(CELLS.get(5));
                kit::raw(there::TASK, phases, tag, kit::timeout_us(2_000, 2_000));
                CELLS.set(0, 1);
            };
            outpost.spawn(&mut crew, 0, HIGH, end, 0)?;
            outpost.give(crew.cap(0), there::OWN)?;
            CELLS.set(7, 1);
            kit::sleep_us(500);
            check!(CELLS.get(0) == 0);
            // Who comes into its place waits without a timeout.
            CELLS.clear();
            let waiter = |_| {
                kit::receive(Timeout::NEVER);
                CELLS.add(1, 1);
            };
            crew.spawn(2, HIGH, waiter, 0)?;
            crew.spawn(3, HIGH, waiter, 0)?;
            kit::sleep_us(10_000);
            check!(CELLS.get(1) == 0);
            crew.end(2);
            crew.end(3);
            drop(outpost);
            crew.end(0);
        }
    }
    check!(budget.is_whole());
    Ok(())
}

/// In one request, in both orders.
fn together() -> Outcome {
    let budget = Budget::new(1 << 20)?;
    let utcbs = Fpage::page(0x10_0000, MemRights::RW);
    for first in [true, false] {
        for _ in 0..50 {
            let pair = kit::slots(2);
            let (a, b) = (pair, pair.next());
            let (task, thread) = if first { (a, b) } else { (b, a) };
            ok(kit::create_task(budget.factory, utcbs, task))?;
            ok(kit::create(budget.factory, proto::THREAD, None, thread))?;
            let how = kit::Bind {
                task,
                utcb: utcbs.addr(),
                pager: CapIdx::INVALID,
            };
            ok(kit::bind_thread(thread, how))?;
            ok(kit::delete_range(pair, 1))?;
            check!(!kit::is_valid(task) && !kit::is_valid(thread));
        }
    }
    check!(budget.is_whole());
    Ok(())
}
