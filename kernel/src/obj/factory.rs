//! Factories: they make kernel objects, at the cost of their quota.

use super::gate::{GATES, Gate};
use super::invoke::{Call, Outcome, Reply};
use super::irq::{IRQS, Irq};
use super::semaphore::{SEMAPHORES, Semaphore};
use super::task::{TASKS, Task};
use super::thread::{THREADS, Thread};
use super::thread_group::{Destination, THREAD_GROUPS, ThreadGroup};
use super::{Header, KObject, Kind, Object};
use crate::cap::{Cap, Rights};
use crate::ipc::IpcError;
use crate::mem::account::Account;
use crate::mem::frames::{self, PAGE_SIZE};
use crate::mem::slab::{Slab, Slot};
use crate::util::budget::{Budget, Unfinished};
use core::cell::Cell;
use l4re_sys::fpage::Fpage;
use l4re_sys::ipc_error;
use l4re_sys::item::ReturnItem;
use l4re_sys::msgtag::{MsgTag, TagFlags};
use l4re_sys::op::factory as op;
use l4re_sys::varg::{self, VargTag};
use l4re_sys::{err, proto};

/// A factory.
///
/// A factory that was deleted stays in memory until the last object that it paid for is
/// gone: only then its limit goes back to the factory that it was taken from.
#[repr(C, align(16))]
pub struct Factory {
    header: Header,
    /// What it may spend, and on what it did.
    pub account: Account,
    /// Nobody can reach it any more; what is left is the debt.
    dead: Cell<bool>,
    /// Its end is the end of all that was made from it.
    owns: Cell<bool>,
    next_free: Cell<Option<&'static Factory>>,
}

// SAFETY: `repr(C)`, the header first, allocated from FACTORIES or, for the first one, in
// memory that is its own for ever.
unsafe impl KObject for Factory {}

