//! The objects that a server has.
#![allow(unsafe_code)]

use super::bell::Bell;
use super::deferred::{DeferredRequests, ReplySlot};
use super::objects::{Dispatch, Objects, Removed, Scene};
use super::sessions::Sweep;
use super::tasks::Tasks;
use super::timers::Timers;
use crate::cap::Cap;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::interface::reception::todo;
use crate::interface::{Incoming, Lent, Reception, ServedBy, refuse};
use crate::irq::Irq;
use crate::thread::Thread;
use crate::{msg, start};
use alloc::rc::Rc;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;
use l4re_sys::{MsgTag, proto};

/// What a server serves: objects that implement [interfaces](mod@crate::interface), interrupts and
/// timers, all in one thread.
///
/// ```
/// # use l4re::{Cap, Env, Result, server::Registry};
/// # #[l4re::interface(protocol = 0x44)]
/// # trait Calc { fn sub(&self, a: u32, b: u32) -> Result<i32>; }
/// # struct Calculator;
/// # impl Calc for Calculator {
/// #     fn sub(&self, a: u32, b: u32) -> Result<i32> { Ok(a.wrapping_sub(b) as i32) }
/// # }
/// fn serve(env: &'static Env) -> Result<()> {
///     let registry = Registry::new()?;
///     registry.serve(env.named::<dyn Calc>("calc")?, Calculator)?;
///     registry.run()
/// }
/// ```
///
/// Clones are the same registry, for objects that make objects.
#[derive(Clone)]
pub struct Registry {
    pub(super) inner: Rc<Inner>,
}

pub(super) struct Inner {
    pub(super) env: &'static Env,
    pub(super) thread: Cap<Thread>,
    pub(super) objects: Objects,
    pub(super) reception: Reception,
    pub(super) timers: Timers,
    /// Slots and window that are not with the loop.
    pub(super) lent: RefCell<Lent>,
    /// What slots and window there have to be.
    pub(super) demand: Cell<crate::interface::Demand>,
    pub(super) running: Cell<bool>,
    /// Objects to be dropped when no method runs.
    pub(super) removed: RefCell<Vec<Removed>>,
    /// The label of the request that is being answered, where requests can be deferred.
    pub(super) current: Cell<u64>,
    pub(super) deferred: DeferredRequests,
    /// Where reply capabilities go, if requests can be deferred.
    pub(super) reply_slot: RefCell<Option<ReplySlot>>,
    pub(super) sweep: Sweep,
    pub(super) tasks: Tasks,
    /// What wakes the loop from elsewhere, once there is need for it.
    pub(super) bell: RefCell<Option<Arc<Bell>>>,
}

/// An object that is served.
pub struct Served<I: ?Sized> {
    pub(super) cap: Cap<I>,
    pub(super) label: u64,
}

impl<I: ?Sized> Served<I> {
    /// The capability to its gate.
    pub fn cap(self) -> Cap<I> {
        self.cap
    }
}

impl<I: ?Sized> Clone for Served<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I: ?Sized> Copy for Served<I> {}

