//! The system calls about content.

use super::path::{self, Path, Place};
use super::table::{Entry, Open, Reservation, descriptor};
use super::{Object, fd};
use crate::errno::{
    EBADF, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ERANGE, EROFS, ESPIPE, Errno, Result, fail,
};
use crate::user;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use l4re_files::{CREATE, EXCLUSIVE, TRUNCATE, WRITE};
use linux_raw_sys::general::{
    AT_FDCWD, FD_CLOEXEC, O_ACCMODE, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_TRUNC,
    SEEK_CUR, SEEK_END, SEEK_SET, W_OK, iovec,
};

/// Opens what is at a path.
fn open_object(path: &Path, flags: u32) -> Result<Box<dyn Object>> {
    let writes = flags & O_ACCMODE != O_RDONLY;
    let (creates, new) = (flags & O_CREAT != 0, flags & O_EXCL != 0);
    if let Place::Files(spot) = path.place()? {
        let mut how = 0;
        for (given, flag) in [
            (writes, WRITE),
            (creates, CREATE),
            (creates && new, EXCLUSIVE),
            (writes && flags & O_TRUNC != 0, TRUNCATE),
        ] {
            if given {
                how |= flag;
            }
        }
        let is_dir = path.of_dir || flags & O_DIRECTORY != 0 || spot.path.is_empty();
        let opened = if is_dir { fail(EISDIR) } else { spot.open(how) };
        return match opened {
            Ok(file) => Ok(Box::new(file)),
            // A directory is opened to be listed.
            Err(Errno(EISDIR)) if !writes && !creates => {
                if !spot.about()?.is_dir() {
                    return fail(ENOTDIR);
                }
                path.open_to_read()
            }
            Err(error) => Err(error),
        };
    }
    let object = match path.open_to_read() {
        Err(Errno(ENOENT)) if creates => return fail(EROFS),
        result => result?,
    };
    let is_dir = object.dir().is_some();
    if creates && new {
        return fail(EEXIST);
    }
    if (writes || creates) && is_dir {
        return fail(EISDIR);
    }
    if (writes || flags & O_TRUNC != 0) && !object.is_stream() {
        return fail(EROFS);
    }
    if (path.of_dir || flags & O_DIRECTORY != 0) && !is_dir {
        return fail(ENOTDIR);
    }
    Ok(object)
}

/// `open`, `openat`. (Files have no permissions.)
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn open(dir: u64, path: u64, flags: u64, _mode: u64) -> Result {
    let flags = flags as u32;
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    let path = unsafe { Path::at(dir, path)? };
    let slot = Reservation::new()?;
    let object = open_object(&path, flags)?;
    let own = if flags & O_CLOEXEC != 0 {
        FD_CLOEXEC
    } else {
        0
    };
    let entry = Entry {
        open: Arc::new(Open::new(object, flags)),
        flags: own,
    };
    Ok(slot.fill(entry))
}

/// `read`.
///
/// # Safety
/// `to` and `len` are of a buffer of the caller's.
pub unsafe fn read(file: u64, to: u64, len: u64) -> Result {
    // SAFETY: `to` is the address of a buffer of so many bytes, which is the caller's own meanwhile
    // (contract of this function).
    let to = unsafe { user::buffer(to, len)? };
    Ok(descriptor(fd(file)?)?.read(to)? as i64)
}

/// `write`.
///
/// # Safety
/// As [`read`].
pub unsafe fn write(file: u64, from: u64, len: u64) -> Result {
    // SAFETY: so many bytes at `from` may be read, and nobody changes them meanwhile (contract of
    // this function).
    let from = unsafe { user::bytes(from, len)? };
    Ok(descriptor(fd(file)?)?.write(from)? as i64)
}

/// What has been opened, for calls that name a place in it.
fn with_places(file: u64, at: u64) -> Result<Arc<Open>> {
    if (at as i64) < 0 {
        return fail(EINVAL);
    }
    let open = descriptor(fd(file)?)?;
    if !open.object.seeks() {
        return fail(ESPIPE);
    }
    Ok(open)
}

/// `pread64`.
///
/// # Safety
/// As [`read`].
pub unsafe fn pread(file: u64, to: u64, len: u64, at: u64) -> Result {
    // SAFETY: `to` is the address of a buffer of so many bytes, which is the caller's own meanwhile
    // (contract of this function).
    let to = unsafe { user::buffer(to, len)? };
    Ok(with_places(file, at)?.read_at(to, at)? as i64)
}

/// `pwrite64`.
///
/// # Safety
/// As [`read`].
pub unsafe fn pwrite(file: u64, from: u64, len: u64, at: u64) -> Result {
    // SAFETY: so many bytes at `from` may be read, and nobody changes them meanwhile (contract of
    // this function).
    let from = unsafe { user::bytes(from, len)? };
    Ok(with_places(file, at)?.write_at(from, at)? as i64)
}

