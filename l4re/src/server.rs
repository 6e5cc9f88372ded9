//! Servers.
//!
//! A [`Registry`] serves objects that implement [interfaces](mod@crate::interface). Below it is the
//! plain loop, for protocols of other kinds: a server binds gates to its thread ([`Cap::bind_thread`](crate::Cap::bind_thread)) with
//! labels of its choosing, then answers what arrives:
//!
//! ```no_run
//! use l4re::ipc::Accept;
//! use l4re::ipc_gate::IpcGate;
//! use l4re::msg::Writer;
//! use l4re::server::{self, Answer};
//!
//! fn serve(env: &l4re::Env) -> l4re::Result<()> {
//!     env.named::<IpcGate>("calc")?.bind_thread(env.main_thread(), 0x10)?;
//!     server::run(Accept::Words, |request| {
//!         let mut r = request.reader();
//!         let (a, b): (u32, u32) = (r.get()?, r.get()?);
//!         let mut w = Writer::new();
//!         w.put(a.wrapping_sub(b));
//!         Answer::message(&w, 0)
//!     })
//! }
//! ```
#![allow(unsafe_code)]

mod bell;
mod deferred;
mod later;
mod objects;
mod registry;
mod run;
mod sessions;
mod tasks;
mod timers;
mod waits;
mod workers;

pub use bell::Remote;
pub use deferred::Deferred;
pub use registry::{Registry, Served};
pub use tasks::{Task, TaskSet};
pub use timers::Timer;
pub use waits::{Interrupts, Sleep};
pub use workers::Workers;

use crate::error::{Error, Result};
use crate::ipc::{self, Accept, Buffers};
use crate::msg::{Reader, Writer};
use l4re_sys::op::ipc_gate::LABEL_RIGHTS_MASK;
use l4re_sys::{CapIdx, MsgTag, ObjRights, Sysf, TagFlags, Timeout};

/// A message that has been received. Its content is in the registers of the thread until the
/// thread's next system call.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    tag: MsgTag,
    label: u64,
}

impl Request {
    /// The tag.
    pub fn tag(&self) -> MsgTag {
        self.tag
    }

    /// The protocol: the tag's label.
    pub fn protocol(&self) -> i64 {
        self.tag.label()
    }

    /// The label of the gate or interrupt that it came by, as it was bound.
    pub fn label(&self) -> u64 {
        self.label & !LABEL_RIGHTS_MASK
    }

    /// The sender's rights to the gate: `W` and `S`.
    pub fn rights(&self) -> ObjRights {
        ObjRights::from_bits_retain((self.label & LABEL_RIGHTS_MASK) as u8)
    }

    /// The content.
    pub fn reader(&self) -> Reader {
        Reader::new(self.tag)
    }
}

/// What a server does with a request.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// Answers with the message in the registers.
    Reply(MsgTag),
    /// Does not answer: there is nobody to, or somebody else will.
    None,
    /// Answers with the message in the registers, and ends the loop.
    Last(MsgTag),
}

impl Answer {
    /// Answers with a label alone: 0 or more for success, the negative of an error code.
    pub fn label(label: i64) -> Self {
        Answer::Reply(MsgTag::new(label, 0, 0, TagFlags::empty()))
    }

    /// Answers with a label alone, and ends the loop.
    pub fn last(label: i64) -> Self {
        Answer::Last(MsgTag::new(label, 0, 0, TagFlags::empty()))
    }

    /// Answers with the message that has been written.
    ///
    /// # Errors
    /// [`Error::TOO_LONG`] if it does not fit.
    pub fn message(writer: &Writer, label: i64) -> Result<Self> {
        writer.tag(label).map(Answer::Reply)
    }
}

/// Waits for a request from anyone.
///
/// # Errors
/// An IPC error: a timeout, for one.
///
/// # Safety
/// The buffers must not let a sender change memory or capabilities that safe code relies on.
pub unsafe fn wait(buffers: Buffers, timeout: Timeout) -> Result<Request> {
    buffers.set();
    let none = MsgTag::new(0, 0, 0, TagFlags::empty());
    // SAFETY: what is received goes into `buffers`, where it may be mapped (contract of this
    // function).
    let (tag, label) = unsafe { l4re_sys::ipc(CapIdx::INVALID, Sysf::WAIT, 0, none, timeout) };
    let tag = ipc::check_ipc(tag)?;
    Ok(Request { tag, label })
}

