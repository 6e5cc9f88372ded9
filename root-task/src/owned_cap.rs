//! Capabilities that are given up when nobody needs them any more.

use core::cell::{Cell, RefCell};

use l4re_sys::CapIdx;

use crate::cap_slots::CapSlots;
use crate::error::{Error, Result};
use crate::fallible::Shared;
use crate::kernel;

/// The root task's free slots, shared by all that hold some.
#[derive(Clone)]
pub struct Slots(Shared<RefCell<CapSlots>>);

impl Slots {
    /// All slots below `end`, which the kernel has.
    ///
    /// # Errors
    /// [`Error::ENOMEM`].
    pub fn new(end: u64) -> Result<Self> {
        Shared::new(RefCell::new(CapSlots::new(end)?)).map(Slots)
    }

    /// A slot for a capability that is to come.
    ///
    /// # Errors
    /// [`Error::ENOMEM`] if there is none.
    pub fn alloc(&self) -> Result<EmptySlot> {
        let cap = self.0.borrow_mut().alloc().ok_or(Error::ENOMEM)?;
        Ok(EmptySlot {
            cap: Some(cap),
            slots: self.clone(),
        })
    }
}

/// A slot with nothing in it.
pub struct EmptySlot {
    /// The slot, until it is filled.
    cap: Option<CapIdx>,
    slots: Slots,
}

impl EmptySlot {
    /// The slot.
    pub fn cap(&self) -> CapIdx {
        self.cap.unwrap_or(CapIdx::INVALID)
    }

    /// Fills the slot: `fill` makes a capability there. The object behind it is the root task's
    /// own, and deleted with the [`OwnedCap`].
    ///
    /// # Errors
    /// What `fill` says; the slot is then free again.
    pub fn fill(self, fill: impl FnOnce(CapIdx) -> Result<()>) -> Result<OwnedCap> {
        fill(self.cap())?;
        Ok(self.filled(true))
    }

    /// The slot holds a capability that somebody sent.
    pub fn received(self) -> OwnedCap {
        self.filled(false)
    }

    fn filled(mut self, delete: bool) -> OwnedCap {
        let cap = self.cap.take().unwrap_or(CapIdx::INVALID);
        OwnedCap {
            cap,
            slots: Some(self.slots.clone()),
            delete: Cell::new(delete),
        }
    }
}

impl Drop for EmptySlot {
    fn drop(&mut self) {
        if let Some(cap) = self.cap {
            self.slots.0.borrow_mut().free(cap);
        }
    }
}

/// A capability in a slot of the root task, given up when dropped.
pub struct OwnedCap {
    cap: CapIdx,
    /// Where the slot goes; `None`: it is one that the kernel filled, and stays.
    slots: Option<Slots>,
    delete: Cell<bool>,
}

impl OwnedCap {
    /// One of the capabilities that the root task starts with; it stays.
    pub fn borrowed(cap: CapIdx) -> Self {
        OwnedCap {
            cap,
            slots: None,
            delete: Cell::new(false),
        }
    }

    /// Deletes the object now, if it is the root task's own; the slot stays taken.
    pub fn delete(&self) {
        if self.delete.replace(false) {
            kernel::delete_object(self.cap);
        }
    }

    /// The capability.
    pub fn cap(&self) -> CapIdx {
        self.cap
    }
}

impl Drop for OwnedCap {
    fn drop(&mut self) {
        let Some(slots) = &self.slots else { return };
        if self.delete.get() {
            kernel::delete_object(self.cap);
        } else {
            kernel::release_cap(self.cap);
        }
        slots.0.borrow_mut().free(self.cap);
    }
}
