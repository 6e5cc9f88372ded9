//! Linux's error numbers, and what L4Re's errors are in them.

use l4re::Error;
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
        match error {
            // L4Re's numbers are Linux's, as far as they go.
            Error::Service(code) if (1..i64::from(EADDRNOTAVAIL)).contains(&code.0) => {
                Errno(code.0 as u32)
            }
            Error::NoCapSlot => Errno(ENOMEM),
            Error::NoSuchCap(_) => Errno(ENOENT),
            _ if error.is_timeout() => Errno(ETIMEDOUT),
            _ => Errno(EIO),
        }
    }
}

/// Fails with an error number.
pub fn fail<T>(errno: u32) -> Result<T> {
    Err(Errno(errno))
}
