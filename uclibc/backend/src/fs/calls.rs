//! The system calls about paths and content.

use super::fd;
use super::path::{self, Node};
use super::table::{Entry, Kind, Open, descriptor, insert};
use crate::errno::{
    EACCES, EBADF, EINVAL, ENOENT, ENOTDIR, ERANGE, EROFS, ESPIPE, Errno, Result, fail,
};
use crate::user;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use linux_raw_sys::general::{
    AT_FDCWD, FD_CLOEXEC, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_TRUNC, SEEK_CUR, SEEK_END,
    SEEK_SET, W_OK, iovec,
};

/// Looks up a path that starts at a directory's descriptor.
///
/// # Safety
/// `path` is 0 or the address of a string.
pub unsafe fn look_up_at(dir: u64, path: u64) -> Result<(Node, Vec<String>)> {
    // SAFETY: as the caller vouches.
    let path = unsafe { user::string(path)? };
    let dir = fd(dir)?;
    let parts = if dir == AT_FDCWD || path.starts_with(b"/") {
        path::parts(path, None)?
    } else {
        match &descriptor(dir)?.kind {
            Kind::Dir(base, _) => path::parts(path, Some(base))?,
            _ => return fail(ENOTDIR),
        }
    };
    let node = path::look_up(parts.clone())?;
    path::check_trailing(path, &node)?;
    Ok((node, parts))
}

/// `open`, `openat`.
///
/// # Safety
/// As [`look_up_at`].
pub unsafe fn open(dir: u64, path: u64, flags: u64) -> Result {
    let flags = flags as u32;
    // SAFETY: as the caller vouches.
    let node = match unsafe { look_up_at(dir, path) } {
        Ok((node, _)) => node,
        Err(Errno(ENOENT)) if flags & O_CREAT != 0 => return fail(EROFS),
        Err(e) => return Err(e),
    };
    if flags & O_CREAT != 0 && flags & O_EXCL != 0 {
        return fail(linux_raw_sys::errno::EEXIST);
    }
    if flags & O_TRUNC != 0 && matches!(node, Node::File(_)) {
        return fail(EROFS);
    }
    let open = Open::new(node, flags)?;
    if flags & O_DIRECTORY != 0 && !matches!(open.kind, Kind::Dir(..)) {
        return fail(ENOTDIR);
    }
    let own = if flags & O_CLOEXEC != 0 {
        FD_CLOEXEC
    } else {
        0
    };
    let entry = Entry {
        open: Arc::new(open),
        flags: own,
    };
    insert(entry, 0)
}

/// `read`.
///
/// # Safety
/// `to` and `len` are of a buffer of the caller's.
pub unsafe fn read(file: u64, to: u64, len: u64) -> Result {
    // SAFETY: as the caller vouches.
    let to = unsafe { user::buffer(to, len)? };
    Ok(descriptor(fd(file)?)?.read(to)? as i64)
}

/// `write`.
///
/// # Safety
/// As [`read`].
pub unsafe fn write(file: u64, from: u64, len: u64) -> Result {
    // SAFETY: as the caller vouches.
    let from = unsafe { user::bytes(from, len)? };
    Ok(descriptor(fd(file)?)?.write(from)? as i64)
}

/// `pread64`.
///
/// # Safety
/// As [`read`].
pub unsafe fn pread(file: u64, to: u64, len: u64, offset: u64) -> Result {
    if (offset as i64) < 0 {
        return fail(EINVAL);
    }
    let open = descriptor(fd(file)?)?;
    if let Kind::Device(_) = open.kind {
        return fail(ESPIPE);
    }
    // SAFETY: as the caller vouches.
    let to = unsafe { user::buffer(to, len)? };
    Ok(open.read_at(to, offset)? as i64)
}

/// Calls `f` for each of the pieces; ends with the first that is not done whole.
///
/// # Safety
/// The array and what it names are the caller's.
unsafe fn for_each(
    vector: u64,
    count: u64,
    mut f: impl FnMut(&mut [u8]) -> Result<usize>,
) -> Result {
    const MAX: u64 = 1024;
    if count > MAX {
        return fail(EINVAL);
    }
    let mut done = 0;
    for i in 0..count {
        // SAFETY: as the caller vouches.
        let piece: iovec = unsafe { user::get(vector + i * size_of::<iovec>() as u64)? };
        // SAFETY: as the caller vouches.
        let bytes = unsafe { user::buffer(piece.iov_base as u64, piece.iov_len)? };
        let len = bytes.len();
        let n = match f(bytes) {
            Ok(n) => n,
            Err(e) if done == 0 => return Err(e),
            Err(_) => break,
        };
        done += n as i64;
        if n < len {
            break;
        }
    }
    Ok(done)
}