impl<I: ?Sized> fmt::Debug for Served<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Served({:?}, {:#x})", self.cap, self.label)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(bell) = self.bell.take() {
            bell.close();
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

/// Answers a request to a `T` by its interface `I`.
///
/// # Safety
/// The pointer is to a `T` that lives.
unsafe fn dispatch<I: ServedBy<T> + ?Sized, T>(
    object: *const (),
    tag: MsgTag,
    label: u64,
    scene: &Scene<'_>,
) -> MsgTag {
    let request = Incoming::new(tag, label, scene.lent, scene.reception);
    // SAFETY: `object` is a `T` that lives for the call (contract of this function).
    I::dispatch(unsafe { &*object.cast::<T>() }, &request)
}

/// Handles an interrupt.
///
/// # Safety
/// The pointer is to a `RefCell<F>` that lives.
unsafe fn interrupt<F: FnMut()>(
    object: *const (),
    tag: MsgTag,
    label: u64,
    scene: &Scene<'_>,
) -> MsgTag {
    let request = Incoming::new(tag, label, scene.lent, scene.reception);
    // The kernel's message is empty; its label is 0, whatever the headers call it.
    if tag.words() != 0 || tag.items() != 0 || !matches!(tag.label(), 0 | proto::IRQ) {
        return refuse(Error::BAD_PROTOCOL);
    }
    // SAFETY: `object` is a `RefCell<F>` that lives for the call (contract of this function).
    let handler = unsafe { &*object.cast::<RefCell<F>>() };
    if let Ok(mut handler) = handler.try_borrow_mut() {
        handler();
    }
    request.no_reply()
}

impl Registry {
    /// A registry for the calling thread.
    ///
    /// # Errors
    /// [`Error::INVALID`] if the program was not started by the run-time system.
    pub fn new() -> Result<Self> {
        let env = start::try_env().ok_or(Error::INVALID)?;
        Ok(Self::of_thread(env, crate::thread::current_cap(env)))
    }

    /// A registry for another thread, which is the one to [run](Self::run) it.
    pub fn of_thread(env: &'static Env, thread: Cap<Thread>) -> Self {
        Registry {
            inner: Rc::new(Inner {
                env,
                thread,
                objects: Objects::default(),
                reception: Reception::default(),
                timers: Timers::default(),
                lent: RefCell::default(),
                demand: Cell::default(),
                running: Cell::new(false),
                removed: RefCell::default(),
                current: Cell::new(0),
                deferred: DeferredRequests::default(),
                reply_slot: RefCell::new(None),
                sweep: Sweep::default(),
                tasks: Tasks::default(),
                bell: RefCell::new(None),
            }),
        }
    }

    pub(super) fn add<I: ServedBy<T> + ?Sized, T: 'static>(&self, object: T) -> Result<u64> {
        self.demand(I::DEMAND)?;
        self.add_object(object, dispatch::<I, T>)
    }

    pub(super) fn add_object<T: 'static>(&self, object: T, dispatch: Dispatch) -> Result<u64> {
        let label = self.inner.objects.add(object, dispatch);
        label.ok_or(Error::NO_MEMORY)
    }

    /// Has slots and window ready for what an interface's requests can bring.
    fn demand(&self, demand: crate::interface::Demand) -> Result<()> {
        let inner = &*self.inner;
        let all = inner.demand.get().or(demand);
        if all != inner.demand.get() {
            let mut more = inner.lent.borrow_mut();
            // The loop has what there was; what is new is all anew, for it to exchange.
            msg::preserve(|| more.grow(all, inner.env.rm()))?;
            inner.demand.set(all);
            inner.reception.ask(todo::GROWN | todo::SPECIAL);
        }
        Ok(())
    }

    /// Serves an object by a gate that the program has the server's capability of, as one named
    /// in its environment. The gate's type is the interface.
    ///
    /// # Errors
    /// [`Error::NO_PERMISSION`] if the capability is a client's; whatever else the kernel
    /// answers; an IPC error.
    pub fn serve<I, T>(&self, gate: Cap<I>, object: T) -> Result<Served<I>>
    where
        I: ServedBy<T> + ?Sized,
        T: 'static,
    {
        let label = self.add::<I, T>(object)?;
        self.bind(gate, label)
    }

    pub(super) fn bind<I: ?Sized>(&self, gate: Cap<I>, label: u64) -> Result<Served<I>> {
        let bound = gate.bind_thread(self.inner.thread, label);
        self.or_remove(label, bound)?;
        Ok(Served { cap: gate, label })
    }

    /// Removes an object whose gate is not to be had.
    pub(super) fn or_remove<R>(&self, label: u64, result: Result<R>) -> Result<R> {
        if result.is_err() {
            self.remove_label(label);
        }
        result
    }

    /// Serves an object by a gate of its own, which is deleted with it.
    ///
    /// # Errors
    /// What the factory answers, or an IPC error.
    pub fn make<I, T>(&self, object: T) -> Result<Served<I>>
    where
        I: ServedBy<T> + ?Sized,
        T: 'static,
    {
        self.make_watched(object, false)
    }

    pub(super) fn make_watched<I, T>(&self, object: T, watched: bool) -> Result<Served<I>>
    where
        I: ServedBy<T> + ?Sized,
        T: 'static,
    {
        let label = self.add::<I, T>(object)?;
        let gate = (self.inner.env.factory()).create_gate_bound(self.inner.thread, label);
        let gate = self.or_remove(label, gate)?;
        let cap = gate.cap().cast();
        self.inner.objects.own_gate(label, gate.cast(), watched);
        Ok(Served { cap, label })
    }

    /// Calls `handler` when an interrupt is triggered.
    ///
    /// ```no_run
    /// # fn f(env: &l4re::Env, registry: &l4re::server::Registry) -> l4re::Result<()> {
    /// let irq = env.factory().create_irq()?;
    /// registry.serve_irq(irq.cap(), || l4re::println!("it happened"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn serve_irq<F: FnMut() + 'static>(
        &self,
        irq: Cap<Irq>,
        handler: F,
    ) -> Result<Served<Irq>> {
        let label = self.add_object(RefCell::new(handler), interrupt::<F>)?;
        self.bind(irq, label)
    }

    /// Does not serve an object any more: it is dropped, as soon as none of its methods runs,
    /// and its gate deleted if it was [made](Self::make) with it. Requests that still come get
    /// the error "no such thing".
    pub fn remove<I: ?Sized>(&self, object: Served<I>) {
        self.remove_label(object.label);
    }

    /// As [`remove`](Self::remove).
    pub(super) fn remove_label(&self, label: u64) {
        let Some(removed) = self.inner.objects.remove(label) else {
            return;
        };
        if self.inner.running.get() {
            self.inner.removed.borrow_mut().push(removed);
            self.inner.reception.ask(todo::REMOVED);
        }
    }
}
