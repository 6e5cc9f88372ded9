//! What files are like.

use super::fd;
use super::object::About;
use super::path::Path;
use super::table::descriptor;
use crate::errno::Result;
use crate::user;
use l4re_sys::consts::PAGE_SIZE;
use linux_raw_sys::general::{
    AT_EMPTY_PATH, AT_FDCWD, STATX_BASIC_STATS, stat as Stat, statx as Statx, statx_timestamp,
};

/// The unit of `st_blocks`.
const BLOCK: u64 = 512;

fn about_descriptor(file: u64) -> Result<About> {
    descriptor(fd(file)?)?.object.about()
}

impl About {
    fn stat(&self) -> Stat {
        // SAFETY: the structure holds integers only.
        let mut stat: Stat = unsafe { core::mem::zeroed() };
        stat.st_dev = self.device;
        stat.st_ino = self.id;
        stat.st_nlink = self.links;
        stat.st_mode = self.mode;
        stat.st_size = self.size as i64;
        stat.st_blksize = PAGE_SIZE as i64;
        stat.st_blocks = self.used.div_ceil(BLOCK) as i64;
        let (secs, nanos) = (self.written.as_secs(), self.written.subsec_nanos().into());
        (stat.st_mtime, stat.st_mtime_nsec) = (secs, nanos);
        (stat.st_ctime, stat.st_ctime_nsec) = (secs, nanos);
        (stat.st_atime, stat.st_atime_nsec) = (secs, nanos);
        stat
    }

    fn statx(&self) -> Statx {
        // SAFETY: the structure holds integers only.
        let mut stat: Statx = unsafe { core::mem::zeroed() };
        stat.stx_mask = STATX_BASIC_STATS;
        stat.stx_blksize = PAGE_SIZE as u32;
        stat.stx_nlink = self.links as u32;
        stat.stx_mode = self.mode as u16;
        stat.stx_ino = self.id;
        stat.stx_size = self.size;
        stat.stx_blocks = self.used.div_ceil(BLOCK);
        stat.stx_dev_minor = self.device as u32;
        let time = statx_timestamp {
            tv_sec: self.written.as_secs() as i64,
            tv_nsec: self.written.subsec_nanos(),
            __reserved: 0,
        };
        (stat.stx_mtime, stat.stx_ctime, stat.stx_atime) = (time, time, time);
        stat
    }
}

/// `stat`, `lstat`: there are no links.
///
/// # Safety
/// `path` is 0 or the address of a string, `to` 0 or the place of a `struct stat`.
pub unsafe fn stat(path: u64, to: u64) -> Result {
    // SAFETY: `path` is 0 or the address of a string, `to` 0 or the place of a `struct stat`
    // (contract of this function).
    unsafe { newfstatat(AT_FDCWD as i64 as u64, path, to, 0) }
}

/// `fstat`.
///
/// # Safety
/// As [`stat`].
pub unsafe fn fstat(file: u64, to: u64) -> Result {
    let about = about_descriptor(file)?;
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, about.stat()) };
    Ok(0)
}

/// # Safety
/// As [`stat`].
unsafe fn about(dir: u64, path: u64, flags: u64) -> Result<About> {
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    unsafe {
        let empty = path == 0 || user::string(path)?.is_empty();
        if empty && flags as u32 & AT_EMPTY_PATH != 0 {
            return about_descriptor(dir);
        }
        Path::at(dir, path)?.about()
    }
}

/// `newfstatat`.
///
/// # Safety
/// As [`stat`].
pub unsafe fn newfstatat(dir: u64, path: u64, to: u64, flags: u64) -> Result {
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
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
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe {
        let about = about(dir, path, flags)?;
        user::put(to, about.statx());
    }
    Ok(0)
}
