//! What files are like.

use super::calls::look_up_at;
use super::fd;
use super::path::Node;
use super::table::{Kind, descriptor};
use crate::errno::Result;
use crate::user;
use alloc::string::String;
use l4re_sys::consts::PAGE_SIZE;
use linux_raw_sys::general::{
    AT_EMPTY_PATH, AT_FDCWD, S_IFCHR, S_IFDIR, S_IFREG, STATX_BASIC_STATS, stat as Stat,
    statx as Statx,
};

/// The unit of `st_blocks`.
const BLOCK: u64 = 512;

struct About {
    mode: u32,
    size: u64,
    id: u64,
}

/// A number that stands for a path: L4Re's objects have none.
fn id(path: &[String]) -> u64 {
    let bytes = path.iter().flat_map(|part| part.bytes().chain([b'/']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

const DIRECTORY: u32 = S_IFDIR | 0o555;
const DEVICE: u32 = S_IFCHR | 0o666;
const FILE: u32 = S_IFREG | 0o555;

/// # Safety
/// `path` is 0 or the address of a string.
unsafe fn about_path(dir: u64, path: u64) -> Result<About> {
    // SAFETY: as the caller vouches.
    let (node, parts) = unsafe { look_up_at(dir, path)? };
    let (mode, size) = match &node {
        Node::Root | Node::Devices | Node::Names(_) => (DIRECTORY, 0),
        Node::Device(_) => (DEVICE, 0),
        Node::File(file) => (FILE, file.size()),
    };
    let id = id(&parts);
    Ok(About { mode, size, id })
}

fn about_descriptor(file: u64) -> Result<About> {
    let open = descriptor(fd(file)?)?;
    let (mode, size) = match &open.kind {
        Kind::Dir(..) => (DIRECTORY, 0),
        Kind::Device(_) => (DEVICE, 0),
        Kind::File(file) => (FILE, file.size()),
    };
    let id = match &open.kind {
        Kind::Dir(path, _) => id(path),
        _ => core::ptr::from_ref(&*open).addr() as u64,
    };
    Ok(About { mode, size, id })
}

impl About {
    fn stat(&self) -> Stat {
        // SAFETY: the structure holds integers only.
        let mut stat: Stat = unsafe { core::mem::zeroed() };
        stat.st_dev = 1;
        stat.st_ino = self.id;
        stat.st_nlink = 1;
        stat.st_mode = self.mode;
        stat.st_size = self.size as i64;
        stat.st_blksize = PAGE_SIZE as i64;
        stat.st_blocks = self.size.div_ceil(BLOCK) as i64;
        stat
    }

    fn statx(&self) -> Statx {
        // SAFETY: the structure holds integers only.
        let mut stat: Statx = unsafe { core::mem::zeroed() };
        stat.stx_mask = STATX_BASIC_STATS;
        stat.stx_blksize = PAGE_SIZE as u32;
        stat.stx_nlink = 1;
        stat.stx_mode = self.mode as u16;
        stat.stx_ino = self.id;
        stat.stx_size = self.size;
        stat.stx_blocks = self.size.div_ceil(BLOCK);
        stat.stx_dev_minor = 1;
        stat
    }
}

/// `stat`, `lstat`: there are no links.
///
/// # Safety
/// `path` is 0 or the address of a string, `to` 0 or the place of a `struct stat`.
pub unsafe fn stat(path: u64, to: u64) -> Result {
    // SAFETY: as the caller vouches.
    unsafe { newfstatat(AT_FDCWD as i64 as u64, path, to, 0) }
}

/// `fstat`.
///
/// # Safety
/// As [`stat`].
pub unsafe fn fstat(file: u64, to: u64) -> Result {
    let about = about_descriptor(file)?;
    // SAFETY: as the caller vouches.
    unsafe { user::put(to, about.stat()) };
    Ok(0)
}

/// # Safety
/// As [`stat`].
unsafe fn about(dir: u64, path: u64, flags: u64) -> Result<About> {
    // SAFETY: as the caller vouches.
    unsafe {
        let empty = path == 0 || user::string(path)?.is_empty();
        if empty && flags as u32 & AT_EMPTY_PATH != 0 {
            return about_descriptor(dir);
        }
        about_path(dir, path)
    }
}

/// `newfstatat`.
///
/// # Safety
/// As [`stat`].
pub unsafe fn newfstatat(dir: u64, path: u64, to: u64, flags: u64) -> Result {
    // SAFETY: as the caller vouches.
    unsafe {
        let about = about(dir, path, flags)?;
        user::put(to, about.stat());
    }
    Ok(0)
}

/// `statx`.
///
/// # Safety
/// As [`stat`], `to` being the place of a `struct statx`.
pub unsafe fn statx(dir: u64, path: u64, flags: u64, to: u64) -> Result {
    // SAFETY: as the caller vouches.
    unsafe {
        let about = about(dir, path, flags)?;
        user::put(to, about.statx());
    }
    Ok(0)
}
