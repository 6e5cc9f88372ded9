//! Factories: they make kernel objects, at the cost of their quota.

use super::gate::{GATES, Gate};
use super::invoke::{Call, Outcome, Reply};
use super::irq::IRQS;
use super::semaphore::SEMAPHORES;
use super::task::TASKS;
use super::thread::THREADS;
use super::thread_group::{Destination, THREAD_GROUPS, ThreadGroup};
use super::{Header, KObject, Kind, Object};
use crate::cap::{Cap, Rights};
use crate::ipc::IpcError;
use crate::mem::frames::PAGE_SIZE;
use crate::mem::quota::Quota;
use crate::mem::slab::{Slab, Slot};
use core::cell::Cell;
use l4re_sys::fpage::Fpage;
use l4re_sys::ipc_error;
use l4re_sys::item::ReturnItem;
use l4re_sys::msgtag::{MsgTag, TagFlags};
use l4re_sys::varg::{self, VargTag};
use l4re_sys::{err, proto};

/// A factory.
///
/// A factory that was deleted stays in memory until the last object that it paid for is
/// gone: only then its limit goes back to the factory that it was taken from.
#[repr(C, align(16))]
pub struct Factory {
    header: Header,
    /// What it may spend.
    pub quota: Quota,
    /// Nobody can reach it any more; what is left is the debt.
    dead: Cell<bool>,
    next_free: Cell<Option<&'static Factory>>,
}

// SAFETY: `repr(C)`, the header first, allocated from FACTORIES only.
unsafe impl KObject for Factory {}

impl Slot for Factory {
    const VACANT: Self = Self {
        header: Header::vacant(Kind::Factory),
        quota: Quota::none(),
        dead: Cell::new(false),
        next_free: Cell::new(None),
    };
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

/// Where factories live.
pub static FACTORIES: Slab<Factory> = Slab::new();

impl Factory {
    /// The first factory, which nobody pays for.
    pub fn make_root(limit: u64) -> Option<&'static Factory> {
        let factory = FACTORIES.take()?;
        factory.quota.reset(limit);
        factory.dead.set(false);
        Some(factory)
    }

    /// Gives bytes of the quota back.
    pub fn give(&'static self, bytes: u64) {
        self.quota.give(bytes);
        self.end_if_paid_off();
    }

    /// The factory's end (from `obj::reap`).
    pub fn destroy(&'static self) {
        self.dead.set(true);
        self.end_if_paid_off();
    }

    fn end_if_paid_off(&'static self) {
        // The parent's turn comes by its own `give`: the depth of this recursion is
        // that of nested factories, each of which had to fit into its parent's limit
        // together with its own cost; a loop keeps the stack out of it all the same.
        let mut factory = self;
        while factory.dead.get() && factory.quota.used() == 0 {
            factory.dead.set(false);
            let Some(parent) = factory.header.factory() else {
                return;
            };
            let bytes = factory.quota.limit() + size_of::<Factory>() as u64;
            factory.header.factory.set(None);
            FACTORIES.give(factory);
            parent.quota.give(bytes);
            factory = parent;
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
        let paid = call.task.caps.needs_page(position);
        if paid && !call.task.pay(PAGE_SIZE as u64) {
            return Err(err::ENOMEM);
        }
        let reply = self.create_at(call, kind, position);
        if reply.is_err() && paid {
            call.task.give_back(PAGE_SIZE as u64);
        }
        reply
    }

    /// Creates an object; the place for its capability is paid for.
    fn create_at(&'static self, call: &Call, kind: i64, position: usize) -> Result<Reply, i64> {
        let mut words = 0;
        let object = match kind {
            proto::NONE => self.create_gate(call)?,
            proto::TASK => {
                let area = argument(call, 0, varg::FPAGE)?.ok_or(err::EINVAL)?;
                let area = Fpage::from_raw(area);
                let task = self.create_task(area)?;
                call.set_word(0, area.with_rights(0).raw());
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
                self.create_factory(limit)?
            }
            proto::IRQ_SENDER => {
                let irq = super::create(&IRQS, self).ok_or(err::ENOMEM)?;
                irq.init();
                Object::Irq(irq)
            }
            proto::SEMAPHORE => {
                let count = argument(call, 0, varg::UMWORD)?.unwrap_or(0);
                let semaphore = super::create(&SEMAPHORES, self).ok_or(err::ENOMEM)?;
                semaphore.init(count);
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
            .set(position, Cap::new(object, Rights::ALL))
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
        if label.is_some_and(|label| label & Gate::LABEL_RIGHTS != 0) {
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
        let made = match task.init() {
            None => Err(err::ENOMEM),
            Some(()) if area.is_valid() => task.add_ku_mem(area),
            Some(()) => Ok(()),
        };
        match made {
            Ok(()) => Ok(Object::Task(task)),
            Err(error) => {
                Object::Task(task).delete();
                Err(error)
            }
        }
    }

    fn create_factory(&'static self, limit: u64) -> Result<Object, i64> {
        if limit == 0 || limit > self.quota.limit() {
            return Err(err::ENOMEM);
        }
        if !self.quota.take(limit) {
            return Err(err::ENOMEM);
        }
        let Some(factory) = super::create(&FACTORIES, self) else {
            self.quota.give(limit);
            return Err(err::ENOMEM);
        };
        factory.quota.reset(limit);
        factory.dead.set(false);
        Ok(Object::Factory(factory))
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
