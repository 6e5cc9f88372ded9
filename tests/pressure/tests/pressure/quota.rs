//! Objects and mappings until they are refused.

use crate::{Budget, Case, HIGH, MANY, Outcome, crew, is_no_memory, many_slots, ok, own_factory};
use l4re::sys::{CapIdx, Fpage, MemRights, ObjRights, err, proto};
use test_pressure::{self as kit, Cells, Outpost};
use test_services::check;

pub const CASES: &[Case] = &[
    ("tasks until refused", tasks),
    ("threads until refused", || {
        until_refused(proto::THREAD, None)
    }),
    ("gates until refused", || until_refused(0, Some(0))),
    ("interrupts until refused", || {
        until_refused(proto::IRQ_SENDER, None)
    }),
    ("semaphores until refused", || {
        until_refused(proto::SEMAPHORE, None)
    }),
    ("factories until refused", || {
        until_refused(proto::FACTORY, Some(1))
    }),
    ("factories within factories until refused", nested),
    ("memory mapped until refused", memory),
    ("capabilities mapped until refused", capabilities),
    ("UTCB memory until refused", utcbs),
    ("what is refused costs nothing", refused),
];

const LIMIT: u64 = 256 << 10;

fn nth(first: CapIdx, n: u64) -> CapIdx {
    CapIdx::from_index(first.index() + n)
}

fn fill(budget: &Budget, make: impl Fn(CapIdx) -> i64, other: impl Fn(CapIdx) -> i64) -> Outcome {
    let first = many_slots();
    let mut count = 0;
    let refusal = loop {
        check!(count < MANY);
        match make(nth(first, count)) {
            code @ ..0 => break code,
            _ => count += 1,
        }
    };
    check!(refusal == -err::ENOMEM);
    check!(count > 1);
    check!(!kit::is_valid(nth(first, count)));
    // Others are not affected.
    let another = kit::slots(1);
    ok(other(another))?;
    kit::delete(another);
    // One fewer, one more.
    kit::delete(nth(first, count / 2));
    ok(make(nth(first, count / 2)))?;
    for n in 0..count {
        kit::delete(nth(first, n));
    }
    check!(budget.is_whole());
    Ok(())
}

fn until_refused(kind: i64, argument: Option<u64>) -> Outcome {
    let budget = Budget::new(LIMIT)?;
    let make = |factory| move |to| kit::create(factory, kind, argument, to);
    fill(&budget, make(budget.factory), make(own_factory()))
}

fn tasks() -> Outcome {
    let budget = Budget::new(LIMIT)?;
    let utcbs = Fpage::page(0x10_0000, MemRights::RW);
    let make = |factory| move |to| kit::create_task(factory, utcbs, to);
    fill(&budget, make(budget.factory), make(own_factory()))
}

fn nested() -> Outcome {
    let budget = Budget::new(LIMIT)?;
    let first = many_slots();
    let mut factory = budget.factory;
    let mut count = 0;
    // Each may spend half of the one that made it.
    let mut limit = LIMIT / 2;
    while limit > 0 && kit::create_factory(factory, limit, nth(first, count)) >= 0 {
        factory = nth(first, count);
        count += 1;
        limit /= 2;
    }
    check!(count > 4);
    // The innermost one's object, though the factories go first.
    let last = nth(first, count);
    let made = (0..count)
        .rev()
        .find(|&n| kit::create(nth(first, n), 0, Some(0), last) >= 0);
    check!(made.is_some());
    for n in 0..count {
        kit::delete(nth(first, n));
    }
    check!(kit::is_valid(last));
    kit::delete(last);
    check!(budget.is_whole());
    Ok(())
}

fn task_of(budget: &Budget) -> Result<CapIdx, i64> {
    let task = kit::slots(1);
    ok(kit::create_task(budget.factory, Fpage::INVALID, task))?;
    Ok(task)
}

fn memory() -> Outcome {
    static PAGE: Page = Page([1; 4096]);
    let at = PAGE.0.as_ptr() as u64;
    kit::touch(at);
    let budget = Budget::new(LIMIT)?;
    let task = task_of(&budget)?;
    // Each needs page tables of its own.
    let page = Fpage::page(at, MemRights::R);
    let refusal = (0..MANY)
        .map(|n| kit::map(task, CapIdx::TASK, page, n << 30))
        .find(|c| *c < 0);
    check!(refusal.is_some_and(is_no_memory));
    let other = kit::slots(1);
    ok(kit::create_task(own_factory(), Fpage::INVALID, other))?;
    ok(kit::map(other, CapIdx::TASK, page, 1 << 30))?;
    kit::delete(other);
    kit::delete(task);
    check!(budget.is_whole());
    Ok(())
}

#[repr(align(4096))]
struct Page([u8; 4096]);

fn capabilities() -> Outcome {
    let budget = Budget::new(LIMIT)?;
    let task = task_of(&budget)?;
    // Each needs a page of the table of its own.
    let refusal = (0..300)
        .map(|n| {
            kit::give(
                task,
                CapIdx::TASK,
                ObjRights::RWS,
                CapIdx::from_index(n << 8),
            )
        })
        .find(|code| *code < 0);
    check!(refusal.is_some_and(is_no_memory));
    kit::delete(task);
    check!(budget.is_whole());
    Ok(())
}

fn utcbs() -> Outcome {
    let budget = Budget::new(LIMIT)?;
    let task = task_of(&budget)?;
    let add = |n: u64| {
        let area = Fpage::memory((1 << 30) + (n << 20), 14, MemRights::RW);
        let words = [l4re::sys::op::task::ADD_KU_MEM, area.raw()];
        test_services::label(test_services::call(task, proto::TASK, &words, None, None))
    };
    check!((0..1000).map(add).find(|code| *code < 0) == Some(-err::ENOMEM));
    kit::delete(task);
    check!(budget.is_whole());
    Ok(())
}

static CELLS: Cells<4> = Cells::new();

/// A task asks a thousand times for what does not exist, each time at a slot that would need a
/// page of its table: it must not pay for that.
fn refused() -> Outcome {
    CELLS.clear();
    let budget = Budget::new(LIMIT)?;
    let mut crew = crew()?;
    let mut outpost = Outpost::new(budget.factory, crew.cap(crate::PAGER))?;
    const FACTORY: CapIdx = CapIdx::from_index(0x11);
    outpost.give(budget.factory, FACTORY)?;
    let ask = |_| {
        const NOTHING: i64 = 0x7777;
        let failed = (0..1000).filter(|n| {
            let to = CapIdx::from_index(0x1000 + (n % 8) * 256);
            kit::create(FACTORY, NOTHING, None, to) == -err::ENODEV
        });
        CELLS.set(0, failed.count() as u64);
        let made = kit::create(FACTORY, proto::IRQ_SENDER, None, CapIdx::from_index(0x1000));
        CELLS.set(1, u64::from(made >= 0));
        CELLS.set(2, 1);
    };
    outpost.spawn(&mut crew, 0, HIGH, ask, 0)?;
    for _ in 0..1000 {
        if CELLS.get(2) == 1 {
            break;
        }
        kit::sleep_us(1_000);
    }
    check!(CELLS.get(0) == 1000);
    check!(CELLS.get(1) == 1);
    drop(outpost);
    crew.end(0);
    check!(budget.is_whole());
    Ok(())
}
