//! What is done later.

use super::Registry;
use super::deferred::{Deferred, ReplySlot};
use super::timers::Timer;
use crate::error::{Error, ErrorCode, Result};
use crate::interface::Out;
use crate::interface::reception::todo;
use crate::time::Instant;
use alloc::boxed::Box;
use core::time::Duration;
use l4re_sys::err;

impl Registry {
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
        let now = Instant::from_us(self.inner.env.kip().clock_us());
        self.at(now + time, work)
    }

    /// Does something at a point in time, when no method runs.
    pub fn at<F: FnOnce() + 'static>(&self, time: Instant, work: F) -> Timer {
        let timer = self.inner.timers.add(time.as_us(), Box::new(work));
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
    /// method runs; [`Error::NoCapSlot`] if other threads' registries have all slots, or too many
    /// [`Deferred`]s are kept whose requests have been given up.
    pub fn defer<R: Out>(&self) -> Result<Deferred<R>> {
        self.defer_request().map(Deferred::new)
    }

    /// The slot of the reply capability of the request whose method runs: the loop does not
    /// answer it.
    pub(super) fn defer_request(&self) -> Result<ReplySlot> {
        let inner = &*self.inner;
        let deferred = inner.reception.todo() & todo::NO_REPLY != 0;
        let mut slot = inner.reply_slot.borrow_mut();
        if slot.is_none() || !inner.running.get() || deferred {
            return Err(Error::INVALID);
        }
        let next = self.next_reply_slot()?;
        let this = slot.replace(next).ok_or(Error::INVALID)?;
        inner.reception.ask(todo::NO_REPLY);
        inner.deferred.add(inner.current.get(), &this);
        Ok(this)
    }

    /// A slot for the next caller: if there is none, an older request is given up.
    fn next_reply_slot(&self) -> Result<ReplySlot> {
        if let Ok(slot) = self.new_reply_slot() {
            return Ok(slot);
        }
        let task = self.inner.deferred.give_up().ok_or(Error::NoCapSlot)?;
        if let Some(task) = task {
            self.inner.tasks.remove(task);
        }
        self.new_reply_slot()
    }
}