/// The pieces that a call with a vector is about. There are at most 1,024, of a sum that the result
/// can tell.
///
/// # Safety
/// The array is the caller's.
unsafe fn pieces(vector: u64, count: u64) -> Result<Vec<iovec>> {
    const MAX: u64 = 1024;
    if count > MAX {
        return fail(EINVAL);
    }
    let mut pieces = Vec::with_capacity(count as usize);
    let mut sum = 0u64;
    for i in 0..count {
        // SAFETY: the array has `count` elements (caller's contract).
        let piece: iovec = unsafe { user::get(vector + i * size_of::<iovec>() as u64)? };
        sum = match sum.checked_add(piece.iov_len) {
            Some(sum) if sum <= isize::MAX as u64 => sum,
            _ => return fail(EINVAL),
        };
        pieces.push(piece);
    }
    Ok(pieces)
}

/// Calls `f` for each of the pieces, with what was done before; ends with the first that is not
/// done whole.
fn for_each(pieces: &[iovec], mut f: impl FnMut(&iovec, u64) -> Result<usize>) -> Result {
    let mut done = 0;
    for piece in pieces {
        let n = match f(piece, done) {
            Ok(n) => n as u64,
            Err(e) if done == 0 => return Err(e),
            Err(_) => break,
        };
        done += n;
        if n < piece.iov_len {
            break;
        }
    }
    Ok(done as i64)
}

/// `readv`. What has come is given; only for the first bytes a reader waits.
///
/// # Safety
/// The array and the buffers are the caller's.
pub unsafe fn readv(file: u64, vector: u64, count: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    // SAFETY: the array is the caller's (caller's contract).
    let pieces = unsafe { pieces(vector, count)? };
    for_each(&pieces, |piece, done| {
        // SAFETY: the buffer is the caller's (caller's contract).
        let to = unsafe { user::buffer(piece.iov_base as u64, piece.iov_len)? };
        match done {
            0 => open.read(to),
            _ => open.read_at_once(to),
        }
    })
}

/// `writev`.
///
/// # Safety
/// The array and the bytes are the caller's; they may lie in memory that cannot be written.
pub unsafe fn writev(file: u64, vector: u64, count: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    // SAFETY: the array is the caller's (caller's contract).
    let pieces = unsafe { pieces(vector, count)? };
    for_each(&pieces, |piece, _| {
        // SAFETY: the bytes are the caller's (caller's contract).
        open.write(unsafe { user::bytes(piece.iov_base as u64, piece.iov_len)? })
    })
}

/// `lseek`.
pub fn lseek(file: u64, offset: u64, from: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    if !open.object.seeks() {
        return fail(ESPIPE);
    }
    // As on Linux: a device is wherever it is asked to be.
    if open.object.is_stream() {
        return Ok(0);
    }
    let mut position = open.position.lock();
    let base = match from as u32 {
        SEEK_SET => 0,
        SEEK_CUR => *position as i64,
        SEEK_END => open.object.about()?.size as i64,
        _ => return fail(EINVAL),
    };
    let to = base.checked_add(offset as i64).filter(|to| *to >= 0);
    let Some(to) = to else {
        return fail(EINVAL);
    };
    if let Some(dir) = open.object.dir() {
        dir.seek(to as usize);
    }
    *position = to as u64;
    Ok(to)
}

/// `access`, `faccessat`: everything may be read, and written where things can be.
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn access(dir: u64, path: u64, mode: u64) -> Result {
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    let path = unsafe { Path::at(dir, path)? };
    path.about()?;
    match path.place()? {
        Place::Device(_) | Place::Files(_) => Ok(0),
        _ if mode as u32 & W_OK != 0 => fail(EROFS),
        _ => Ok(0),
    }
}

/// `chdir`.
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn chdir(path: u64) -> Result {
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    let path = unsafe { Path::at(AT_FDCWD as i64 as u64, path)? };
    if !path.about()?.is_dir() {
        return fail(ENOTDIR);
    }
    path::set_cwd(path.into_string());
    Ok(0)
}

/// `fchdir`.
pub fn fchdir(dir: u64) -> Result {
    match descriptor(fd(dir)?)?.object.dir() {
        Some(dir) => {
            path::set_cwd(dir.path().into());
            Ok(0)
        }
        None => fail(ENOTDIR),
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
    // SAFETY: `to` is the address of a buffer of so many bytes, which is the caller's own meanwhile
    // (contract of this function).
    unsafe { user::buffer(to, path.len() as u64)? }.copy_from_slice(&path);
    Ok(path.len() as i64)
}

/// `readlink`, `readlinkat`: there are no links.
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn readlink(dir: u64, path: u64) -> Result {
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    unsafe { Path::at(dir, path)? }.about()?;
    fail(EINVAL)
}

/// Whether a descriptor is one, for calls that have nothing to do.
pub fn check(file: u64) -> Result {
    descriptor(fd(file)?).map_or_else(|_| fail(EBADF), |_| Ok(0))
}
