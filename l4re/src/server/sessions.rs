//! Objects that go with their clients.

use super::registry::{Registry, Served};
use crate::cap::{Cap, OwnedCap};
use crate::error::Result;
use crate::interface::ServedBy;
use crate::interface::reception::todo;
use crate::ipc;
use crate::ipc_gate::IpcGate;
use alloc::rc::Rc;
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
    /// # Errors
    /// What the factory answers, or an IPC error.
    pub fn session<I, T>(&self, object: T) -> Result<OwnedCap<I>>
    where
        I: ServedBy<T> + ?Sized,
        T: 'static,
    {
        self.watch_deletions()?;
        let served: Served<I> = self.make_watched(object, true)?;
        // The server's own capability is not to keep the gate.
        let given_up = served.cap.cast::<IpcGate>().decrease_references(1);
        self.or_remove(served.label, given_up)?;
        if self.inner.running.get() {
            self.inner.born.borrow_mut().push(served.label);
            self.inner.reception.ask(todo::BORN);
        }
        Ok(served.cap.lend())
    }

    /// Has the kernel tell when gates go.
    fn watch_deletions(&self) -> Result<()> {
        if self.inner.deletions.get() {
            return Ok(());
        }
        let irq = self.inner.env.factory().create_irq()?;
        let weak = Rc::downgrade(&self.inner);
        self.serve_irq(irq.cap(), move || {
            if let Some(inner) = weak.upgrade() {
                Registry { inner }.remove_deleted();
            }
        })?;
        self.inner.thread.register_del_irq(irq.cap())?;
        irq.leak();
        self.inner.deletions.set(true);
        Ok(())
    }

    /// Removes the objects whose gates are gone.
    fn remove_deleted(&self) {
        let task = Cap::<crate::task::Task>::THIS;
        for (label, gate) in self.inner.objects.all() {
            let gone = gate.is_some_and(|gate| matches!(task.cap_valid(gate.idx()), Ok(false)));
            if gone {
                self.remove_label(label);
            }
        }
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
