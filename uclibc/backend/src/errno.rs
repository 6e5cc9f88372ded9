//! Linux's error numbers, and what L4Re's errors are in them.

use l4re::{Error, ErrorCode, IpcError, IpcErrorKind};
use l4re_sys::err;
pub use linux_raw_sys::errno::*;

/// An error number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(pub u32);

/// The result of a system call.
pub type Result<T = i64> = core::result::Result<T, Errno>;

impl Errno {
    /// As a system call returns it.
    pub fn as_result(self) -> i64 {
        -i64::from(self.0)
    }
}

impl From<Error> for Errno {
    fn from(error: Error) -> Self {
        Errno(match error {
            Error::Service(code) => of_service(code),
            Error::Ipc(error) => of_ipc(error),
            Error::Malformed(_) => EIO,
            Error::NoCapSlot => ENOMEM,
            Error::NoSuchCap(_) => ENOENT,
        })
    }
}

/// L4Re's numbers below 99 are Linux's, but for one.
fn of_service(code: ErrorCode) -> u32 {
    match code.0 {
        // 39, which is Linux's ENOTEMPTY.
        err::EBADPROTO => EPROTO,
        // Only region maps answer so: there is no free place.
        err::EADDRNOTAVAIL => ENOMEM,
        // The server has no answer yet.
        err::ENOREPLY => EAGAIN,
        // Of a request only a name can be too long.
        err::EMSGTOOLONG => ENAMETOOLONG,
        code @ err::EIPC_LO..=err::EIPC_HI => {
            of_ipc(IpcError::from_raw((code - err::EIPC_LO) as u64))
        }
        code @ 1..err::EADDRNOTAVAIL => code as u32,
        _ => EIO,
    }
}

fn of_ipc(error: IpcError) -> u32 {
    match error.kind() {
        IpcErrorKind::Timeout => ETIMEDOUT,
        IpcErrorKind::Canceled | IpcErrorKind::Aborted => EINTR,
        // The kernel has no memory for the mapping, or no slot for the reply.
        IpcErrorKind::MapFailed | IpcErrorKind::NoReplyCap => ENOMEM,
        _ => EIO,
    }
}

/// Fails with an error number.
pub fn fail<T>(errno: u32) -> Result<T> {
    Err(Errno(errno))
}