impl Slot for Factory {
    const VACANT: Self = Self {
        header: Header::vacant(Kind::Factory),
        account: Account::none(),
        dead: Cell::new(false),
        owns: Cell::new(false),
        next_free: Cell::new(None),
    };
    const KIND: usize = 2;
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

/// Where factories live, but for the first one.
pub static FACTORIES: Slab<Factory> = Slab::new();

impl Factory {
    /// The first factory, which nobody pays for.
    pub fn make_root(limit: u64) -> Option<&'static Factory> {
        const { assert!(size_of::<Factory>() <= PAGE_SIZE) };
        let place = frames::alloc(0)?.cast::<Factory>();
        // SAFETY: the page is the factory's for ever, and large enough.
        let factory: &'static Factory = unsafe {
            place.write(Self::VACANT);
            place.as_ref()
        };
        super::be_born(factory.header());
        factory
            .account
            .reset(limit.saturating_sub(PAGE_SIZE as u64));
        Some(factory)
    }

    fn init(&self, limit: u64, owns: bool) {
        self.account.reset(limit);
        self.dead.set(false);
        self.owns.set(owns);
    }

    /// The factory's end (from `obj::reap`).
    pub fn destroy(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        self.dead.set(true);
        if self.owns.get() {
            self.end_objects(budget)?;
        }
        self.settle();
        Ok(())
    }

    /// Deletes all that was made from the factory, page by page. What was deleted before is
    /// passed over.
    fn end_objects(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        for kind in [
            Factory::KIND,
            Thread::KIND,
            Task::KIND,
            Gate::KIND,
            Irq::KIND,
            Semaphore::KIND,
            ThreadGroup::KIND,
        ] {
            // Pages that were swept stand last, and cost nothing at the next try: this begins
            // anew each time.
            while let Some(page) = (self.account.first_page(kind)).filter(|page| !page.is_swept()) {
                budget.spend(Budget::PAGE * 2)?;
                page.sweep(&self.account);
                // Factories that were made from it own what they made in their turn.
                page.slots::<Factory>().for_each(|factory| {
                    factory.owns.set(true);
                    end(Object::Factory(factory));
                    if factory.dead.get() {
                        super::queue_dead(Object::Factory(factory));
                    }
                });
                page.slots::<Thread>().for_each(|o| end(Object::Thread(o)));
                page.slots::<Task>().for_each(|o| end(Object::Task(o)));
                page.slots::<Gate>().for_each(|o| end(Object::Gate(o)));
                page.slots::<Irq>().for_each(|o| end(Object::Irq(o)));
                page.slots::<Semaphore>()
                    .for_each(|o| end(Object::Semaphore(o)));
                page.slots::<ThreadGroup>()
                    .for_each(|o| end(Object::ThreadGroup(o)));
            }
        }
        Ok(())
    }

    /// Ends the debt, if there is none left: gives the limit back to the factory that it came
    /// from. That one's turn comes by `obj::reap`, so that the depth of nesting costs no
    /// stack, nor a long stay in the kernel.
    fn settle(&'static self) {
        if !self.dead.get() || self.account.used() != 0 {
            return;
        }
        let Some(parent) = self.header.factory() else {
            return;
        };
        self.dead.set(false);
        parent.account.give_share(self.account.limit());
        super::release(&FACTORIES, self);
    }

    /// An object that it paid for is gone.
    pub fn was_paid_back(&'static self) {
        if self.dead.get() && self.account.used() == 0 {
            super::queue_dead(Object::Factory(self));
        }
    }

    /// An operation of the factory protocol: there is one, `create`.
    pub fn invoke(&'static self, call: &Call) -> Outcome {
        // Without a place for the capability the answer cannot be received.
        match call.receive_position() {
            Some(position) => self.op_create(call, position).into(),
            None if call.words() > 0 && call.rights.has(Rights::S) => {
                Outcome::Error(IpcError(ipc_error::RE_MSG_CUT))
            }
            None => self.op_create(call, usize::MAX).into(),
        }
    }

    fn op_create(&'static self, call: &Call, position: usize) -> Result<Reply, i64> {
        if !call.rights.has(Rights::S) {
            return Err(err::EPERM);
        }
        let kind = call.arg(0)? as i64;
        self.create_at(call, kind, position)
    }

    fn create_at(&'static self, call: &Call, kind: i64, position: usize) -> Result<Reply, i64> {
        let mut words = 0;
        let object = match kind {
            proto::NONE => self.create_gate(call)?,
            proto::TASK => {
                let asked = argument(call, 0, varg::FPAGE)?.ok_or(err::EINVAL)?;
                let task = self.create_task(Fpage::from_raw(asked))?;
                // As it was asked for.
                call.set_word(0, asked & !l4re_sys::fpage::RIGHTS_MASK);
                words = 1;
                task
            }
            proto::THREAD => {
                let thread = super::create(&THREADS, self).ok_or(err::ENOMEM)?;
                thread.init();
                Object::Thread(thread)
            }
            proto::FACTORY => {
                let limit = argument(call, 0, varg::UMWORD)?.ok_or(err::EMSGTOOSHORT)?;
                // What else is said is not an error on Fiasco.
                let flags = argument(call, 1, varg::UMWORD).ok().flatten().unwrap_or(0);
                self.create_factory(limit, flags & op::OWNS_OBJECTS != 0)?
            }
            proto::IRQ_SENDER => {
                let irq = super::create(&IRQS, self).ok_or(err::ENOMEM)?;
                irq.init();
                Object::Irq(irq)
            }
            proto::SEMAPHORE => {
                let semaphore = super::create(&SEMAPHORES, self).ok_or(err::ENOMEM)?;
                semaphore.init();
                Object::Semaphore(semaphore)
            }
            proto::THREAD_GROUP => {
                let policy = argument(call, 0, varg::UMWORD)?.ok_or(err::EINVAL)?;
                if !ThreadGroup::is_policy(policy) {
                    return Err(err::EINVAL);
                }
                Object::ThreadGroup(super::create(&THREAD_GROUPS, self).ok_or(err::ENOMEM)?)
            }
            // Virtual machines and their processors are not supported here.
            _ => return Err(err::ENODEV),
        };
        if call
            .task
            .caps
            .set(position, Cap::new(object, Rights::ALL), call.task.account())
            .is_none()
        {
            object.delete();
            return Err(err::ENOMEM);
        }
        // As if the capability had come as an item.
        call.set_word(words, ReturnItem::CAP);
        call.set_word(words + 1, 0);
        Ok(Reply(MsgTag::new(0, words, 1, TagFlags::empty())))
    }

    fn create_gate(&'static self, call: &Call) -> Result<Object, i64> {
        let label = argument(call, 0, varg::UMWORD)?;
        let target = match call.item(0) {
            Some(cap) => {
                let target = Destination::of(cap.object()).ok_or(err::EINVAL)?;
                if !cap.rights.has(Rights::S) {
                    return Err(err::EPERM);
                }
                Some((target, label.ok_or(err::EMSGTOOSHORT)?))
            }
            None if call.has_item(0) => return Err(err::EINVAL),
            None => None,
        };
        if target.is_some() && label.is_some_and(|label| label & Gate::LABEL_RIGHTS != 0) {
            return Err(err::EINVAL);
        }
        let gate = super::create(&GATES, self).ok_or(err::ENOMEM)?;
        gate.init();
        if let Some((target, label)) = target {
            gate.bind(target, label);
        }
        Ok(Object::Gate(gate))
    }

    /// Makes a task with this UTCB area (which may be none).
    pub fn create_task(&'static self, area: Fpage) -> Result<Object, i64> {
        let task = super::create(&TASKS, self).ok_or(err::ENOMEM)?;
        task.init();
        let made = if area.is_valid() {
            task.add_ku_mem(area)
        } else {
            Ok(())
        };
        match made {
            Ok(()) => Ok(Object::Task(task)),
            Err(error) => {
                Object::Task(task).delete();
                Err(error)
            }
        }
    }

    fn create_factory(&'static self, limit: u64, owns: bool) -> Result<Object, i64> {
        if limit == 0 || limit > self.account.limit() || !self.account.take_share(limit) {
            return Err(err::ENOMEM);
        }
        let Some(factory) = super::create(&FACTORIES, self) else {
            self.account.give_share(limit);
            return Err(err::ENOMEM);
        };
        factory.init(limit, owns);
        Ok(Object::Factory(factory))
    }
}

