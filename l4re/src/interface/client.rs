//! The client's side of a method.
#![allow(unsafe_code)]

use super::out::Buffers;
use super::wire::{Decoder, Encoder, Places};
use crate::cap::Cap;
use crate::error::{Error, Result};
use crate::ipc;
use l4re_sys::{MsgTag, Sysf, TagFlags, Timeout, proto};

/// The protocol of an interface: the label of its requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protocol(i64);

impl Protocol {
    /// A protocol of a program's own.
    ///
    /// # Panics
    /// If the protocol is one of the kernel's or of L4Re's services, whose operations can change
    /// the caller's own memory.
    pub const fn new(protocol: i64) -> Self {
        assert!(
            protocol > 0 && (protocol < proto::DATASPACE || protocol > proto::REMOTE_ACCESS),
            "this protocol is the kernel's or L4Re's own, and can change the caller's memory: \
             write `#[interface(unsafe, protocol = ...)]` if its operations are sound to call"
        );
        Protocol(protocol)
    }

    /// Any protocol.
    ///
    /// # Safety
    /// The operations called must not change memory, capabilities or threads that safe code
    /// relies on.
    pub const unsafe fn any(protocol: i64) -> Self {
        Protocol(protocol)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Sends a request and waits for the reply, which must be read before the next system call.
///
/// # Errors
/// The error of the IPC, or that the reply tells; [`Error::TOO_LONG`] if the request does not
/// fit, the error "capability missing" if one is invalid.
#[inline(always)]
pub fn call<T: ?Sized>(
    object: Cap<T>,
    protocol: Protocol,
    request: &Encoder,
    buffers: Buffers,
) -> Result<Decoder<'static>> {
    let tag = request.tag(protocol.0)?;
    buffers.end();
    // SAFETY: the protocol is known to change nothing that safe code relies on (`Protocol`),
    // the buffers are empty slots of the caller's own.
    let (tag, _) = unsafe { l4re_sys::ipc(object.idx(), Sysf::CALL, 0, tag, Timeout::NEVER) };
    // Both at once: the error flag, or a negative label.
    const BAD: u64 = 1 << 63 | TagFlags::ERROR.bits() as u64;
    if tag.0 & BAD != 0 {
        return Err(failed(tag));
    }
    Ok(Decoder::direct(tag, Places::default()))
}

#[cold]
fn failed(tag: MsgTag) -> Error {
    match ipc::check_reply(tag) {
        Err(error) => error,
        Ok(_) => Error::INVALID,
    }
}

/// Sends a request that is not answered.
///
/// # Errors
/// As [`call`].
#[inline(always)]
pub fn send<T: ?Sized>(object: Cap<T>, protocol: Protocol, request: &Encoder) -> Result<()> {
    let tag = request.tag(protocol.0)?;
    // SAFETY: the protocol is known to change nothing that safe code relies on (`Protocol`);
    // nothing is received.
    let (tag, _) = unsafe { l4re_sys::ipc(object.idx(), Sysf::SEND, 0, tag, Timeout::NEVER) };
    ipc::check_ipc(tag).map(drop)
}

/// The number of a reply's label.
#[inline(always)]
pub fn label<T: TryFrom<i64>>(reply: &Decoder<'_>) -> Result<T> {
    T::try_from(reply.tag().label()).map_err(|_| Error::OUT_OF_RANGE)
}
