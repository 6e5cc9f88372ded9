//! What can go wrong.

use crate::env::CapName;
use core::fmt;
use l4re_sys::{err, ipc_error};

/// The result of anything that can go wrong in a call.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// Why something failed. Each prints as a sentence.
///
/// ```
/// use l4re::Error;
///
/// let error = Error::from_label(-2);
/// assert_eq!(error, Error::NOT_FOUND);
/// assert_eq!(error.to_string(), "there is no such thing");
/// assert_eq!(error.label(), -2);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// The message did not get there, or the reply did not come back.
    Ipc(IpcError),
    /// The other side answered that it failed.
    Service(ErrorCode),
    /// The other side's message is not what the interface says.
    Malformed(Malformed),
    /// The environment has no capability of this name.
    NoSuchCap(CapName),
    /// All capability slots of the program are in use.
    NoCapSlot,
}

impl Error {
    /// The program has no memory left, or may not have more.
    pub const NO_MEMORY: Error = Error::Service(ErrorCode(err::ENOMEM));
    /// An argument is not valid.
    pub const INVALID: Error = Error::Service(ErrorCode(err::EINVAL));
    /// There is no such thing.
    pub const NOT_FOUND: Error = Error::Service(ErrorCode(err::ENOENT));
    /// There is no right to do this.
    pub const NO_PERMISSION: Error = Error::Service(ErrorCode(err::EPERM));
    /// There is no such operation.
    pub const NO_OPERATION: Error = Error::Service(ErrorCode(err::ENOSYS));
    /// The object does not speak the protocol.
    pub const BAD_PROTOCOL: Error = Error::Service(ErrorCode(err::EBADPROTO));
    /// The number or address is out of range.
    pub const OUT_OF_RANGE: Error = Error::Service(ErrorCode(err::ERANGE));
    /// The message does not fit into the message registers.
    pub const TOO_LONG: Error = Error::Service(ErrorCode(err::EMSGTOOLONG));

    /// The error that a reply's label tells (a negative number).
    pub fn from_label(label: i64) -> Self {
        Error::Service(ErrorCode(label.saturating_neg()))
    }

    /// The label (a negative number) by which a server answers with this error.
    pub fn label(self) -> i64 {
        let code = match self {
            Error::Ipc(e) => err::EIPC_LO + i64::from(e.0),
            Error::Service(code) => code.0,
            Error::Malformed(_) => err::EMSGTOOSHORT,
            Error::NoSuchCap(_) => err::ENOENT,
            Error::NoCapSlot => err::ENOMEM,
        };
        -code
    }

    /// Whether this is the end of a timeout.
    pub fn is_timeout(self) -> bool {
        matches!(self, Error::Ipc(e) if e.kind() == IpcErrorKind::Timeout)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Ipc(e) => e.fmt(f),
            Error::Service(code) => code.fmt(f),
            Error::Malformed(m) => f.write_str(m.sentence()),
            Error::NoSuchCap(name) => {
                f.write_str("the environment has no capability named `")?;
                f.write_str(name.as_str())?;
                f.write_str("`")
            }
            Error::NoCapSlot => f.write_str("all capability slots are in use"),
        }
    }
}

impl core::error::Error for Error {}

/// Which half of a call failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Sending.
    Send,
    /// Receiving.
    Receive,
}

/// Why an IPC failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IpcErrorKind {
    /// The timeout ended.
    Timeout,
    /// There is no such partner, or its capability is gone.
    NotExistent,
    /// Another thread canceled it.
    Canceled,
    /// The receiver has not enough buffers, or the message is too long.
    MessageCut,
    /// A page fault of the sender's did not end in time.
    SendPageFault,
    /// A page fault of the receiver's did not end in time.
    ReceivePageFault,
    /// Another thread aborted it.
    Aborted,
    /// Mapping what was sent failed, for want of memory.
    MapFailed,
    /// There is no slot for the reply capability.
    NoReplyCap,
    /// A number that the interface does not know.
    Unknown,
}

/// The error register of the UTCB (`L4_ipc_tcr_error_t`, `l4/sys/ipc.h`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IpcError(u8);

impl IpcError {
    /// The error of which `raw` is the register's content.
    pub const fn from_raw(raw: u64) -> Self {
        IpcError((raw & ipc_error::MASK) as u8)
    }

    /// The number: one of [`ipc_error`].
    pub const fn raw(self) -> u64 {
        self.0 as u64
    }

    /// Which half failed. (A partner that does not exist counts as sending; its number says
    /// nothing else.)
    pub const fn phase(self) -> Phase {
        if self.raw() & ipc_error::PHASE_MASK == 0 {
            Phase::Send
        } else {
            Phase::Receive
        }
    }