/// Ends an object, if there is one in the slot that lives.
fn end(object: Object) {
    if object.lives() {
        object.delete();
    }
}

/// The n-th argument of a `create`, which must be of this type; `None` if it is absent.
fn argument(call: &Call, n: usize, kind: u8) -> Result<Option<u64>, i64> {
    let mut at = 1;
    for _ in 0..n {
        let Some(tag) = call.word(at) else {
            return Ok(None);
        };
        at += 1 + VargTag(tag).size().div_ceil(8);
    }
    let Some(tag) = call.word(at) else {
        return Ok(None);
    };
    let tag = VargTag(tag);
    if tag.kind() == varg::NIL {
        return Ok(None);
    }
    if tag.kind() & !varg::SIGN != kind || tag.size() != 8 {
        return Err(err::EINVAL);
    }
    call.word(at + 1).map(Some).ok_or(err::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reaps until nothing is left, in the shortest stays that there are.
    fn reap_all() {
        let stays =
            (0..10_000).take_while(|_| super::super::reap(&Budget::of_a_short_stay()).is_err());
        assert!(stays.count() < 9_999, "it comes to an end");
    }

    fn child(of: &'static Factory, limit: u64, owns: bool) -> &'static Factory {
        match of.create_factory(limit, owns) {
            Ok(Object::Factory(factory)) => factory,
            _ => panic!("no factory"),
        }
    }

    /// Objects of each kind, in several pages, and a task that keeps all of them.
    fn family(factory: &'static Factory) -> Vec<Object> {
        let Ok(Object::Task(task)) =
            factory.create_task(Fpage::memory(0x1000_0000, 12, l4re_sys::MemRights::RW))
        else {
            panic!("no task")
        };
        let mut family = vec![Object::Task(task)];
        for _ in 0..100 {
            let thread = crate::obj::create(&THREADS, factory).unwrap();
            thread.init();
            let irq = crate::obj::create(&IRQS, factory).unwrap();
            irq.init();
            let semaphore = crate::obj::create(&SEMAPHORES, factory).unwrap();
            semaphore.init();
            let gate = crate::obj::create(&GATES, factory).unwrap();
            gate.init();
            let group = crate::obj::create(&THREAD_GROUPS, factory).unwrap();
            family.extend([
                Object::Thread(thread),
                Object::Irq(irq),
                Object::Semaphore(semaphore),
                Object::Gate(gate),
                Object::ThreadGroup(group),
            ]);
        }
        for (n, object) in family.iter().enumerate() {
            let cap = Cap::new(*object, Rights::ALL);
            task.caps.set(0x10 + n, cap, task.account()).unwrap();
        }
        family
    }

    #[test]
    fn the_end_of_an_owner_is_the_end_of_all_that_was_made_from_it() {
        let _one = crate::util::one::processor();
        let root = Factory::make_root(16 << 20).unwrap();
        let owner = child(root, 8 << 20, true);
        let mut all = family(owner);
        // Not an owner by itself, and one that is dead when its owner ends.
        let (inner, dead) = (child(owner, 2 << 20, false), child(owner, 2 << 20, false));
        all.extend(family(inner));
        all.extend(family(dead));
        Object::Factory(dead).delete();
        reap_all();
        assert!(all.iter().all(|object| object.lives()));
        Object::Factory(owner).delete();
        reap_all();
        assert_eq!(root.account.used(), 0, "all memory is back");
        assert!(!all.iter().any(|object| object.lives()));
    }

    #[test]
    fn the_end_of_another_factory_is_the_end_of_nothing_else() {
        let _one = crate::util::one::processor();
        let root = Factory::make_root(16 << 20).unwrap();
        let factory = child(root, 4 << 20, false);
        let all = family(factory);
        Object::Factory(factory).delete();
        reap_all();
        assert!(all.iter().all(|object| object.lives()));
        all[1..].iter().for_each(|object| object.delete());
        all[0].delete();
        reap_all();
        assert_eq!(root.account.used(), 0);
    }
}
