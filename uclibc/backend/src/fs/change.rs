//! The system calls that make, remove, rename and change files. What is not in a server of files
//! is read-only.

use super::calls;
use super::fd;
use super::files::Spot;
use super::path::{Last, Path, Place};
use super::table::descriptor;
use crate::errno::{
    EACCES, EBUSY, EEXIST, EFBIG, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EOPNOTSUPP, EPERM,
    EROFS, EXDEV, Errno, Result, fail,
};
use l4re_files::{Files, WRITE};
use linux_raw_sys::general::{AT_FDCWD, AT_REMOVEDIR, RENAME_NOREPLACE};

/// Where a path leads in a server of files. Elsewhere nothing can be changed: what is not there at
/// all is told first.
fn changeable(path: &Path, creates: bool) -> Result<Spot<'_>> {
    match path.place()? {
        Place::Files(spot) if !spot.path.is_empty() => Ok(spot),
        Place::Files(_) if creates => fail(EEXIST),
        Place::Files(_) => fail(EBUSY),
        place => match path.about() {
            Ok(_) if creates => fail(EEXIST),
            Ok(_) if !matches!(place, Place::Names(..)) => fail(EACCES),
            Err(error) if !creates || error != Errno(ENOENT) => Err(error),
            _ => fail(EROFS),
        },
    }
}

/// `unlink`, `rmdir`, `unlinkat`.
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn remove(dir: u64, path: u64, flags: u64) -> Result {
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    let path = unsafe { Path::at(dir, path)? };
    let is_dir = flags as u32 & AT_REMOVEDIR != 0;
    match path.last {
        Last::Dot if is_dir => return fail(EINVAL),
        Last::DotDot if is_dir => return fail(ENOTEMPTY),
        _ => {}
    }
    let spot = changeable(&path, false)?;
    if path.of_dir && !is_dir {
        return fail(if path.about()?.is_dir() {
            EISDIR
        } else {
            ENOTDIR
        });
    }
    full_is_not_empty(spot.server.remove(is_dir, spot.path), is_dir)
}

/// L4Re's errors do not have one for a directory that is not empty.
fn full_is_not_empty(result: l4re::Result<()>, is_dir: bool) -> Result {
    match result.map_err(Errno::from) {
        Err(Errno(EEXIST)) if is_dir => fail(ENOTEMPTY),
        Err(error) => Err(error),
        Ok(()) => Ok(0),
    }
}

/// `mkdir`, `mkdirat`.
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn make_dir(dir: u64, path: u64) -> Result {
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    let path = unsafe { Path::at(dir, path)? };
    let spot = changeable(&path, true)?;
    spot.server.make_dir(spot.path)?;
    Ok(0)
}

/// `rename`, `renameat`, `renameat2`.
///
/// # Safety
/// As [`Path::at`], twice.
pub unsafe fn rename(from_dir: u64, from: u64, to_dir: u64, to: u64, flags: u64) -> Result {
    // SAFETY: `from` is 0 or the address of a string that ends with 0 (contract of this function).
    let (from, to) = unsafe { (Path::at(from_dir, from)?, Path::at(to_dir, to)?) };
    if from.last != Last::Name || to.last != Last::Name {
        return fail(EBUSY);
    }
    let old = changeable(&from, false)?;
    let new = match to.place()? {
        Place::Files(spot) => spot,
        _ => return fail(EXDEV),
    };
    if new.server.idx() != old.server.idx() {
        return fail(EXDEV);
    }
    if new.path.is_empty() {
        return fail(EBUSY);
    }
    let is_dir = old.about()?.is_dir();
    if (from.of_dir || to.of_dir) && !is_dir {
        return fail(ENOTDIR);
    }
    match flags as u32 {
        0 => {}
        RENAME_NOREPLACE => {
            if new.about().is_ok() {
                return fail(EEXIST);
            }
        }
        _ => return fail(EINVAL),
    }
    full_is_not_empty(old.server.rename(old.path, new.path), is_dir)
}

fn size(size: u64) -> Result<u64> {
    i64::try_from(size).map_or_else(|_| fail(EINVAL), |_| Ok(size))
}

/// `truncate`.
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn truncate(path: u64, to: u64) -> Result {
    let to = size(to)?;
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    let path = unsafe { Path::at(AT_FDCWD as i64 as u64, path)? };
    let spot = changeable(&path, false)?;
    super::Object::resize(&spot.open(WRITE)?, to)?;
    Ok(0)
}

/// `ftruncate`.
pub fn ftruncate(file: u64, to: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    open.to_write().or_else(|_| fail(EINVAL))?;
    open.object.resize(size(to)?)?;
    Ok(0)
}

/// `fallocate`: memory is taken as it is written; a file becomes as long as asked for.
pub fn allocate(file: u64, mode: u64, at: u64, len: u64) -> Result {
    if mode != 0 {
        return fail(EOPNOTSUPP);
    }
    let open = descriptor(fd(file)?)?;
    open.to_write()?;
    let end = (i64::try_from(at).ok()).zip(i64::try_from(len).ok().filter(|len| *len > 0));
    let Some((at, len)) = end else {
        return fail(EINVAL);
    };
    let end = at.checked_add(len).map_or_else(|| fail(EFBIG), Ok)? as u64;
    if open.object.about()?.size < end {
        open.object.resize(end)?;
    }
    Ok(0)
}

/// Links and devices: there are none.
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn refuse_new(dir: u64, path: u64) -> Result {
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    let path = unsafe { Path::at(dir, path)? };
    let spot = changeable(&path, true)?;
    match spot.about() {
        Ok(_) => fail(EEXIST),
        Err(Errno(ENOENT)) => fail(EPERM),
        Err(error) => Err(error),
    }
}

/// `chmod`, `fchmodat`: whatever is asked for, files of a server stay as they are, as on other
/// systems without permissions: `std::fs::copy` would fail otherwise.
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn keep_mode(dir: u64, path: u64) -> Result {
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    let path = unsafe { Path::at(dir, path)? };
    path.about()?;
    match path.place()? {
        Place::Files(_) => Ok(0),
        _ => changeable(&path, false).and(fail(EROFS)),
    }
}

/// Whether an owner is the one that all have, or to be left as it is.
fn is_owner(id: u64) -> bool {
    [0, u32::MAX].contains(&(id as u32))
}

/// `chown`, `lchown`, `fchownat`.
///
/// # Safety
/// As [`Path::at`].
pub unsafe fn keep_owner(dir: u64, path: u64, user: u64, group: u64) -> Result {
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    unsafe { keep_mode(dir, path)? };
    if is_owner(user) && is_owner(group) {
        Ok(0)
    } else {
        fail(EPERM)
    }
}

/// `fchown`.
pub fn keep_open_owner(file: u64, user: u64, group: u64) -> Result {
    calls::check(file)?;
    if is_owner(user) && is_owner(group) {
        Ok(0)
    } else {
        fail(EPERM)
    }
}

/// `utimensat` and its kin: the times are the server's.
///
/// # Safety
/// As [`Path::at`], or `path` is 0 and `dir` a descriptor.
pub unsafe fn refuse_times(dir: u64, path: u64) -> Result {
    if path == 0 {
        calls::check(dir)?;
        return fail(EPERM);
    }
    // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this function).
    let path = unsafe { Path::at(dir, path)? };
    path.about()?;
    changeable(&path, false).and(fail(EPERM))
}
