//! Objects and the loop that serves them.
#![allow(unsafe_code)]

use super::deferred::{Deferred, ReplySlot};
use super::objects::{Dispatch, Objects, Removed};
use super::timers::{Timer, Timers};
use crate::cap::{Cap, OwnedCap};
use crate::env::Env;
use crate::error::{Error, ErrorCode, Malformed, Result};
use crate::interface::reception::todo;
use crate::interface::{Incoming, Lent, Out, Reception, ServedBy, refuse};
use crate::ipc_gate::IpcGate;
use crate::irq::Irq;
use crate::thread::Thread;
use crate::{ipc, msg, start};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::time::Duration;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{
    CapIdx, MsgTag, Sysf, TagFlags, Timeout, TimeoutS, err, ipc_error, item, op, proto,
};

/// In place of a reply: there is none. (No reply has this flag.)
const NO_REPLY: MsgTag = MsgTag::new(0, 0, 0, TagFlags::ERROR);

/// The buffer register that holds the time of the next timer: behind all buffers.
const TIME_REGISTER: usize = 56;

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
    inner: Rc<Inner>,
}

struct Inner {
    env: &'static Env,
    thread: Cap<Thread>,
    objects: Objects,
    reception: Reception,
    timers: Timers,
    /// Slots and window that are not with the loop.
    lent: RefCell<Lent>,
    /// What slots and window there have to be.
    demand: Cell<crate::interface::Demand>,
    running: Cell<bool>,
    /// Objects to be dropped when no method runs.
    removed: RefCell<Vec<Removed>>,
    /// Objects made by the method that runs, whose capabilities nobody has yet.
    born: RefCell<Vec<u64>>,
    /// Where reply capabilities go, if requests can be deferred.
    reply_slot: RefCell<Option<ReplySlot>>,
    deletions: Cell<bool>,
}

/// An object that is served.
pub struct Served<I: ?Sized> {
    cap: Cap<I>,
    label: u64,
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
    lent: &Lent,
    reception: &Reception,
) -> MsgTag {
    let request = Incoming::new(tag, label, lent, reception);
    // SAFETY: as the caller vouches.
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
    lent: &Lent,
    reception: &Reception,
) -> MsgTag {
    let request = Incoming::new(tag, label, lent, reception);
    // The kernel's message is empty; its label is 0, whatever the headers call it.
    if tag.words() != 0 || tag.items() != 0 || !matches!(tag.label(), 0 | proto::IRQ) {
        return refuse(Error::BAD_PROTOCOL);
    }
    // SAFETY: as the caller vouches.
    let handler = unsafe { &*object.cast::<RefCell<F>>() };
    if let Ok(mut handler) = handler.try_borrow_mut() {
        handler();
    }
    request.no_reply()
}

