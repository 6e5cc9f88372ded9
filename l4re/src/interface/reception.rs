//! What a server loop lends to the requests that it receives.

use super::demand::Demand;
use super::wire::Places;
use crate::cap::{CapSlot, OwnedCap};
use crate::error::{Error, Result};
use crate::region::{Rm, Window};
use crate::{Cap, msg};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use l4re_sys::{BufferDesc, Fpage, ObjRights, RcvItem, unmap::UnmapFlags};

/// How many capabilities a request can bring: that many items fit beside a few words.
const MAX_CAPS: u8 = 24;

/// Slots and window that requests bring capabilities and memory into.
#[derive(Debug, Default)]
pub struct Lent {
    slots: Vec<CapSlot>,
    window: Option<Window>,
}

impl Lent {
    /// Slots for `n` capabilities.
    ///
    /// # Errors
    /// [`Error::NoCapSlot`] if there are not as many.
    pub fn with_slots(n: usize) -> Result<Self> {
        let slots = (0..n).map(|_| CapSlot::alloc());
        Ok(Lent {
            slots: slots.collect::<Result<_>>()?,
            window: None,
        })
    }

    /// Grows to what an object demands, so far as `self` and `others` do not have it.
    ///
    /// # Errors
    /// [`Error::NoCapSlot`]; what the region map answers.
    pub(crate) fn grow(&mut self, demand: Demand, rm: Cap<Rm>) -> Result<()> {
        if demand.caps > MAX_CAPS {
            return Err(Error::INVALID);
        }
        while self.slots.len() < demand.caps.into() {
            self.slots.push(CapSlot::alloc()?);
        }
        let order = u32::from(demand.memory);
        let large = (self.window.as_ref()).is_some_and(|w| w.size() >> order != 0);
        if order != 0 && !large {
            self.window = Some(Window::new(rm, order)?);
            // In a program that a C library has started nobody guards the window.
            match Window::guard_thread() {
                Ok(()) | Err(Error::NO_OPERATION) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Where things arrive.
    #[inline(always)]
    pub(crate) fn places(&self) -> Places<'_> {
        Places {
            slots: &self.slots,
            window: self.window.as_ref(),
            rights: ObjRights::empty(),
        }
    }

    /// Writes the buffer registers if nothing is lent.
    #[inline(always)]
    pub(crate) fn set_no_buffers() {
        let utcb = l4re_sys::utcb();
        utcb.set_br(0, RcvItem::VOID.0);
        utcb.set_bdr(BufferDesc::default());
    }

    /// Writes the buffer registers.
    #[cold]
    pub(crate) fn set_buffers(&self) {
        let utcb = l4re_sys::utcb();
        let mut next = 0;
        let mut put = |word| {
            utcb.set_br(next, word);
            next += 1;
        };
        for slot in &self.slots {
            put(RcvItem::single(slot.idx()).0);
        }
        put(RcvItem::VOID.0);
        // The lists of what is not lent start at that end.
        let end = self.slots.len();
        let mut memory = end;
        if let Some(window) = &self.window {
            put(RcvItem::WINDOW.0);
            put(window.fpage().raw());
            put(RcvItem::VOID.0);
            memory = end + 1;
        }
        utcb.set_bdr(BufferDesc::new(memory, end, 0));
    }

    /// Empties slots and window of what a request has brought: nobody finds it in place of
    /// what a later one does not bring.
    fn clear(&self) {
        let task = Cap::<crate::task::Task>::THIS;
        for slot in &self.slots {
            let fpage = Fpage::obj(slot.idx(), 0, ObjRights::RWSD);
            // There is nothing to be done about one that cannot be emptied.
            let _ = task.unmap_caps(fpage, UnmapFlags::ALL_SPACES);
        }
        if let Some(window) = &self.window {
            let _ = window.clear();
        }
    }
}

/// What a server loop has to do besides answering: bits.
pub(crate) mod todo {
    /// Something must be dropped, or told that it has arrived, when the answer has been sent.
    pub const AFTER: u32 = 1;
    /// The request has brought something.
    pub const BROUGHT: u32 = 256;
    /// The request is not to be answered by the loop.
    pub const NO_REPLY: u32 = 2;
    /// The loop is to end.
    pub const STOP: u32 = 4;
    /// There are timers.
    pub const TIMERS: u32 = 8;
    /// Removed objects are to be dropped.
    pub const REMOVED: u32 = 16;
    /// There are more slots, or a larger window.
    pub const GROWN: u32 = 32;
    /// The loop waits with slots, a window or a place for reply capabilities.
    pub const SPECIAL: u32 = 128;
    /// There are tasks to be run, or work of other threads to be done.
    pub const TASKS: u32 = 512;
    /// There may be sessions whose clients have given them up.
    pub const SWEEP: u32 = 1024;
}

/// What is left to do when a request has been answered.
#[derive(Debug, Default)]
pub struct Reception {
    /// Capabilities in the answer that is about to be sent: those that it gives away, and those of
    /// new sessions.
    given: RefCell<Vec<OwnedCap<()>>>,
    todo: Cell<u32>,
}

impl Reception {
    /// Asks the loop for something out of turn.
    pub(crate) fn ask(&self, todo: u32) {
        self.todo.set(self.todo.get() | todo);
    }

    /// What there is to do.
    #[inline(always)]
    pub(crate) fn todo(&self) -> u32 {
        self.todo.get()
    }

    /// It has been done.
    pub(crate) fn done(&self, todo: u32) {
        self.todo.set(self.todo.get() & !todo);
    }

    /// Keeps a capability until the answer that holds it has been sent.
    pub(crate) fn keep_until_sent(&self, cap: OwnedCap<()>) {
        self.given.borrow_mut().push(cap);
        self.ask(todo::AFTER);
    }

    /// Drops what the last answer gave away, and what the request has brought. `sent`: the client
    /// has got the answer. If not, new sessions in it are nobody's.
    #[cold]
    pub(crate) fn tidy(&self, lent: &Lent, sent: bool) {
        msg::preserve(|| {
            for cap in self.given.take() {
                if sent {
                    cap.delivered();
                }
            }
            if self.todo() & todo::BROUGHT != 0 {
                lent.clear();
            }
        });
        self.done(todo::AFTER | todo::BROUGHT);
    }
}
