//! Objects that go with their clients.

use super::bell::Bell;
use super::registry::{Registry, Served};
use crate::cap::{Cap, OwnedCap, Session};
use crate::error::Result;
use crate::interface::ServedBy;
use crate::interface::reception::todo;
use crate::ipc;
use crate::ipc_gate::IpcGate;
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::sync::Arc;
use core::cell::Cell;
use l4re_sys::{op, proto};

impl Registry {
    /// Serves an object for one client: it is dropped when the client, and whoever got the
    /// capability of it, has given the capability up, or is gone. The result is for a method
    /// to return.
    ///
    /// ```no_run
    /// use core::cell::Cell;
    /// use l4re::server::Registry;
    /// use l4re::{OwnedCap, Result};
    ///
    /// #[l4re::interface(protocol = 0x47)]
    /// trait Counter {
    ///     fn next(&self) -> Result<u32>;
    /// }
    ///
    /// #[l4re::interface(protocol = 0x48)]
    /// trait Counters {
    ///     /// A counter of the client's own.
    ///     fn open(&self) -> Result<OwnedCap<dyn Counter>>;
    /// }
    ///
    /// struct One(Cell<u32>);
    ///
    /// impl Counter for One {
    ///     fn next(&self) -> Result<u32> {
    ///         self.0.set(self.0.get() + 1);
    ///         Ok(self.0.get())
    ///     }
    /// }
    ///
    /// struct All(Registry);
    ///
    /// impl Counters for All {
    ///     fn open(&self) -> Result<OwnedCap<dyn Counter>> {
    ///         self.0.session(One(Cell::new(0)))
    ///     }
    /// }
    /// ```
    ///
    /// The value stands for the session until a client has got it, by the answer that holds it. If it
    /// is dropped before, or the client has not waited for the answer, the session is dropped, too. Who
    /// passes the capability on by other means [leaks](OwnedCap::leak) the value.
    ///
    /// # Errors
    /// What the factory answers, or an IPC error.
    pub fn session<I, T>(&self, object: T) -> Result<OwnedCap<I>>
    where
        I: ServedBy<T> + ?Sized,
        T: 'static,
    {
        self.watch_deletions()?;
        let bell = self.bell()?;
        let served: Served<I> = self.make_watched(object, true)?;
        // The server's own capability is not to keep the gate.
        let given_up = served.cap.cast::<IpcGate>().decrease_references(1);
        self.or_remove(served.label, given_up)?;
        let ticket = Ticket {
            label: served.label,
            bell,
        };
        Ok(OwnedCap::of_session(served.cap, Box::new(ticket)))
    }

    /// Has the kernel tell when gates go.
    fn watch_deletions(&self) -> Result<()> {
        if self.inner.sweep.watches.get() {
            return Ok(());
        }
        let irq = self.inner.env.factory().create_irq()?;
        let weak = Rc::downgrade(&self.inner);
        self.serve_irq(irq.cap(), move || {
            if let Some(inner) = weak.upgrade() {
                Registry { inner }.begin_sweep();
            }
        })?;
        self.inner.thread.register_del_irq(irq.cap())?;
        irq.leak();
        self.inner.sweep.watches.set(true);
        Ok(())
    }

    /// A gate is gone, or several: looks which, as soon as it is time.
    fn begin_sweep(&self) {
        let (sweep, now) = (&self.inner.sweep, self.inner.env.kip().clock_us());
        let rests_until = sweep.rests_until.get();
        if now >= rests_until {
            sweep.left.set(self.inner.objects.places());
            self.inner.reception.ask(todo::SWEEP);
        } else if !sweep.waits.replace(true) {
            let weak = Rc::downgrade(&self.inner);
            self.at(Instant::from_us(rests_until), move || {
                if let Some(inner) = weak.upgrade() {
                    inner.sweep.waits.set(false);
                    Registry { inner }.begin_sweep();
                }
            });
        }
    }

    /// Looks at some of the gates, and removes the objects of those that are gone. Whether it has seen
    /// them all.
    pub(super) fn sweep(&self) -> bool {
        let sweep = &self.inner.sweep;
        let objects = &self.inner.objects;
        let task = Cap::<crate::task::Task>::THIS;
        let mut gates = 0;
        let mut places = 0;
        while sweep.left.get() > 0 && gates < GATES_AT_ONCE && places < PLACES_AT_ONCE {
            sweep.left.set(sweep.left.get() - 1);
            places += 1;
            let place = sweep.next.get();
            sweep.next.set(if place + 1 < objects.places() {
                place + 1
            } else {
                0
            });
            let Some((label, Some(gate))) = objects.at(place) else {
                continue;
            };
            gates += 1;
            if matches!(task.cap_valid(gate.idx()), Ok(false)) {
                self.remove_label(label);
            }
        }
        sweep.seen.set(sweep.seen.get() + gates);
        if sweep.left.get() > 0 {
            return false;
        }
        let seen = sweep.seen.replace(0);
        if seen > FEW_GATES {
            let now = self.inner.env.kip().clock_us();
            sweep.rests_until.set(now + seen as u64 * REST_PER_GATE_US);
        }
        true
    }
}

/// How many gates are looked at, by a system call each, before the next request has its turn.
const GATES_AT_ONCE: usize = 32;
/// How many places are.
const PLACES_AT_ONCE: usize = 1024;
/// So many gates are looked at whenever one is gone.
const FEW_GATES: usize = 64;
/// Of more, how long the server rests then, for each. A look takes less than a microsecond: however
/// many clients come and go, it is not what the server is busy with.
const REST_PER_GATE_US: u64 = 16;

/// The kernel tells that gates are gone, and not which: all are looked at in turn.
#[derive(Default)]
pub(super) struct Sweep {
    /// The kernel is to tell.
    watches: Cell<bool>,
    /// How many places are still to be looked at, and the next of them.
    left: Cell<usize>,
    next: Cell<usize>,
    /// How many gates have been looked at.
    seen: Cell<usize>,
    /// When to look again at the earliest: microseconds of the system's clock.
    rests_until: Cell<u64>,
    /// There is a timer for that.
    waits: Cell<bool>,
}

impl Sweep {
    /// There are no objects any more.
    pub(super) fn stop(&self) {
        self.watches.set(false);
        self.left.set(0);
        self.waits.set(false);
    }
}

/// Stands for a session until a client has it.
struct Ticket {
    label: u64,
    bell: Arc<Bell>,
}

impl Session for Ticket {
    fn delivered(self: Box<Self>) {}

    fn dropped(self: Box<Self>) {
        self.bell.abandon(self.label);
    }
}

impl Cap<IpcGate> {
    /// Subtracts from the number of capabilities that keep the gate.
    fn decrease_references(self, by: u64) -> Result<()> {
        let mut w = crate::msg::Writer::new();
        w.put(op::kobject::DEC_REFCNT).put(by);
        let tag = w.tag(proto::KOBJECT)?;
        ipc::transact(self.idx(), tag, ipc::Buffers::None).map(drop)
    }
}
