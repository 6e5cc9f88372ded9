//! What objects cost, and the end of a factory that owns what was made from it.

use crate::{Budget, Case, Outcome, ok, own_factory};
use l4re::sys::{CapIdx, Fpage, MemRights, ObjRights, proto};
use test_pressure as kit;
use test_services::check;

pub const CASES: &[Case] = &[
    ("an empty task costs 12 KiB at most", empty_task),
    (
        "an empty task that was refused can be had for more",
        refused_task,
    ),
    (
        "what is mapped at the first and the last address is paid back",
        at_the_ends,
    ),
    (
        "the end of a factory that owns is the end of all that was made from it",
        owned,
    ),
    (
        "the end of a factory that does not own is the end of nothing else",
        not_owned,
    ),
];

const UTCBS: Fpage = Fpage::page(0x10_0000, MemRights::RW);

/// Its page is there.
static HERE: u64 = 0;

fn empty_task() -> Outcome {
    let (factory, task) = (kit::slots(1), kit::slots(1));
    ok(kit::create_factory(own_factory(), 12 << 10, factory))?;
    let made = kit::create_task(factory, UTCBS, task);
    kit::delete(task);
    kit::delete(factory);
    ok(made)
}

fn refused_task() -> Outcome {
    let (small, task) = (kit::slots(1), kit::slots(1));
    ok(kit::create_factory(own_factory(), 4 << 10, small))?;
    check!(kit::create_task(small, UTCBS, task) < 0);
    // Nothing is left of the attempt.
    ok(kit::create_task(small, Fpage::INVALID, task))?;
    kit::delete(task);
    kit::delete(small);
    Ok(())
}

fn at_the_ends() -> Outcome {
    const LAST_PAGE: u64 = 0x7fff_ffff_e000;
    let budget = Budget::new(256 << 10)?;
    let task = kit::slots(1);
    ok(kit::create_task(budget.factory, UTCBS, task))?;
    let page = Fpage::memory((&raw const HERE) as u64 & !0xfff, 12, MemRights::R);
    for addr in [0, 1 << 30, LAST_PAGE - (1 << 30), LAST_PAGE] {
        ok(kit::map(task, CapIdx::TASK, page, addr))?;
    }
    kit::delete(task);
    check!(budget.is_whole());
    Ok(())
}

/// A factory, and what was made from it: each kind of object, some of which keep themselves,
/// and one that was made from a factory that was made from it.
struct Family {
    factory: CapIdx,
    members: [CapIdx; 8],
}

impl Family {
    fn of(factory: CapIdx) -> Result<Self, i64> {
        let members = core::array::from_fn(|_| kit::slots(1));
        let [task, thread, gate, irq, semaphore, group, child, grandchild] = members;
        ok(kit::create_task(factory, UTCBS, task))?;
        ok(kit::create(factory, proto::THREAD, None, thread))?;
        ok(kit::create(factory, 0, Some(0), gate))?;
        ok(kit::create(factory, proto::IRQ_SENDER, None, irq))?;
        ok(kit::create(factory, proto::SEMAPHORE, Some(0), semaphore))?;
        ok(kit::create(factory, proto::THREAD_GROUP, Some(0), group))
            .or_else(|_| ok(kit::create(factory, proto::THREAD_GROUP, Some(1), group)))?;
        ok(kit::create_factory(factory, 16 << 10, child))?;
        ok(kit::create(child, proto::SEMAPHORE, Some(0), grandchild))?;
        // The task keeps itself and all others.
        for (n, member) in members.into_iter().enumerate() {
            let place = CapIdx::from_index(0x20 + n as u64);
            ok(kit::give(task, member, ObjRights::RWSD, place))?;
        }
        Ok(Family { factory, members })
    }

    fn alive(&self) -> usize {
        let alive = |cap: &&CapIdx| kit::is_valid(**cap);
        self.members.iter().filter(alive).count()
    }
}

fn owned() -> Outcome {
    let budget = Budget::new(256 << 10)?;
    let factory = kit::slots(1);
    ok(kit::create_owner(budget.factory, 128 << 10, factory))?;
    let family = Family::of(factory)?;
    check!(family.alive() == family.members.len());
    kit::delete(family.factory);
    check!(family.alive() == 0);
    check!(budget.is_whole());
    Ok(())
}

fn not_owned() -> Outcome {
    let budget = Budget::new(256 << 10)?;
    let factory = kit::slots(1);
    ok(kit::create_factory(budget.factory, 128 << 10, factory))?;
    let family = Family::of(factory)?;
    kit::delete(family.factory);
    check!(family.alive() == family.members.len());
    for member in family.members {
        kit::delete(member);
    }
    check!(budget.is_whole());
    Ok(())
}
