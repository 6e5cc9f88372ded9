//! Semaphores.

use super::invoke::{Call, Outcome, Reply};
use super::{Header, KObject, Kind};
use crate::cap::Rights;
use crate::ipc;
use crate::ipc::queue::WaitQueue;
use crate::mem::slab::{Slab, Slot};
use crate::util::budget::{Budget, Unfinished};
use core::cell::Cell;
use l4re_sys::op::semaphore as op;
use l4re_sys::{err, proto};

/// A counting semaphore.
#[repr(C, align(16))]
pub struct Semaphore {
    header: Header,
    count: Cell<u64>,
    /// Those that wait, the most urgent first.
    pub waiting: WaitQueue,
    next_free: Cell<Option<&'static Semaphore>>,
}

// SAFETY: `repr(C)`, the header first, allocated from SEMAPHORES only.
unsafe impl KObject for Semaphore {}

impl Slot for Semaphore {
    const VACANT: Self = Self {
        header: Header::vacant(Kind::Semaphore),
        count: Cell::new(0),
        waiting: WaitQueue::new(),
        next_free: Cell::new(None),
    };
    const KIND: usize = 5;
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

/// Where semaphores live.
pub static SEMAPHORES: Slab<Semaphore> = Slab::new();

impl Semaphore {
    /// Makes a new semaphore of a slot that `obj::create` gave.
    pub fn init(&self) {
        self.count.set(0);
    }

    fn up(&'static self) {
        match self.waiting.pop() {
            Some(thread) => ipc::semaphore_taken(thread),
            None => self.count.set(self.count.get().saturating_add(1)),
        }
    }

    /// The semaphore's end (from `obj::reap`).
    pub fn destroy(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        while !self.waiting.is_empty() {
            budget.spend(Budget::WAKE)?;
            if let Some(thread) = self.waiting.pop() {
                ipc::object_is_gone(thread);
            }
        }
        super::release(&SEMAPHORES, self);
        Ok(())
    }

    /// An operation on the semaphore.
    pub fn invoke(&'static self, call: &Call) -> Outcome {
        match (call.label(), call.word(0)) {
            (proto::IRQ, None) => {
                self.up();
                Outcome::Silence
            }
            (proto::SEMAPHORE, Some(op::DOWN)) => {
                if !call.rights.has(Rights::S) {
                    return Err(err::EPERM).into();
                }
                match self.count.get().checked_sub(1) {
                    Some(left) => {
                        self.count.set(left);
                        Ok(Reply::ok()).into()
                    }
                    None => ipc::wait_for_semaphore(call.caller, self),
                }
            }
            (_, None) => Err(err::EINVAL).into(),
            (proto::SEMAPHORE | proto::IRQ, _) => Err(err::ENOSYS).into(),
            _ => Err(err::EBADPROTO).into(),
        }
    }
}
