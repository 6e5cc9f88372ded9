//! The calls. Most programs use the methods of capabilities instead, or [`request`] for
//! protocols of their own.
//!
//! What [`call`] and its kind can do depends on the words sent: to the task's own capability
//! they can unmap the caller's stack. So the public ones are `unsafe`, and the safe methods of
//! this crate are built on their private twins; a method that can break memory safety is
//! itself `unsafe`.
//!
//! ```
//! use l4re::ipc::{self, Accept};
//! use l4re::ipc_gate::IpcGate;
//! use l4re::msg::Writer;
//! use l4re::sys::{CapIdx, fake};
//! use l4re::{Cap, Result};
//!
//! /// A protocol of one's own: the request holds two numbers, the reply one.
//! fn sub(server: Cap<IpcGate>, a: u32, b: u32) -> Result<u32> {
//!     let mut w = Writer::new();
//!     w.put(a).put(b);
//!     ipc::request(server, 0x44, &w, Accept::Words)?.get()
//! }
//!
//! let server = Cap::new(CapIdx::from_index(0x20));
//! let answer = |call: fake::Call| {
//!     let (a, b) = (call.words()[0] as u32, (call.words()[0] >> 32) as u32);
//!     call.reply(0, &[(a - b).into()])
//! };
//! assert_eq!(fake::with(answer, || sub(server, 8, 5)), Ok(3));
//! ```
#![allow(unsafe_code)]

use crate::cap::{Cap, CapSlot};
use crate::error::{Error, IpcError, Result};
use crate::msg::{Reader, Writer};
use crate::region::Window;
use l4re_sys::{
    BufferDesc, CapIdx, Fpage, MsgTag, RcvItem, Sysf, TagFlags, Timeout, TimeoutS, proto,
};

/// What a thread is ready to receive in a call or a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Buffers {
    /// Words only.
    #[default]
    None,
    /// A capability, into a slot.
    Cap(CapIdx),
    /// A capability, into a slot; or its label, if it is to a gate of the receiver's own task.
    CapOrLabel(CapIdx),
    /// What fits into the flexpage, of the type of the flexpage.
    Window(Fpage),
}

impl Buffers {
    /// Writes the buffer registers; the void one behind the last ends the list, so that
    /// nothing of an earlier call stays valid.
    #[inline]
    pub(crate) fn set(self) {
        let utcb = l4re_sys::utcb();
        utcb.set_bdr(BufferDesc::default());
        match self {
            Buffers::None => utcb.set_br(0, RcvItem::VOID.0),
            Buffers::Cap(slot) => {
                utcb.set_br(0, RcvItem::single(slot).0);
                utcb.set_br(1, RcvItem::VOID.0);
            }
            Buffers::CapOrLabel(slot) => {
                utcb.set_br(0, RcvItem::single_or_local(slot).0);
                utcb.set_br(1, RcvItem::VOID.0);
            }
            Buffers::Window(fpage) => {
                utcb.set_br(0, RcvItem::WINDOW.0);
                utcb.set_br(1, fpage.raw());
                utcb.set_br(2, RcvItem::VOID.0);
            }
        }
    }
}

/// What a thread is ready to receive, where safe code says it.
#[derive(Clone, Copy, Debug, Default)]
pub enum Accept<'a> {
    /// Words only.
    #[default]
    Words,
    /// A capability, into a slot. What is in the slot is overwritten.
    Cap(&'a CapSlot),
    /// Memory, into a window. What is in the window is overwritten.
    Memory(&'a Window),
}

impl Accept<'_> {
    pub(crate) fn buffers(self) -> Buffers {
        match self {
            Accept::Words => Buffers::None,
            Accept::Cap(slot) => Buffers::Cap(slot.idx()),
            Accept::Memory(window) => Buffers::Window(window.fpage()),
        }
    }
}

/// Sends a request of a protocol of one's own to an object, and waits for the reply. It must be
/// read before the thread's next system call.
///
/// # Errors
/// An IPC error; the error that the reply's (negative) label tells;
/// [`Error::BAD_PROTOCOL`] if the protocol is one of the kernel's or of L4Re's services: their
/// objects have methods, and some of their operations change the caller's own memory.
pub fn request<T: ?Sized>(
    object: Cap<T>,
    protocol: i64,
    message: &Writer,
    accept: Accept<'_>,
) -> Result<Reader> {
    if protocol <= 0 || L4RE_PROTOCOLS.contains(&protocol) {
        return Err(Error::BAD_PROTOCOL);
    }
    let tag = message.tag(protocol)?;
    transact(object.idx(), tag, accept.buffers()).map(Reader::new)
}

/// The labels of L4Re's services.
const L4RE_PROTOCOLS: core::ops::RangeInclusive<i64> = proto::DATASPACE..=proto::REMOTE_ACCESS;

/// The error of a system call, if the tag tells one.
#[inline]
pub fn check_ipc(tag: MsgTag) -> Result<MsgTag> {
    if tag.has_error() {
        let error = l4re_sys::utcb().error();
        return Err(Error::Ipc(IpcError::from_raw(error)));
    }
    Ok(tag)
}

/// The error of a reply: of the system call, or a negative label.
#[inline]
pub fn check_reply(tag: MsgTag) -> Result<MsgTag> {
    let tag = check_ipc(tag)?;
    if tag.label() < 0 {
        return Err(Error::from_label(tag.label()));
    }
    Ok(tag)
}