/// Answers the last request with the message in the registers, then waits for the next one, in
/// one system call.
///
/// # Errors
/// An IPC error: of the answer (the caller is gone, which ends the call before it waits) or of
/// the wait.
///
/// # Safety
/// As [`wait`].
pub unsafe fn reply_and_wait(reply: MsgTag, buffers: Buffers, timeout: Timeout) -> Result<Request> {
    buffers.set();
    // SAFETY: what is received goes into `buffers`, where it may be mapped (contract of this
    // function).
    let (tag, label) =
        unsafe { l4re_sys::ipc(CapIdx::INVALID, Sysf::REPLY_AND_WAIT, 0, reply, timeout) };
    let tag = ipc::check_ipc(tag)?;
    Ok(Request { tag, label })
}

/// Answers the last request with the message in the registers.
///
/// # Errors
/// An IPC error: the caller is gone.
pub fn reply(reply: MsgTag) -> Result<()> {
    // SAFETY: sending an answer changes nothing of the program's own.
    let (tag, _) = unsafe {
        l4re_sys::ipc(
            CapIdx::INVALID,
            Sysf::REPLY | Sysf::SEND,
            0,
            reply,
            Timeout::SEND_ZERO,
        )
    };
    ipc::check_ipc(tag).map(drop)
}

/// Answers requests until one is the last. What `handler` returns as [`Err`] is sent to the
/// client as an error code.
///
/// A request can bring what `accept` says; what the handler does not take out of slot or window
/// is overwritten by the next.
///
/// # Errors
/// An IPC error of waiting.
pub fn run(accept: Accept<'_>, mut handler: impl FnMut(Request) -> Result<Answer>) -> Result<()> {
    // SAFETY: a sender can change nothing but slot or window, which are lent to this loop.
    unsafe { run_with(accept.buffers(), &mut handler) }
}

/// As [`run`], with any buffers.
///
/// # Errors
/// An IPC error of waiting.
///
/// # Safety
/// As [`wait`].
pub unsafe fn run_with(
    buffers: Buffers,
    mut handler: impl FnMut(Request) -> Result<Answer>,
) -> Result<()> {
    let mut answer = Answer::None;
    loop {
        let next = match answer {
            // SAFETY: what is received goes into `buffers`, where it may be mapped (contract of
            // this function).
            Answer::None => unsafe { wait(buffers, Timeout::SEND_ZERO) },
            // SAFETY: what is received goes into `buffers`, where it may be mapped (contract of
            // this function).
            Answer::Reply(tag) => unsafe { reply_and_wait(tag, buffers, Timeout::SEND_ZERO) },
            Answer::Last(tag) => {
                // The client may be gone; that is not the server's failure.
                let _ = reply(tag);
                return Ok(());
            }
        };
        answer = match next {
            Ok(request) => handler(request).unwrap_or_else(|e| Answer::label(e.label())),
            // The client of the last request is gone: wait for the next.
            Err(Error::Ipc(_)) if !matches!(answer, Answer::None) => Answer::None,
            Err(e) => return Err(e),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use l4re_sys::{fake, ipc_error};

    /// A kernel that brings requests, one after the other, and collects the answers.
    #[test]
    fn requests_are_answered_and_errors_become_codes() {
        let mut flags = vec![];
        let mut answers = vec![];
        let mut n = 0;
        let result = fake::with(
            |call| {
                flags.push(call.flags);
                if call.flags.contains(Sysf::SEND) {
                    answers.push(call.tag.label());
                }
                n += 1;
                if n == 3 {
                    // The second client is gone before its answer.
                    return call.fail(ipc_error::SE_TIMEOUT);
                }
                let mut request = call.reply(0x44, &[n]);
                request.label = 0x20 | 1;
                request
            },
            || {
                run(Accept::Words, |request| {
                    assert_eq!(request.label(), 0x20);
                    assert_eq!(request.rights(), ObjRights::W);
                    match request.reader().get::<u64>()? {
                        1 => Ok(Answer::label(5)),
                        2 => Err(Error::NO_PERMISSION),
                        _ => Ok(Answer::Last(MsgTag::new(9, 0, 0, TagFlags::empty()))),
                    }
                })
            },
        );
        result.unwrap();
        assert_eq!(answers, [5, -1, 9]);
        let reply_and_wait = Sysf::REPLY_AND_WAIT;
        assert_eq!(
            flags,
            [
                Sysf::WAIT,
                reply_and_wait,
                reply_and_wait,
                Sysf::WAIT,
                Sysf::REPLY | Sysf::SEND
            ]
        );
    }
}
