//! The loop of a server.
#![allow(unsafe_code)]

use super::Registry;
use super::deferred::ReplySlot;
use super::objects::Scene;
use crate::error::{Error, ErrorCode, Malformed, Result};
use crate::interface::reception::todo;
use crate::interface::{Lent, refuse};
use crate::ipc;
use l4re_sys::op::ipc_gate::LABEL_RIGHTS_MASK;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{CapIdx, MsgTag, Sysf, TagFlags, Timeout, TimeoutS, err, ipc_error, item};

/// In place of a reply: there is none. (No reply has this flag.)
const NO_REPLY: MsgTag = MsgTag::new(0, 0, 0, TagFlags::ERROR);

/// The buffer register that holds the time of the next timer: behind all buffers.
const TIME_REGISTER: usize = 56;

impl Registry {
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
            self.end();
        }
        result
    }

    /// Drops all that there is to be done and to be served.
    fn end(&self) {
        let inner = &*self.inner;
        let bell = inner.bell.take();
        if let Some(bell) = &bell {
            bell.close();
        }
        inner.timers.clear();
        inner.tasks.clear();
        for label in inner.objects.all() {
            self.remove_label(label);
        }
        inner.sweep.stop();
        inner.reception.done(todo::TASKS | todo::SWEEP);
    }

    fn serve_requests(&self, lent: &mut Lent) -> Result<()> {
        let inner = &*self.inner;
        let mut waited = self.wait(NO_REPLY, lent)?;
        while let Some((mut tag, mut label)) = waited {
            // The usual case is nothing but this: every instruction is paid by each request.
            let scene = Scene {
                lent: &*lent,
                reception: &inner.reception,
            };
            let last = loop {
                if tag.items() != 0 && !self.takes_items(tag) {
                    break refuse(Error::Malformed(Malformed::TooShort));
                }
                // SAFETY: what is removed while its method runs is dropped behind it.
                let reply = unsafe { inner.objects.dispatch(tag, label, &scene) };
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
                    self.send_answer(reply, lent);
                    reply = NO_REPLY;
                }
                if self.between(lent) {
                    return Ok(None);
                }
                if inner.reception.todo() & (todo::REMOVED | todo::GROWN) != 0 {
                    continue;
                }
            }
            lent.set_buffers();
            let mut timeout = Timeout::SEND_ZERO;
            if inner.reception.todo() & (todo::TASKS | todo::SWEEP) != 0 {
                // There is more to do; who waits to be answered has its turn.
                timeout = Timeout::BOTH_ZERO;
            } else if let Some(time) = inner.timers.next() {
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
                inner.current.set(label & !LABEL_RIGHTS_MASK);
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
    fn send_answer(&self, reply: MsgTag, lent: &Lent) {
        let inner = &*self.inner;
        let reception = &inner.reception;
        let sent = if reception.todo() & todo::NO_REPLY != 0 {
            reception.done(todo::NO_REPLY);
            false
        } else {
            let slot = self.reply_to();
            let flags = Sysf::REPLY | Sysf::SEND;
            // SAFETY: sending an answer changes nothing of the program's own.
            let (tag, _) = unsafe { l4re_sys::ipc(slot, flags, 0, reply, Timeout::SEND_ZERO) };
            ipc::check_ipc(tag).is_ok() && reply.label() >= 0
        };
        reception.tidy(lent, sent);
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
        if inner.reception.todo() & todo::TASKS != 0 {
            inner.reception.done(todo::TASKS);
            self.run_tasks();
        }
        if inner.reception.todo() & todo::SWEEP != 0 && self.sweep() {
            inner.reception.done(todo::SWEEP);
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
