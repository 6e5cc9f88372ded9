//! Kernel objects.

use crate::message::{code, raw};
use core::sync::atomic::{AtomicU64, Ordering};
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::varg::{self, VargTag};
use l4re::sys::{
    CapIdx, Fpage, MapItem, MsgTag, ObjRights, SchedParam, Sysf, TagFlags, Timeout, op, proto,
};
use test_services::{call, label};

const NUMBER: u64 = VargTag::new(varg::UMWORD, 8).0;

/// Neighbouring slots of which nobody else knows, from a multiple of 256 on if there are many.
pub fn slots(count: u64) -> CapIdx {
    // Above all that the allocator of slots hands out.
    static NEXT: AtomicU64 = AtomicU64::new(0x8000);
    let size = count.next_power_of_two().min(256);
    let taken = count.next_multiple_of(size) + size;
    let start = NEXT.fetch_add(taken, Ordering::Relaxed);
    CapIdx::from_index(start.next_multiple_of(size))
}

/// Asks a factory for an object; `to` is the slot for it.
pub fn create(factory: CapIdx, kind: i64, argument: Option<u64>, to: CapIdx) -> i64 {
    let words = [kind as u64, NUMBER, argument.unwrap_or(0)];
    let words = if argument.is_some() {
        &words[..]
    } else {
        &words[..1]
    };
    label(call(factory, proto::FACTORY, words, None, Some(to)))
}

/// Asks for a factory that may spend `limit` bytes.
pub fn create_factory(factory: CapIdx, limit: u64, to: CapIdx) -> i64 {
    create(factory, proto::FACTORY, Some(limit), to)
}

/// The same; the end of the factory is the end of all that was made from it, on kernels that
/// know how.
pub fn create_owner(factory: CapIdx, limit: u64, to: CapIdx) -> i64 {
    let flags = op::factory::OWNS_OBJECTS;
    let words = [proto::FACTORY as u64, NUMBER, limit, NUMBER, flags];
    label(call(factory, proto::FACTORY, &words, None, Some(to)))
}

/// Asks for a task with room for UTCBs.
pub fn create_task(factory: CapIdx, utcbs: Fpage, to: CapIdx) -> i64 {
    let words = [
        proto::TASK as u64,
        VargTag::new(varg::FPAGE, 8).0,
        utcbs.raw(),
    ];
    label(call(factory, proto::FACTORY, &words, None, Some(to)))
}

/// Asks for a gate that is bound to a thread.
pub fn create_gate(factory: CapIdx, thread: CapIdx, gate_label: u64, to: CapIdx) -> i64 {
    let words = [op::factory::GATE as u64, NUMBER, gate_label];
    let item = MapItem::cap(thread, ObjRights::RWS);
    label(call(factory, proto::FACTORY, &words, Some(item), Some(to)))
}

/// Maps from one task to another.
pub fn map(to: CapIdx, from: CapIdx, fpage: Fpage, base: u64) -> i64 {
    let words = [op::task::MAP, base, fpage.raw()];
    let item = MapItem::cap(from, ObjRights::RWS);
    label(call(to, proto::TASK, &words, Some(item), None))
}

/// Gives another task a capability of the program's.
pub fn give(task: CapIdx, cap: CapIdx, rights: ObjRights, to: CapIdx) -> i64 {
    map(task, CapIdx::TASK, Fpage::obj(cap, 0, rights), to.0)
}

/// Unmaps from a task.
pub fn unmap(task: CapIdx, fpage: Fpage, flags: UnmapFlags) -> i64 {
    label(call(
        task,
        proto::TASK,
        &[op::task::UNMAP, flags.bits(), fpage.raw()],
        None,
        None,
    ))
}

/// Deletes an object of the program's.
pub fn delete(cap: CapIdx) -> i64 {
    delete_range(cap, 0)
}

/// Deletes the objects of `1 << order` slots, aligned to their number.
pub fn delete_range(first: CapIdx, order: u32) -> i64 {
    unmap(
        CapIdx::TASK,
        Fpage::obj(first, order, ObjRights::RWSD),
        UnmapFlags::DELETE_OBJ,
    )
}

/// Whether a slot of the program's is filled.
pub fn is_valid(cap: CapIdx) -> bool {
    label(call(
        CapIdx::TASK,
        proto::TASK,
        &[op::task::CAP_INFO, cap.0],
        None,
        None,
    )) > 0
}

/// Binds a gate or an interrupt to a thread.
pub fn bind(endpoint: CapIdx, thread: CapIdx, endpoint_label: u64) -> i64 {
    let words = [op::rcv_endpoint::BIND, endpoint_label];
    let item = MapItem::cap(thread, ObjRights::RWS);
    label(call(endpoint, proto::KOBJECT, &words, Some(item), None))
}

/// Triggers an interrupt, or adds to a semaphore.
pub fn trigger(object: CapIdx) -> i64 {
    let tag = MsgTag::new(proto::IRQ, 0, 0, TagFlags::empty());
    code(raw(object, Sysf::SEND, tag, Timeout::NEVER).0)
}

/// Lets a thread run with a priority.
pub fn run(thread: CapIdx, prio: u64) -> i64 {
    let param = SchedParam::prio(prio);
    let words = [
        op::scheduler::RUN_THREAD,
        param.affinity.gran_offset,
        param.affinity.map,
        param.prio,
        param.quantum,
    ];
    let item = MapItem::cap(thread, ObjRights::RWS);
    let scheduler = l4re::start::env().scheduler().idx();
    label(call(scheduler, proto::SCHEDULER, &words, Some(item), None))
}

/// How much a factory still has to give, measured by making objects until it refuses: first
/// large ones, then smaller ones into what is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// How many tasks.
    pub tasks: u64,
    /// How many threads beside them.
    pub threads: u64,
    /// How many semaphores beside both.
    pub semaphores: u64,
}

impl Capacity {
    /// Most objects of a kind that are counted.
    const MOST: u64 = 4096;

    /// Fills a factory and empties it. `first` is the first of three times
    /// [`MOST`](Self::MOST) free slots (see [`Capacity::slots`]).
    pub fn of(factory: CapIdx, first: CapIdx) -> Self {
        let at = |n: u64| CapIdx::from_index(first.index() + n);
        let make = |kind: i64, to: CapIdx| match kind {
            proto::TASK => create_task(factory, Fpage::INVALID, to),
            _ => create(factory, kind, None, to),
        };
        let fill = |start: u64, kind: i64| {
            (start..start + Self::MOST)
                .position(|n| make(kind, at(n)) < 0)
                .map_or(Self::MOST, |n| n as u64)
        };
        let capacity = Capacity {
            tasks: fill(0, proto::TASK),
            threads: fill(Self::MOST, proto::THREAD),
            semaphores: fill(2 * Self::MOST, proto::SEMAPHORE),
        };
        let counts = [capacity.tasks, capacity.threads, capacity.semaphores];
        for (n, count) in (0..).step_by(Self::MOST as usize).zip(counts) {
            for i in n..n + count {
                delete(at(i));
            }
        }
        capacity
    }

    /// Slots to measure with: always the same, and empty when nobody measures.
    pub fn slots() -> CapIdx {
        static SLOTS: AtomicU64 = AtomicU64::new(0);
        if SLOTS.load(Ordering::Relaxed) == 0 {
            SLOTS.store(slots(3 * Self::MOST).0, Ordering::Relaxed);
        }
        CapIdx(SLOTS.load(Ordering::Relaxed))
    }
}
