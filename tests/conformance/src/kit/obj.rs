//! Kernel objects, made and used by hand.

use super::{Answer, Msg, timeout_ms};
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::varg::{self, VargTag};
use l4re::sys::{CapIdx, Fpage, MapItem, ObjRights, RcvItem, op, proto};
use l4re::{CapSlot, OwnedCap};

const NUMBER: u64 = VargTag::new(varg::UMWORD, 8).0;

/// A slot of the case's own with what is in it; gone when dropped.
pub struct Obj(OwnedCap<()>);

impl Obj {
    /// The slot.
    pub fn idx(&self) -> CapIdx {
        self.0.cap().idx()
    }

    /// The slot, whose content is the caller's to give up.
    pub fn leak(self) -> CapIdx {
        self.0.leak().idx()
    }
}

/// An empty slot, for something to be received into.
pub fn slot() -> Result<Obj, i64> {
    Ok(Obj(CapSlot::alloc().map_err(|_| -1)?.filled()))
}

/// `1 << order` slots, aligned to their number, of which nobody else knows.
pub fn range(order: u32) -> CapIdx {
    use core::sync::atomic::{AtomicU64, Ordering};
    // Above all that the allocator of slots hands out.
    static NEXT: AtomicU64 = AtomicU64::new(0x8000);
    let size = 1 << order;
    let last = NEXT.fetch_add(2 * size, Ordering::Relaxed);
    CapIdx::from_index((last + size) & !(size - 1))
}

/// The factory of the program.
pub fn factory() -> CapIdx {
    l4re::start::env().factory().idx()
}

/// Asks a factory for an object with numbers as arguments.
pub fn create_by(factory: CapIdx, kind: i64, args: &[u64]) -> Result<Obj, i64> {
    let mut words = [0; 32];
    words[0] = kind as u64;
    for (i, &arg) in args.iter().enumerate() {
        words[1 + 2 * i] = NUMBER;
        words[2 + 2 * i] = arg;
    }
    create_raw(factory, &words[..1 + 2 * args.len()], &[])
}

fn create_raw(factory: CapIdx, words: &[u64], items: &[MapItem]) -> Result<Obj, i64> {
    let slot = CapSlot::alloc().map_err(|_| -1)?;
    let buffers = [RcvItem::single(slot.idx()).0];
    let answer = Msg::new(proto::FACTORY)
        .words(words)
        .items(items)
        .buffers(&buffers)
        .call(factory);
    if answer.code() < 0 {
        return Err(answer.code());
    }
    Ok(Obj(slot.created()))
}

/// Asks the program's factory.
pub fn create(kind: i64, args: &[u64]) -> Result<Obj, i64> {
    create_by(factory(), kind, args)
}

/// A gate that is bound to a thread.
pub fn gate(thread: CapIdx, label: u64) -> Result<Obj, i64> {
    let words = [op::factory::GATE as u64, NUMBER, label];
    create_raw(factory(), &words, &[MapItem::cap(thread, ObjRights::RWS)])
}

/// A gate that is bound to nobody.
pub fn unbound_gate() -> Result<Obj, i64> {
    create(op::factory::GATE, &[0])
}

/// An interrupt.
pub fn irq() -> Result<Obj, i64> {
    create(proto::IRQ_SENDER, &[])
}

/// A semaphore.
pub fn semaphore() -> Result<Obj, i64> {
    create(proto::SEMAPHORE, &[])
}

/// A thread that nothing has been done to.
pub fn thread_cap() -> Result<Obj, i64> {
    create(proto::THREAD, &[])
}

/// Maps from one task to another.
pub fn map(to: CapIdx, from: CapIdx, fpage: Fpage, base: u64) -> i64 {
    let words = [op::task::MAP, base, fpage.raw()];
    let items = [MapItem::cap(from, ObjRights::RWS)];
    Msg::new(proto::TASK)
        .words(&words)
        .items(&items)
        .call(to)
        .code()
}

/// Unmaps from a task.
pub fn unmap(task: CapIdx, fpage: Fpage, flags: UnmapFlags) -> i64 {
    let words = [op::task::UNMAP, flags.bits(), fpage.raw()];
    Msg::new(proto::TASK).words(&words).call(task).code()
}

/// Unmaps a capability from a task.
pub fn unmap_cap(task: CapIdx, cap: CapIdx, flags: UnmapFlags) -> i64 {
    unmap(task, Fpage::obj(cap, 0, ObjRights::RWSD), flags)
}

/// Deletes an object of the program's.
pub fn delete(cap: CapIdx) -> i64 {
    unmap_cap(CapIdx::TASK, cap, UnmapFlags::DELETE_OBJ)
}

/// Another capability, with these rights, to what `cap` is to.
pub fn copy(cap: CapIdx, rights: ObjRights) -> Result<Obj, i64> {
    let to = slot()?;
    match map(
        CapIdx::TASK,
        CapIdx::TASK,
        Fpage::obj(cap, 0, rights),
        to.idx().0,
    ) {
        0 => Ok(to),
        error => Err(error),
    }
}

/// Whether a slot of a task is filled.
pub fn cap_valid(task: CapIdx, cap: CapIdx) -> i64 {
    Msg::new(proto::TASK)
        .words(&[op::task::CAP_INFO, cap.0])
        .call(task)
        .code()
}

/// Whether two slots of a task hold capabilities to one object.
pub fn cap_equal(task: CapIdx, a: CapIdx, b: CapIdx) -> i64 {
    Msg::new(proto::TASK)
        .words(&[op::task::CAP_INFO, a.0, b.0])
        .call(task)
        .code()
}

/// Binds a gate or an interrupt to a thread.
pub fn bind(endpoint: CapIdx, thread: CapIdx, label: u64) -> i64 {
    let words = [op::rcv_endpoint::BIND, label];
    let items = [MapItem::cap(thread, ObjRights::RWS)];
    Msg::new(proto::KOBJECT)
        .words(&words)
        .items(&items)
        .call(endpoint)
        .code()
}

/// Triggers an interrupt, or adds to a semaphore.
pub fn trigger(object: CapIdx) -> Answer {
    Msg::new(proto::IRQ).send(object)
}

/// Subtracts from a semaphore.
pub fn down(semaphore: CapIdx, timeout: u64) -> i64 {
    let message = Msg::new(proto::SEMAPHORE).words(&[op::semaphore::DOWN]);
    message
        .timeout(timeout_ms(0, timeout))
        .call(semaphore)
        .code()
}