/// `readv`.
///
/// # Safety
/// The array and the buffers are the caller's.
pub unsafe fn readv(file: u64, vector: u64, count: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    // SAFETY: as the caller vouches.
    unsafe { for_each(vector, count, |to| open.read(to)) }
}

/// `writev`.
///
/// # Safety
/// As [`readv`].
pub unsafe fn writev(file: u64, vector: u64, count: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    // SAFETY: as the caller vouches.
    unsafe { for_each(vector, count, |from| open.write(from)) }
}

/// `lseek`.
pub fn lseek(file: u64, offset: u64, from: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    let size = match &open.kind {
        Kind::Device(_) => return fail(ESPIPE),
        Kind::File(file) => file.size() as i64,
        Kind::Dir(..) => 0,
    };
    let mut position = open.position.lock();
    let base = match from as u32 {
        SEEK_SET => 0,
        SEEK_CUR => *position as i64,
        SEEK_END => size,
        _ => return fail(EINVAL),
    };
    let to = base.checked_add(offset as i64).filter(|to| *to >= 0);
    let Some(to) = to else {
        return fail(EINVAL);
    };
    if let Kind::Dir(_, listing) = &open.kind {
        listing.lock().seek(to as usize);
    }
    *position = to as u64;
    Ok(to)
}

/// `access`, `faccessat`: everything may be read, nothing but devices written.
///
/// # Safety
/// As [`look_up_at`].
pub unsafe fn access(dir: u64, path: u64, mode: u64) -> Result {
    // SAFETY: as the caller vouches.
    let (node, _) = unsafe { look_up_at(dir, path)? };
    match node {
        Node::Device(_) => Ok(0),
        _ if mode as u32 & W_OK != 0 => fail(EROFS),
        _ => Ok(0),
    }
}

/// `chdir`.
///
/// # Safety
/// As [`look_up_at`].
pub unsafe fn chdir(path: u64) -> Result {
    // SAFETY: as the caller vouches.
    let (node, parts) = unsafe { look_up_at(AT_FDCWD as i64 as u64, path)? };
    match node {
        Node::File(_) | Node::Device(_) => fail(ENOTDIR),
        _ => {
            path::set_cwd(parts);
            Ok(0)
        }
    }
}

/// `fchdir`.
pub fn fchdir(dir: u64) -> Result {
    match &descriptor(fd(dir)?)?.kind {
        Kind::Dir(path, _) => {
            path::set_cwd(path.clone());
            Ok(0)
        }
        _ => fail(ENOTDIR),
    }
}

/// `getcwd`: the path with the 0 behind it; returns their length.
///
/// # Safety
/// `to` and `size` are of a buffer of the caller's.
pub unsafe fn getcwd(to: u64, size: u64) -> Result {
    let mut path = path::cwd().into_bytes();
    path.push(0);
    if size < path.len() as u64 {
        return fail(ERANGE);
    }
    // SAFETY: as the caller vouches.
    unsafe { user::buffer(to, path.len() as u64)? }.copy_from_slice(&path);
    Ok(path.len() as i64)
}

/// `readlink`, `readlinkat`: there are no links.
///
/// # Safety
/// As [`look_up_at`].
pub unsafe fn readlink(dir: u64, path: u64) -> Result {
    // SAFETY: as the caller vouches.
    unsafe { look_up_at(dir, path)? };
    fail(EINVAL)
}

/// What would change files: they are read-only. What is not there at all is told first.
///
/// # Safety
/// As [`look_up_at`].
pub unsafe fn refuse_change(dir: u64, path: u64, creates: bool) -> Result {
    // SAFETY: as the caller vouches.
    match unsafe { look_up_at(dir, path) } {
        Ok(_) if creates => fail(linux_raw_sys::errno::EEXIST),
        Ok((Node::Device(_) | Node::Root | Node::Devices, _)) => fail(EACCES),
        Err(e) if !creates || e != Errno(ENOENT) => Err(e),
        _ => fail(EROFS),
    }
}

/// Whether a descriptor is one, for calls that have nothing to do.
pub fn check(file: u64) -> Result {
    descriptor(fd(file)?).map_or_else(|_| fail(EBADF), |_| Ok(0))
}