    /// Why it failed.
    pub const fn kind(self) -> IpcErrorKind {
        match self.raw() {
            ipc_error::SE_TIMEOUT | ipc_error::RE_TIMEOUT => IpcErrorKind::Timeout,
            ipc_error::NOT_EXISTENT => IpcErrorKind::NotExistent,
            ipc_error::SE_CANCELED | ipc_error::RE_CANCELED => IpcErrorKind::Canceled,
            ipc_error::SE_MSG_CUT | ipc_error::RE_MSG_CUT => IpcErrorKind::MessageCut,
            ipc_error::SE_SND_PF_TIMEOUT | ipc_error::RE_SND_PF_TIMEOUT => {
                IpcErrorKind::SendPageFault
            }
            ipc_error::SE_RCV_PF_TIMEOUT | ipc_error::RE_RCV_PF_TIMEOUT => {
                IpcErrorKind::ReceivePageFault
            }
            ipc_error::SE_ABORTED | ipc_error::RE_ABORTED => IpcErrorKind::Aborted,
            ipc_error::SE_MAP_FAILED | ipc_error::RE_MAP_FAILED => IpcErrorKind::MapFailed,
            ipc_error::NO_REPLY_CAP => IpcErrorKind::NoReplyCap,
            _ => IpcErrorKind::Unknown,
        }
    }
}

impl fmt::Display for IpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.kind() {
            IpcErrorKind::NotExistent => return f.write_str("there is no such partner of an IPC"),
            IpcErrorKind::NoReplyCap => {
                return f.write_str("there is no slot for the reply capability of a call");
            }
            IpcErrorKind::Timeout => "it took too long",
            IpcErrorKind::Canceled => "it was canceled",
            IpcErrorKind::MessageCut => "the receiver has no room for the message",
            IpcErrorKind::SendPageFault => "the sender's page fault took too long",
            IpcErrorKind::ReceivePageFault => "the receiver's page fault took too long",
            IpcErrorKind::Aborted => "it was aborted",
            IpcErrorKind::MapFailed => "there is no memory for the mapping",
            IpcErrorKind::Unknown => "the reason is unknown",
        };
        f.write_str(match self.phase() {
            Phase::Send => "sending a message failed: ",
            Phase::Receive => "receiving a message failed: ",
        })?;
        f.write_str(reason)
    }
}

impl fmt::Debug for IpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IpcError({:?}, {:?})", self.phase(), self.kind())
    }
}

/// A service's error code: one of [`err`], as a positive number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErrorCode(pub i64);

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            err::EPERM => "the right to do this is missing",
            err::ENOENT => "there is no such thing",
            err::EIO => "input or output failed",
            err::ENXIO => "there is no such device or address",
            err::E2BIG => "the argument is too big",
            err::EAGAIN => "it is not ready yet",
            err::ENOMEM => "there is no memory left",
            err::EACCESS => "access is denied",
            err::EFAULT => "the memory address is bad",
            err::EBUSY => "it is in use",
            err::EEXIST => "it exists already",
            err::ENODEV => "there is no such device",
            err::EINVAL => "an argument is not valid",
            err::ENOSPC => "there is no space left",
            err::ERANGE => "the number is out of range",
            err::ENAMETOOLONG => "the name is too long",
            err::ENOSYS => "the object has no such operation",
            err::EBADPROTO => "the object does not have this interface",
            err::EADDRNOTAVAIL => "the address is not free",
            err::EMSGTOOSHORT => "the object found the message too short",
            err::EMSGTOOLONG => "the arguments do not fit into a message",
            err::EMSGMISSARG => "a capability in the message is missing or invalid",
            err::EMSGERRRANGE => "the object's result does not fit into a reply",
            err::EDROPREPLY => "the object has given the request up",
            code => return write!(f, "the object answered with error {code}"),
        })
    }
}

/// What is wrong with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Malformed {
    /// It ends before what it should hold.
    TooShort,
    /// Words and items together do not fit into a message.
    TooLong,
    /// An item is missing, or not of the kind it should be.
    NoItem,
    /// A value is not one that the interface allows.
    BadValue,
}

impl Malformed {
    fn sentence(self) -> &'static str {
        match self {
            Malformed::TooShort => "the message received is too short",
            Malformed::TooLong => "the message received tells a size that it cannot have",
            Malformed::NoItem => "the message received lacks a capability or memory",
            Malformed::BadValue => "the message received holds a value that is not valid",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_ipc_error_is_a_sentence_and_tells_its_phase() {
        for raw in 1..=ipc_error::MASK {
            let e = IpcError::from_raw(raw);
            let text = Error::Ipc(e).to_string();
            assert!(text.contains(' '), "{raw}: {text}");
        }
        assert_eq!(IpcError::from_raw(2).phase(), Phase::Send);
        assert_eq!(IpcError::from_raw(3).phase(), Phase::Receive);
        assert!(Error::Ipc(IpcError::from_raw(3)).is_timeout());
        assert_eq!(IpcError::from_raw(4).kind(), IpcErrorKind::NotExistent);
    }

    #[test]
    fn labels_round_trip() {
        for code in [err::EPERM, err::ENOENT, err::EMSGTOOSHORT, 77] {
            let e = Error::from_label(-code);
            assert_eq!(e, Error::Service(ErrorCode(code)));
            assert_eq!(e.label(), -code);
        }
        // A server's nonsense must not overflow.
        assert_eq!(Error::from_label(i64::MIN).label(), -i64::MAX);
    }
}