#[inline]
pub(crate) fn transact(dest: CapIdx, tag: MsgTag, buffers: Buffers) -> Result<MsgTag> {
    transact_timeout(dest, tag, buffers, Timeout::NEVER)
}

#[inline]
pub(crate) fn transact_timeout(
    dest: CapIdx,
    tag: MsgTag,
    buffers: Buffers,
    timeout: Timeout,
) -> Result<MsgTag> {
    buffers.set();
    // SAFETY: this function is the crate's own; each of its users is `unsafe` itself if its
    // message or window can change the memory of safe code (see the module's documentation).
    let (tag, _) = unsafe { l4re_sys::ipc(dest, Sysf::CALL, 0, tag, timeout) };
    check_reply(tag)
}

#[inline]
pub(crate) fn post(dest: CapIdx, tag: MsgTag, timeout: Timeout) -> Result<()> {
    // SAFETY: this function is the crate's own; each of its users is `unsafe` itself if its message
    // can change the memory of safe code (see the module's documentation). Nothing is received.
    let (tag, _) = unsafe { l4re_sys::ipc(dest, Sysf::SEND, 0, tag, timeout) };
    check_ipc(tag).map(drop)
}

/// Sends the message in the registers and waits for the reply to it.
///
/// # Errors
/// An IPC error, or the error that the reply's (negative) label tells.
///
/// # Safety
/// The message and the buffers must not make the kernel or a server change memory, capabilities
/// or threads that safe code relies on.
#[inline]
pub unsafe fn call(
    dest: CapIdx,
    tag: MsgTag,
    buffers: Buffers,
    timeout: Timeout,
) -> Result<MsgTag> {
    transact_timeout(dest, tag, buffers, timeout)
}

/// Sends the message in the registers.
///
/// # Errors
/// An IPC error.
///
/// # Safety
/// As [`call`].
#[inline]
pub unsafe fn send(dest: CapIdx, tag: MsgTag, timeout: Timeout) -> Result<()> {
    post(dest, tag, timeout)
}

/// Waits for a message from `source` alone (a thread). Returns its tag; its label may be
/// negative.
///
/// # Errors
/// An IPC error.
///
/// # Safety
/// The buffers must not let a sender change memory or capabilities that safe code relies on.
#[inline]
pub unsafe fn receive(source: CapIdx, buffers: Buffers, timeout: TimeoutS) -> Result<MsgTag> {
    buffers.set();
    let timeout = Timeout::new(TimeoutS::NEVER, timeout);
    let none = MsgTag::new(0, 0, 0, TagFlags::empty());
    // SAFETY: what is received goes into `buffers`, where it may be mapped (contract of this
    // function).
    let (tag, _) = unsafe { l4re_sys::ipc(source, Sysf::RECV, 0, none, timeout) };
    check_ipc(tag)
}

/// Waits for `timeout` and receives nothing.
pub(crate) fn sleep(timeout: TimeoutS) {
    Buffers::None.set();
    let timeout = Timeout::new(TimeoutS::NEVER, timeout);
    let none = MsgTag::new(0, 0, 0, TagFlags::empty());
    // SAFETY: a thread that receives from itself receives nothing.
    unsafe { l4re_sys::ipc(CapIdx::INVALID, Sysf::RECV, 0, none, timeout) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use l4re_sys::{fake, ipc_error};

    const TAG: MsgTag = MsgTag::new(1, 0, 0, TagFlags::empty());

    #[test]
    fn errors_come_from_the_register_and_from_the_label() {
        let run = |answer: fn(fake::Call) -> fake::Reply| {
            fake::with(answer, || transact(CapIdx::LOG, TAG, Buffers::None))
        };
        assert_eq!(run(|_| fake::Reply::label(3)).unwrap().label(), 3);
        assert_eq!(
            run(|_| fake::Reply::label(-2)).unwrap_err(),
            Error::NOT_FOUND
        );
        let e = run(|call| call.fail(ipc_error::RE_TIMEOUT)).unwrap_err();
        assert!(e.is_timeout());
    }

    #[test]
    fn safe_requests_cannot_speak_the_kernels_protocols() {
        let own_task = Cap::<crate::task::Task>::THIS;
        fake::with(
            |_| panic!("nothing must be sent"),
            || {
                for protocol in [proto::TASK, proto::RM, proto::DATASPACE, 0] {
                    let result = request(own_task, protocol, &Writer::new(), Accept::Words);
                    assert_eq!(result.unwrap_err(), Error::BAD_PROTOCOL);
                }
            },
        );
        let reply = fake::with(
            |call| call.reply(call.tag.label(), &[7]),
            || request(own_task, 0x44, &Writer::new(), Accept::Words),
        );
        let mut reply = reply.unwrap();
        assert_eq!((reply.label(), reply.get::<u64>().unwrap()), (0x44, 7));
    }

    #[test]
    fn a_call_leaves_no_buffer_of_an_earlier_one() {
        let mut seen = alloc::vec::Vec::new();
        fake::with(
            |call| {
                // (What is behind a list's end, the fake kernel has spoilt.)
                let end = call.utcb.br(if seen.is_empty() { 1 } else { 0 });
                seen.push((call.utcb.br(0), end));
                fake::Reply::label(0)
            },
            || {
                transact(CapIdx::LOG, TAG, Buffers::Cap(CapIdx::from_index(9))).unwrap();
                transact(CapIdx::LOG, TAG, Buffers::None).unwrap();
            },
        );
        assert_eq!(seen, [(9 << 12 | 0xa, 0), (0, 0)]);
    }
}
