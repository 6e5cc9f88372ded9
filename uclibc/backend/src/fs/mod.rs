//! Files: what stands behind a path, and descriptors.
//!
//! The tree has the program's name spaces by the names of their capabilities (`/rom`, say) and
//! a small `/dev`. What L4Re's name spaces hold is read as their dataspaces are. A name space
//! that speaks `l4re_files`, as the example `tmpfs` does, is written, too.

mod calls;
mod change;
mod console;
mod control;
mod device;
mod dir;
mod files;
mod object;
mod path;
mod pipe;
mod rom;
mod stat;
mod table;

pub use calls::{
    access, chdir, check, fchdir, getcwd, lseek, open, pread, pwrite, read, readlink, readv, write,
    writev,
};
pub use change::{
    allocate, ftruncate, keep_mode, keep_open_owner, keep_owner, make_dir, refuse_new,
    refuse_times, remove, rename, truncate,
};
pub use console::print;
pub use control::{close, dup, dup_to, fcntl, ioctl, poll, pselect, select, timeout};
pub use dir::getdents;
pub use object::Object;
pub use pipe::{pipe, receive, send, shut_down, socket_pair};
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