impl Registry {
    /// A registry for the program's first thread.
    ///
    /// # Errors
    /// [`Error::INVALID`] if the program was not started by the run-time system.
    pub fn new() -> Result<Self> {
        let env = start::try_env().ok_or(Error::INVALID)?;
        Ok(Self::of_thread(env, env.main_thread()))
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
                born: RefCell::default(),
                reply_slot: RefCell::new(None),
                deletions: Cell::new(false),
            }),
        }
    }

    fn add<I: ServedBy<T> + ?Sized, T: 'static>(&self, object: T) -> Result<u64> {
        self.demand(I::DEMAND)?;
        self.add_object(object, dispatch::<I, T>)
    }

    fn add_object<T: 'static>(&self, object: T, dispatch: Dispatch) -> Result<u64> {
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

    fn bind<I: ?Sized>(&self, gate: Cap<I>, label: u64) -> Result<Served<I>> {
        match gate.bind_thread(self.inner.thread, label) {
            Ok(()) => Ok(Served { cap: gate, label }),
            Err(error) => {
                self.remove_label(label);
                Err(error)
            }
        }
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

    fn make_watched<I, T>(&self, object: T, watched: bool) -> Result<Served<I>>
    where
        I: ServedBy<T> + ?Sized,
        T: 'static,
    {
        let label = self.add::<I, T>(object)?;
        let gate = (self.inner.env.factory()).create_gate_bound(self.inner.thread, label);
        match gate {
            Ok(gate) => {
                let cap = gate.cap().cast();
                self.inner.objects.own_gate(label, gate.cast(), watched);
                Ok(Served { cap, label })
            }
            Err(error) => {
                self.remove_label(label);
                Err(error)
            }
        }
    }

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
        if let Err(error) = served.cap.cast::<IpcGate>().decrease_references(1) {
            self.remove_label(served.label);
            return Err(error);
        }
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

    fn remove_label(&self, label: u64) {
        let Some(removed) = self.inner.objects.remove(label) else {
            return;
        };
        if self.inner.running.get() {
            self.inner.removed.borrow_mut().push(removed);
            self.inner.reception.ask(todo::REMOVED);
        }
    }

    /// Does something in a time from now, when no method runs.
    ///
    /// ```no_run
    /// # fn f(registry: &l4re::server::Registry) {
    /// use core::time::Duration;
    ///
    /// let timer = registry.after(Duration::from_millis(20), || l4re::println!("20 ms later"));
    /// // Or not, after all.
    /// registry.cancel(timer);
    /// # }
    /// ```
    pub fn after<F: FnOnce() + 'static>(&self, time: Duration, work: F) -> Timer {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let at = self.inner.env.kip().clock_us().saturating_add(us);
        let timer = self.inner.timers.add(at, Box::new(work));
        self.inner.reception.ask(todo::TIMERS);
        timer
    }

    /// Calls off what was to be done. Whether it was still to be done.
    pub fn cancel(&self, timer: Timer) -> bool {
        self.inner.timers.cancel(timer)
    }

    /// Lets methods [defer](Self::defer) their answers. All requests take a little longer then.
    ///
    /// # Errors
    /// [`Error::NoCapSlot`] if there is no slot for a reply capability.
    pub fn allow_deferring(&self) -> Result<()> {
        let mut slot = self.inner.reply_slot.borrow_mut();
        if slot.is_none() {
            if self.inner.running.get() {
                // The request that runs has its reply capability elsewhere.
                return Err(Error::Service(ErrorCode(err::EBUSY)));
            }
            *slot = Some(self.new_reply_slot()?);
            self.inner.reception.ask(todo::SPECIAL);
        }
        Ok(())
    }

    fn new_reply_slot(&self) -> Result<ReplySlot> {
        ReplySlot::alloc(self.inner.env.raw().first_free_reply_cap)
    }

    /// Answers the request whose method runs later: what the method returns is not sent.
    ///
    /// ```no_run
    /// use core::time::Duration;
    /// use l4re::Result;
    /// use l4re::server::Registry;
    ///
    /// #[l4re::interface(protocol = 0x44)]
    /// trait Alarm {
    ///     /// Returns after so many milliseconds.
    ///     fn sleep(&self, milliseconds: u32) -> Result<()>;
    /// }
    ///
    /// struct Clock(Registry);
    ///
    /// impl Alarm for Clock {
    ///     fn sleep(&self, milliseconds: u32) -> Result<()> {
    ///         let answer = self.0.defer::<()>()?;
    ///         let time = Duration::from_millis(milliseconds.into());
    ///         self.0.after(time, move || {
    ///             // The client may be gone.
    ///             let _ = answer.send(Ok(()));
    ///         });
    ///         // This is not sent.
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::INVALID`] if [`allow_deferring`](Self::allow_deferring) was not called, or no
    /// method runs; [`Error::NoCapSlot`] if as many are deferred as can be.
    pub fn defer<R: Out>(&self) -> Result<Deferred<R>> {
        let inner = &*self.inner;
        let deferred = inner.reception.todo() & todo::NO_REPLY != 0;
        let mut slot = inner.reply_slot.borrow_mut();
        if slot.is_none() || !inner.running.get() || deferred {
            return Err(Error::INVALID);
        }
        let next = self.new_reply_slot()?;
        let this = slot.replace(next).ok_or(Error::INVALID)?;
        inner.reception.ask(todo::NO_REPLY);
        Ok(Deferred::new(this))
    }

    /// Ends [`run`](Self::run) when the request that is being answered has been.
    pub fn stop(&self) {
        self.inner.reception.ask(todo::STOP);
    }

    /// Serves until [`stop`](Self::stop); then drops all objects.
    ///
    /// A request that is malformed is answered without reaching an object. A client that dies,
    /// or does not wait for its answer, does not hold the others up.
    ///
    /// # Errors
    /// An IPC error of waiting that will come again.
    pub fn run(&self) -> Result<()> {
        if self.inner.running.replace(true) {
            return Err(Error::Service(ErrorCode(err::EBUSY)));
        }
        let mut lent = self.inner.lent.take();
        self.inner.reception.done(todo::GROWN);
        let result = self.serve_requests(&mut lent);
        if self.inner.reception.todo() & todo::GROWN == 0 {
            self.inner.lent.replace(lent);
        }
        self.inner.running.set(false);
        self.inner.reception.done(todo::STOP);
        drop(self.inner.removed.take());
        if result.is_ok() {
            self.inner.timers.clear();
            for (label, _) in self.inner.objects.all() {
                self.remove_label(label);
            }
        }
        result
    }

    fn serve_requests(&self, lent: &mut Lent) -> Result<()> {
        let inner = &*self.inner;
        let mut waited = self.wait(NO_REPLY, lent)?;
        while let Some((mut tag, mut label)) = waited {
            // The usual case is nothing but this: every instruction is paid by each request.
            let last = loop {
                if tag.items() != 0 && !self.takes_items(tag) {
                    break refuse(Error::Malformed(Malformed::TooShort));
                }
                // SAFETY: what is removed while its method runs is dropped behind it.
                let reply = unsafe { inner.objects.dispatch(tag, label, lent, &inner.reception) };
                if inner.reception.todo() != 0 {
                    break reply;
                }
                Lent::set_no_buffers();
                // SAFETY: a sender can change nothing: nothing is lent.
                (tag, label) = unsafe {
                    let flags = Sysf::REPLY_AND_WAIT;
                    l4re_sys::ipc(CapIdx::INVALID, flags, 0, reply, Timeout::SEND_ZERO)
                };
                if tag.has_error() {
                    // The client is gone, or did not wait.
                    break NO_REPLY;
                }
            };
            waited = self.wait(last, lent)?;
        }
        Ok(())
    }

    /// Notes that a request has brought something. Whether its words and items fit together
    /// into a message.
    #[cold]
    #[inline(never)]
    fn takes_items(&self, tag: MsgTag) -> bool {
        self.inner.reception.ask(todo::BROUGHT);
        tag.words() + item::WORDS * tag.items() <= MSG_REGS
    }

    /// Answers a request, if there is one to answer, does what else there is to
    /// do, and waits for the next; none if the loop is to end.
    #[cold]
    #[inline(never)]
    fn wait(&self, mut reply: MsgTag, lent: &mut Lent) -> Result<Option<(MsgTag, u64)>> {
        let inner = &*self.inner;
        loop {
            if self.is_more_than_waiting() {
                if reply != NO_REPLY {
                    self.answer(reply, lent);
                    reply = NO_REPLY;
                }
                if self.between(lent) {
                    return Ok(None);
                }
            }
            lent.set_buffers();
            let mut timeout = Timeout::SEND_ZERO;
            if let Some(time) = inner.timers.next() {
                l4re_sys::utcb().set_br(TIME_REGISTER, time);
                timeout = Timeout::new(TimeoutS::ZERO, TimeoutS::absolute(TIME_REGISTER));
            }
            let (flags, sent) = match reply {
                NO_REPLY => (Sysf::WAIT, MsgTag::new(0, 0, 0, TagFlags::empty())),
                reply => (Sysf::REPLY_AND_WAIT, reply),
            };
            reply = NO_REPLY;
            // SAFETY: a sender can change nothing but slots and window, which are the loop's.
            let (tag, label) = unsafe { l4re_sys::ipc(self.reply_to(), flags, 0, sent, timeout) };
            if !tag.has_error() {
                return Ok(Some((tag, label)));
            }
            self.failed(flags)?;
        }
    }

    /// Whether there is something to do before the next request.
    fn is_more_than_waiting(&self) -> bool {
        let todo = self.inner.reception.todo();
        todo & !(todo::TIMERS | todo::SPECIAL) != 0 || (todo & todo::TIMERS != 0 && self.is_time())
    }

    /// Whether a timer is due.
    fn is_time(&self) -> bool {
        let next = self.inner.timers.next();
        next.is_some_and(|at| at <= self.inner.env.kip().clock_us())
    }

    /// Where reply capabilities go.
    fn reply_to(&self) -> CapIdx {
        let slot = self.inner.reply_slot.borrow();
        slot.as_ref().map_or(CapIdx::INVALID, ReplySlot::idx)
    }

    /// Sends an answer by itself, and does what has to be done behind it.
    #[cold]
    fn answer(&self, reply: MsgTag, lent: &Lent) {
        let inner = &*self.inner;
        let reception = &inner.reception;
        if reception.todo() & todo::NO_REPLY != 0 {
            reception.done(todo::NO_REPLY);
            inner.born.borrow_mut().clear();
        } else {
            let slot = self.reply_to();
            let flags = Sysf::REPLY | Sysf::SEND;
            // SAFETY: sending an answer changes nothing of the program's own.
            let (tag, _) = unsafe { l4re_sys::ipc(slot, flags, 0, reply, Timeout::SEND_ZERO) };
            let born = inner.born.take();
            if ipc::check_ipc(tag).is_err() || reply.label() < 0 {
                // Nobody has got their capabilities.
                born.into_iter().for_each(|label| self.remove_label(label));
            }
        }
        reception.done(todo::BORN);
        reception.tidy(lent);
    }

    /// Does what there is to do while no request is being answered. Whether the loop is to end.
    #[cold]
    fn between(&self, lent: &mut Lent) -> bool {
        let inner = &*self.inner;
        loop {
            let todo = inner.reception.todo();
            if todo & todo::REMOVED != 0 {
                inner.reception.done(todo::REMOVED);
                drop(inner.removed.take());
                continue;
            }
            if todo & todo::GROWN != 0 {
                inner.reception.done(todo::GROWN);
                *lent = inner.lent.take();
                continue;
            }
            break;
        }
        if inner.reception.todo() & todo::TIMERS != 0 {
            if self.is_time() {
                inner.timers.run(inner.env.kip().clock_us());
            }
            if inner.timers.next().is_none() {
                inner.reception.done(todo::TIMERS);
            }
        }
        inner.reception.todo() & todo::STOP != 0
    }

    /// Whether an error of the IPC is one: not if another try may succeed.
    #[cold]
    fn failed(&self, flags: Sysf) -> Result<()> {
        let error = l4re_sys::utcb().error() & ipc_error::MASK;
        let receiving = error & ipc_error::PHASE_MASK != 0;
        // The client is gone, a sender's message did not fit, a timer is due.
        if flags != Sysf::WAIT || (receiving && error != ipc_error::NO_REPLY_CAP) {
            return Ok(());
        }
        Err(Error::Ipc(crate::IpcError::from_raw(error)))
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
