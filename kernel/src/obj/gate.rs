//! IPC gates: a place to send to, and the label by which the receiver knows it.

use super::invoke::{Call, Reply};
use super::thread::Thread;
use super::thread_group::Destination;
use super::{Header, KObject, Kind, Object};
use crate::cap::Rights;
use crate::ipc;
use crate::ipc::queue::WaitQueue;
use crate::mem::slab::{Slab, Slot};
use crate::util::budget::{Budget, Unfinished};
use core::cell::Cell;
use l4re_sys::err;
use l4re_sys::op::{ipc_gate, kobject, rcv_endpoint};

/// An IPC gate.
#[repr(C, align(16))]
pub struct Gate {
    header: Header,
    target: Cell<Destination>,
    label: Cell<u64>,
    /// Those that sent before the gate was bound.
    pub waiting: WaitQueue,
    next_free: Cell<Option<&'static Gate>>,
}

// SAFETY: `repr(C)`, the header first, allocated from GATES only.
unsafe impl KObject for Gate {}

impl Slot for Gate {
    const VACANT: Self = Self {
        header: Header::vacant(Kind::Gate),
        target: Cell::new(Destination::NONE),
        label: Cell::new(0),
        waiting: WaitQueue::new(),
        next_free: Cell::new(None),
    };
    const KIND: usize = 3;
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

/// Where gates live.
pub static GATES: Slab<Gate> = Slab::new();

impl Gate {
    /// The bits of the label where the receiver finds the rights of the sender.
    pub const LABEL_RIGHTS: u64 = 3;

    /// Makes a new gate of a slot that `obj::create` gave.
    pub fn init(&self) {
        self.target.set(Destination::NONE);
        self.label.set(0);
    }

    /// The thread that receives, if it is always the same.
    #[inline(always)]
    pub fn target(&self) -> Option<&'static Thread> {
        self.target.get().thread()
    }

    /// Whether the gate was ever bound; its thread may be gone.
    pub fn was_bound(&self) -> bool {
        !self.target.get().is_none()
    }

    /// The thread that receives the next message.
    pub fn select(&self) -> Option<&'static Thread> {
        self.target.get().select()
    }

    /// The label that the receiver sees when a capability with these rights is used.
    #[inline]
    pub fn label(&self, rights: Rights) -> u64 {
        self.label.get() | u64::from(rights.0) & Self::LABEL_RIGHTS
    }

    /// Binds the gate; those that waited for it send by [`forward`](Self::forward).
    pub fn bind(&'static self, target: Destination, label: u64) {
        self.target.set(target);
        self.label.set(label);
    }

    /// Lets those that waited for the gate to be bound send, as far as the budget goes.
    fn forward(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        while let Some(thread) = self.select()
            && !self.waiting.is_empty()
        {
            budget.spend(Budget::WAKE * 2)?;
            let Some(sender) = self.waiting.pop() else {
                break;
            };
            let rights = Rights(sender.message.label.get() as u8);
            sender.message.label.set(self.label(rights));
            ipc::resend(sender, thread);
        }
        Ok(())
    }

    /// The gate has nothing to wait for any more: what it still has to do is done on the
    /// way out of system calls (from `obj::reap`).
    pub fn destroy(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        if Object::Gate(self).lives() {
            return self.forward(budget);
        }
        while !self.waiting.is_empty() {
            budget.spend(Budget::WAKE)?;
            if let Some(sender) = self.waiting.pop() {
                ipc::object_is_gone(sender);
            }
        }
        if let Some(irq) = self.select().and_then(|t| t.deletion_irq.get().get()) {
            irq.trigger();
        }
        self.target.set(Destination::NONE);
        super::release(&GATES, self);
        Ok(())
    }

    /// An operation on the gate itself, by a capability with the server's right.
    pub fn invoke(&'static self, call: &Call) -> Result<Reply, i64> {
        match call.word(0).ok_or(err::EINVAL)? {
            rcv_endpoint::BIND => {
                let label = call.arg(1)?;
                let cap = call.item(0).ok_or(err::EINVAL)?;
                if !call.rights.has(Rights::S) || !cap.rights.has(Rights::S) {
                    return Err(err::EPERM);
                }
                let target = Destination::of(cap.object()).ok_or(err::EINVAL)?;
                if label & Self::LABEL_RIGHTS != 0 {
                    return Err(err::EINVAL);
                }
                self.bind(target, label);
                if !self.waiting.is_empty() {
                    super::queue_dead(Object::Gate(self));
                }
                Ok(Reply::ok())
            }
            kobject::DEC_REFCNT => {
                // A server's own capability is not to keep the gate when all clients went.
                let refs = &self.header.refs;
                let fewer = call.arg(1)?;
                call.set_word(0, u64::from(refs.get()).wrapping_sub(fewer));
                if refs.get() != u32::MAX
                    && let Ok(fewer) = u32::try_from(fewer)
                {
                    refs.set(refs.get().saturating_sub(fewer));
                }
                Ok(Reply::words(1))
            }
            ipc_gate::GET_INFO => {
                call.set_word(0, self.label.get());
                Ok(Reply::words(1))
            }
            _ => Err(err::ENOSYS),
        }
    }
}
