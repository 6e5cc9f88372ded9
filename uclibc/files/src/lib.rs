//! The interface of a server of files: what L4Re's name spaces and dataspaces do not say of files
//! that are made, written, renamed and removed.
//!
//! A directory speaks [`Files`], beside the protocol of name spaces; a file that is open speaks
//! [`File`], beside that of dataspaces. The example `tmpfs` is such a server; `std::fs` and C's
//! files are clients, by the C library's backend: whatever name space of a program's environment
//! speaks [`Files`] can be written.

#![no_std]

extern crate alloc;

use alloc::vec::Vec;
use l4re::msg::Plain;
use l4re::{Error, ErrorCode, OwnedCap, Result};

/// The protocol of [`Files`].
pub const FILES: i64 = 0x7466;
/// The protocol of [`File`].
pub const FILE: i64 = 0x7467;

/// Flag of [`Files::open`]: the file is to be written.
pub const WRITE: u32 = 1;
/// Flag of [`Files::open`]: it is made if there is none.
pub const CREATE: u32 = 2;
/// Flag of [`Files::open`], with [`CREATE`]: there must be none.
pub const EXCLUSIVE: u32 = 4;
/// Flag of [`Files::open`], with [`WRITE`]: it is emptied.
pub const TRUNCATE: u32 = 8;

/// The most bytes that [`File::read`] gives at once.
pub const MOST_READ: usize = 480;
/// The longest name.
pub const LONGEST_NAME: usize = 255;

/// Errors: those of C (`errno`), which L4Re's are, too, as far as it has them.
pub mod error {
    use super::{Error, ErrorCode};
    use l4re::sys::err;

    /// There is something of this name; a directory that is to be removed is not empty.
    pub const EXISTS: Error = Error::Service(ErrorCode(err::EEXIST));
    /// A part of a path is no directory.
    pub const NOT_DIR: Error = Error::Service(ErrorCode(err::ENOTDIR));
    /// It is a directory (`EISDIR`, which L4Re has no name for).
    pub const IS_DIR: Error = Error::Service(ErrorCode(21));
    /// The memory, or the client's share of it, is used up.
    pub const NO_SPACE: Error = Error::Service(ErrorCode(err::ENOSPC));
    /// A name is longer than [`LONGEST_NAME`](super::LONGEST_NAME).
    pub const NAME_TOO_LONG: Error = Error::Service(ErrorCode(err::ENAMETOOLONG));
    /// A name is announced, but nothing has it yet.
    pub const NOT_READY: Error = Error::Service(ErrorCode(err::EAGAIN));
}

/// What something is: [`Stat::kind`].
pub mod kind {
    /// A file.
    pub const FILE: u32 = 1;
    /// A directory.
    pub const DIR: u32 = 2;
    /// Another server's object, that has a name here.
    pub const OBJECT: u32 = 3;
}

/// What there is to know of a file or directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Plain)]
#[repr(C)]
pub struct Stat {
    /// What no other file or directory has, for as long as the server runs.
    pub id: u64,
    /// Bytes of a file; names in a directory.
    pub size: u64,
    /// Bytes of memory that it takes.
    pub used: u64,
    /// When it was written: microseconds of the system's clock.
    pub written: u64,
    /// One of [`kind`].
    pub kind: u32,
    /// How many names it has: 0 of a file that is unlinked and still open.
    pub links: u32,
}

/// A directory, as far as L4Re's protocols do not say it. Paths are relative to it, with `/`
/// between names; empty names and `.` mean nothing, and there is no way up.
#[l4re::interface(protocol = FILES)]
pub trait Files {
    /// Opens a file (or what else has the name), by [`WRITE`], [`CREATE`] and so on: who may only
    /// read the directory may only read what is in it.
    #[rights(W if flags & (WRITE | CREATE | TRUNCATE) != 0)]
    fn open(&self, flags: u32, path: &str) -> Result<OwnedCap<dyn File>>;
    /// What is known of what has the name; of the directory itself without one.
    fn stat(&self, path: &str) -> Result<Stat>;
    /// Makes a directory.
    #[rights(W)]
    fn make_dir(&self, path: &str) -> Result<()>;
    /// Removes a name: of a directory, which must be empty, or of anything else. Who has
    /// opened a file keeps it.
    #[rights(W)]
    fn remove(&self, directory: bool, path: &str) -> Result<()>;
    /// Gives something another name, in place of what had it.
    #[rights(W)]
    fn rename(&self, from: &str, to: &str) -> Result<()>;
    /// Names in a directory that come behind `after` in the order of their bytes, as many as a
    /// message holds: [`entries`] takes them apart.
    fn list(&self, path: &str, after: &str) -> Result<Vec<u8>>;
}

/// A file that is open.
#[l4re::interface(protocol = FILE)]
pub trait File {
    /// Up to `len` bytes from `offset` on, at most [`MOST_READ`]; none behind the end.
    fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>>;
    /// Writes; a file grows as far as it must.
    #[rights(W)]
    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()>;
    /// Cuts the file, or makes it longer, by zeros.
    #[rights(W)]
    fn resize(&self, size: u64) -> Result<()>;
    /// What is known of it.
    fn stat(&self) -> Result<Stat>;
}

/// Takes apart what [`Files::list`] gives: what each is ([`kind`]), and its name.
pub fn entries(list: &[u8]) -> impl Iterator<Item = (u32, &str)> {
    let mut rest = list;
    core::iter::from_fn(move || {
        let (&[kind, len], behind) = rest.split_first_chunk::<2>()?;
        let (name, behind) = behind.split_at_checked(len.into())?;
        rest = behind;
        Some((kind.into(), core::str::from_utf8(name).ok()?))
    })
}
