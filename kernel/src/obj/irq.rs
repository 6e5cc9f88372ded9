//! Interrupts as messages: an IRQ is triggered, its thread receives.

use super::icu::Source;
use super::invoke::{Call, Outcome, Reply};
use super::thread_group::Destination;
use super::{Header, KObject, Kind};
use crate::cap::Rights;
use crate::ipc;
use crate::mem::slab::{Slab, Slot};
use crate::util::list::{Link, Linked};
use core::cell::Cell;
use l4re_sys::op::{irq as op, rcv_endpoint};
use l4re_sys::{err, proto};

/// Tag of the link by which an IRQ waits until its thread takes it.
pub struct PendingTag;

/// An IRQ.
#[repr(C, align(16))]
pub struct Irq {
    header: Header,
    target: Cell<Destination>,
    label: Cell<u64>,
    /// Triggered while no thread was bound.
    early: Cell<bool>,
    source: Cell<Source>,
    /// Ties it to the thread that it waits for.
    pub pending: Link<Irq, PendingTag>,
    next_free: Cell<Option<&'static Irq>>,
}

// SAFETY: `repr(C)`, the header first, allocated from IRQS only.
unsafe impl KObject for Irq {}

impl Slot for Irq {
    const VACANT: Self = Self {
        header: Header::vacant(Kind::Irq),
        target: Cell::new(Destination::NONE),
        label: Cell::new(0),
        early: Cell::new(false),
        source: Cell::new(Source::Software),
        pending: Link::new(),
        next_free: Cell::new(None),
    };
    const KIND: usize = 4;
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

impl Linked<PendingTag> for Irq {
    fn link(&self) -> &Link<Self, PendingTag> {
        &self.pending
    }
}

/// Where IRQs live.
pub static IRQS: Slab<Irq> = Slab::new();

impl Irq {
    /// Makes a new IRQ of a slot that `obj::create` gave.
    pub fn init(&self) {
        self.target.set(Destination::NONE);
        self.label.set(0);
        self.early.set(false);
        self.source.set(Source::Software);
    }

    /// Binds the IRQ to a source of interrupts, in place of the one it had.
    pub fn set_source(&self, source: Source) {
        let old = self.source.replace(source);
        if old != source {
            old.unbind(self);
        }
    }

    /// The label that its receiver sees.
    pub fn label(&self) -> u64 {
        self.label.get()
    }

    /// Whether it was triggered and not yet received.
    pub fn is_pending(&self) -> bool {
        self.pending.is_linked()
    }

    /// The interrupt happened. However often before it is received: it is one message.
    pub fn trigger(&'static self) {
        let taken = self
            .target
            .get()
            .select()
            .is_some_and(|thread| ipc::interrupt(thread, self));
        if !taken {
            self.early.set(true);
        }
    }

    fn unbind(&self) {
        self.target.set(Destination::NONE);
        self.pending.unlink();
    }

    fn bind(&'static self, target: Destination, label: u64) {
        let pending = self.is_pending() || self.early.take();
        self.unbind();
        self.target.set(target);
        self.label.set(label);
        if pending {
            self.trigger();
        }
    }

    /// The IRQ's end (from `obj::reap`).
    pub fn destroy(&'static self) {
        self.set_source(Source::Software);
        self.unbind();
        super::release(&IRQS, self);
    }

    /// An operation on the IRQ.
    pub fn invoke(&'static self, call: &Call) -> Outcome {
        if call.label() != proto::IRQ && call.words() == 0 {
            return Err(err::EINVAL).into();
        }
        match call.label() {
            proto::IRQ => match call.word(0).map(|word| word & 0xffff) {
                // Triggering has no opcode: the message is empty.
                None | Some(op::TRIGGER) => {
                    self.trigger();
                    return Outcome::Receive(self);
                }
                Some(op::EOI) => {
                    self.source.get().set_masked(false);
                    return Outcome::Receive(self);
                }
                Some(_) => Err(err::ENOSYS),
            },
            proto::IRQ_SENDER => match call.word(0).map(|word| word & 0xffff) {
                Some(op::SENDER_DETACH) => self.op_detach(call),
                _ => Err(err::ENOSYS),
            },
            proto::KOBJECT => self.op_bind(call),
            _ => Err(err::EBADPROTO),
        }
        .into()
    }

    /// Unbinds the IRQ; the answer tells whether it was pending.
    fn op_detach(&self, call: &Call) -> Result<Reply, i64> {
        if !call.rights.has(Rights::S) {
            return Err(err::EPERM);
        }
        if self.target.get().select().is_none() {
            return Err(err::ENOENT);
        }
        let pending = self.is_pending();
        self.unbind();
        Ok(Reply::label(i64::from(pending)))
    }

    fn op_bind(&'static self, call: &Call) -> Result<Reply, i64> {
        if call.arg(0)? != rcv_endpoint::BIND {
            return Err(err::ENOSYS);
        }
        let label = call.arg(1)?;
        let cap = call.item(0).ok_or(err::EINVAL)?;
        if !call.rights.has(Rights::S) || !cap.rights.has(Rights::S) {
            return Err(err::EPERM);
        }
        let target = Destination::of(cap.object()).ok_or(err::EINVAL)?;
        self.bind(target, label);
        Ok(Reply::ok())
    }
}
