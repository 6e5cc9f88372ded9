//! What stands behind a descriptor.

use super::dir::Dir;
use crate::errno::{EINVAL, ENOTSOCK, Result, fail};
use core::time::Duration;
use linux_raw_sys::general::{POLLIN, POLLOUT, S_IFCHR, S_IFDIR, S_IFREG};

/// What a thing is like.
#[derive(Clone, Copy, Default)]
pub struct About {
    /// Its kind and permissions, as `st_mode` has them.
    pub mode: u32,
    /// Its size in bytes.
    pub size: u64,
    /// The bytes of memory that it takes.
    pub used: u64,
    /// Its number.
    pub id: u64,
    /// Among which things the number is its own.
    pub device: u64,
    /// How many names it has.
    pub links: u64,
    /// When it was written.
    pub written: Duration,
}

impl About {
    const SYSTEM: About = About {
        mode: 0,
        size: 0,
        used: 0,
        id: 0,
        device: 1,
        links: 1,
        written: Duration::ZERO,
    };

    /// A directory that cannot be written.
    pub fn dir(id: u64) -> About {
        About {
            mode: S_IFDIR | 0o555,
            id,
            ..About::SYSTEM
        }
    }

    /// A device.
    pub fn device(id: u64) -> About {
        About {
            mode: S_IFCHR | 0o666,
            id,
            ..About::SYSTEM
        }
    }

    /// A file that cannot be written.
    pub fn rom(id: u64, size: u64) -> About {
        About {
            mode: S_IFREG | 0o555,
            size,
            used: size,
            id,
            ..About::SYSTEM
        }
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.mode & S_IFDIR == S_IFDIR
    }
}

/// What stands behind a descriptor. A program that opens none of a kind has no code for it.
pub trait Object: Send + Sync {
    /// What it is like.
    fn about(&self) -> Result<About>;

    /// Reads from a place; a stream's is not used. `wait` is whether to wait until there is
    /// something.
    fn read(&self, to: &mut [u8], at: u64, wait: bool) -> Result<usize>;

    /// Writes to a place.
    fn write(&self, from: &[u8], at: u64) -> Result<usize>;

    /// Writes to a stream; `wait` is whether to wait until there is room.
    fn write_to_stream(&self, from: &[u8], _wait: bool) -> Result<usize> {
        self.write(from, 0)
    }

    /// What it is ready for (`POLL…`): what need not be waited for, if it is not said otherwise.
    fn ready(&self) -> u32 {
        POLLIN | POLLOUT
    }

    /// How many bytes a stream has that can be read at once, as far as that is known.
    fn waiting(&self) -> usize {
        0
    }

    /// Ends a socket's directions.
    fn shut_down(&self, _read: bool, _write: bool) -> Result<()> {
        fail(ENOTSOCK)
    }

    /// Whether it is a socket.
    fn is_socket(&self) -> bool {
        false
    }

    /// Makes a file shorter or longer.
    fn resize(&self, _size: u64) -> Result<()> {
        fail(EINVAL)
    }

    /// Whether there are no places in it.
    fn is_stream(&self) -> bool {
        false
    }

    /// Whether it can be asked for a place; a stream that can is at every place.
    fn seeks(&self) -> bool {
        !self.is_stream()
    }

    /// Whether it can be mapped.
    fn can_be_mapped(&self) -> bool {
        !self.is_stream() && self.dir().is_none()
    }

    /// Whether it is a terminal.
    fn is_terminal(&self) -> bool {
        false
    }

    /// The directory that it is.
    fn dir(&self) -> Option<&Dir> {
        None
    }
}
