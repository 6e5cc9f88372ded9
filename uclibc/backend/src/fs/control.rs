//! The system calls about descriptors themselves.

use super::fd;
use super::table::{self, Entry, descriptor, with_entry};
use crate::errno::{EBADF, EINVAL, ENOTTY, Result, fail};
use crate::{time, user};
use core::sync::atomic::Ordering;
use core::time::Duration;
use linux_raw_sys::general::{
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, O_APPEND, O_CLOEXEC,
    O_NONBLOCK, POLLIN, POLLNVAL, POLLOUT, pollfd, timespec, timeval,
};
use linux_raw_sys::ioctl::{TCGETS, TCSETS, TCSETSF, TCSETSW};

/// `close`.
pub fn close(file: u64) -> Result {
    table::remove(fd(file)?)
}

/// `dup`, and `fcntl`'s kinds of it.
pub fn dup(file: u64, least: u64, flags: u32) -> Result {
    let open = descriptor(fd(file)?)?;
    table::insert(Entry { open, flags }, least as usize)
}

/// `dup2`, `dup3` (which refuses to do nothing).
pub fn dup_to(file: u64, to: u64, flags: Option<u64>) -> Result {
    let (from, to) = (fd(file)?, fd(to)?);
    let open = descriptor(from)?;
    if from == to {
        return if flags.is_none() {
            Ok(to.into())
        } else {
            fail(EINVAL)
        };
    }
    let cloexec = flags.unwrap_or(0) as u32 & O_CLOEXEC != 0;
    let flags = if cloexec { FD_CLOEXEC } else { 0 };
    table::replace(to, Entry { open, flags })
}

/// `fcntl`.
pub fn fcntl(file: u64, command: u64, arg: u64) -> Result {
    const CHANGEABLE: u32 = O_APPEND | O_NONBLOCK;
    let number = fd(file)?;
    match command as u32 {
        F_DUPFD => dup(file, arg, 0),
        F_DUPFD_CLOEXEC => dup(file, arg, FD_CLOEXEC),
        F_GETFD => with_entry(number, |entry| entry.flags.into()),
        F_SETFD => with_entry(number, |entry| {
            entry.flags = arg as u32 & FD_CLOEXEC;
            0
        }),
        F_GETFL => Ok(descriptor(number)?.flags.load(Ordering::Relaxed).into()),
        F_SETFL => {
            let open = descriptor(number)?;
            let kept = open.flags.load(Ordering::Relaxed) & !CHANGEABLE;
            let new = kept | (arg as u32 & CHANGEABLE);
            open.flags.store(new, Ordering::Relaxed);
            Ok(0)
        }
        _ => {
            descriptor(number)?;
            fail(EINVAL)
        }
    }
}

/// The kernel's `struct termios`.
#[repr(C)]
struct Termios {
    input: u32,
    output: u32,
    control: u32,
    local: u32,
    line: u8,
    chars: [u8; 19],
}

/// The modes of a terminal as one finds it: lines, echoed, of 8 bits at 38400 bauds.
const COOKED: Termios = Termios {
    input: 0o400,
    output: 0o5,
    control: 0o277,
    local: 0o105073,
    line: 0,
    chars: [
        3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0,
    ],
};

/// `ioctl`: that the console is a terminal. Its modes are the log's, and stay.
///
/// # Safety
/// `to` is 0 or the place that the request is about.
pub unsafe fn ioctl(file: u64, request: u64, to: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    if !open.object.is_terminal() {
        return fail(ENOTTY);
    }
    match request as u32 {
        TCGETS => {
            // SAFETY: as the caller vouches.
            unsafe { user::put(to, COOKED) };
            Ok(0)
        }
        TCSETS | TCSETSW | TCSETSF => Ok(0),
        _ => fail(ENOTTY),
    }
}

/// What of `wanted` a descriptor is ready for. Input of the console may be there or not: a read
/// tells.
fn ready(file: i32, wanted: u32) -> u32 {
    match descriptor(file) {
        Ok(_) => wanted & (POLLIN | POLLOUT),
        Err(_) => POLLNVAL,
    }
}

/// `poll`, `ppoll`: what can be read or written here never blocks, but for the console.
///
/// # Safety
/// The array is the caller's.
pub unsafe fn poll(array: u64, count: u64, timeout: Option<Duration>) -> Result {
    let mut found = 0;
    for i in 0..count {
        let place = array + i * size_of::<pollfd>() as u64;
        // SAFETY: as the caller vouches.
        let mut entry: pollfd = unsafe { user::get(place)? };
        entry.revents = if entry.fd < 0 {
            0
        } else {
            ready(entry.fd, entry.events as u32) as i16
        };
        found += i64::from(entry.revents != 0);
        // SAFETY: as the caller vouches.
        unsafe { user::put(place, entry) };
    }
    if found == 0 {
        // With nothing to become ready, waiting is all that there is.
        time::sleep(timeout)?;
    }
    Ok(found)
}

/// The bits of a set of descriptors, counted; those of none are an error.
///
/// # Safety
/// `set` is 0 or the address of a set of `count` bits.
unsafe fn selected(set: u64, count: u64) -> Result {
    let mut found = 0;
    for file in 0..if set == 0 { 0 } else { count } {
        // SAFETY: as the caller vouches.
        let word: u64 = unsafe { user::get(set + file / 64 * 8)? };
        if word >> (file % 64) & 1 != 0 {
            if ready(file as i32, POLLIN) == POLLNVAL {
                return fail(EBADF);
            }
            found += 1;
        }
    }
    Ok(found)
}

/// # Safety
/// The sets have `count` bits, or are 0.
unsafe fn select_for(args: [u64; 6], timeout: Option<Duration>) -> Result {
    let [count, read, write, except, ..] = args;
    // SAFETY: as the caller vouches.
    unsafe {
        let found = selected(read, count)? + selected(write, count)?;
        // Nothing is ever exceptional.
        if except != 0 {
            user::buffer(except, count.div_ceil(64) * 8)?.fill(0);
        }
        if found == 0 {
            time::sleep(timeout)?;
        }
        Ok(found)
    }
}

/// `select`.
///
/// # Safety
/// The sets and the time are the caller's.
pub unsafe fn select(args: [u64; 6]) -> Result {
    // SAFETY: as the caller vouches.
    unsafe {
        let timeout = match args[4] {
            0 => None,
            at => {
                let time: timeval = user::get(at)?;
                let micros = time
                    .tv_sec
                    .saturating_mul(1_000_000)
                    .saturating_add(time.tv_usec);
                Some(Duration::from_micros(micros.max(0) as u64))
            }
        };
        select_for(args, timeout)
    }
}

/// `pselect6`.
///
/// # Safety
/// As [`select`].
pub unsafe fn pselect(args: [u64; 6]) -> Result {
    // SAFETY: as the caller vouches.
    unsafe { select_for(args, timeout(args[4])?) }
}

/// The time that a `timespec` tells; none if there is none.
///
/// # Safety
/// `at` is 0 or the address of a `timespec`.
pub unsafe fn timeout(at: u64) -> Result<Option<Duration>> {
    if at == 0 {
        return Ok(None);
    }
    // SAFETY: as the caller vouches.
    let time: timespec = unsafe { user::get(at)? };
    match (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec)) {
        (Ok(secs), Ok(nanos)) if nanos < 1_000_000_000 => Ok(Some(Duration::new(secs, nanos))),
        _ => fail(EINVAL),
    }
}
