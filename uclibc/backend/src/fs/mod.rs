//! Files: what stands behind a path, and descriptors.
//!
//! The tree has the program's name spaces by the names of their capabilities (`/rom`, say) and
//! a small `/dev`. What a name space holds is read as its dataspaces are; they are not written.

mod calls;
mod console;
mod control;
mod dir;
mod file;
mod path;
mod stat;
mod table;

pub use calls::{
    access, chdir, check, fchdir, getcwd, lseek, open, pread, read, readlink, readv, refuse_change,
    write, writev,
};
pub use control::{close, dup, dup_to, fcntl, ioctl, poll, pselect, select, timeout};
pub use dir::getdents;
pub use stat::{fstat, newfstatat, stat, statx};
pub use table::{Open, descriptor};

use crate::errno::{EBADF, Result, fail};

/// A descriptor's number in an argument.
pub fn fd(arg: u64) -> Result<i32> {
    i32::try_from(arg as i64)
        .ok()
        .or_else(|| u32::try_from(arg).ok().map(|fd| fd as i32))
        .map_or_else(|| fail(EBADF), Ok)
}
