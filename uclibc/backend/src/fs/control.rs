//! The system calls about descriptors themselves.

use super::pipe;
use super::table::{self, Entry, MAX, descriptor, with_entry};
use super::{console, fd};
use crate::errno::{EBADF, EINVAL, ENOTTY, ETIMEDOUT, Errno, Result, fail};
use crate::time::Deadline;
use crate::{signal, user};
use core::sync::atomic::Ordering;
use core::time::Duration;
use linux_raw_sys::general::{
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETLK, F_RDLCK, F_SETFD, F_SETFL, F_SETLK,
    F_SETLKW, F_UNLCK, F_WRLCK, FD_CLOEXEC, O_ACCMODE, O_APPEND, O_CLOEXEC, O_NONBLOCK, O_RDONLY,
    O_WRONLY, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLRDNORM, POLLWRNORM, flock, pollfd,
    timespec, timeval,
};
use linux_raw_sys::ioctl::{
    FIOCLEX, FIONBIO, FIONCLEX, FIONREAD, TCGETS, TCSETS, TCSETSF, TCSETSW,
};

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
///
/// # Safety
/// `arg` is 0 or the place that the command is about, if it is about one.
pub unsafe fn fcntl(file: u64, command: u64, arg: u64) -> Result {
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
        F_GETLK | F_SETLK | F_SETLKW => {
            let open = descriptor(number)?;
            // SAFETY: with this command the caller gives the place of a `flock`.
            let mut lock: flock = unsafe { user::get(arg)? };
            let access = open.flags.load(Ordering::Relaxed) & O_ACCMODE;
            match (command as u32, lock.l_type.unsigned_abs().into()) {
                (F_SETLK | F_SETLKW, F_RDLCK) if access == O_WRONLY => return fail(EBADF),
                (F_SETLK | F_SETLKW, F_WRLCK) if access == O_RDONLY => return fail(EBADF),
                (_, F_RDLCK | F_WRLCK) | (F_SETLK | F_SETLKW, F_UNLCK) => {}
                _ => return fail(EINVAL),
            }
            // A lock is the program's, which does not keep itself out; and servers of files know no
            // locks, so nobody else has one.
            if command as u32 == F_GETLK {
                lock.l_type = F_UNLCK as i16;
                // SAFETY: the caller's place of a `flock`, which was read from it.
                unsafe { user::put(arg, lock) };
            }
            Ok(0)
        }
        _ => {
            descriptor(number)?;
            fail(EINVAL)
        }
    }
}

/// `ioctl`: how a descriptor is used, and that the console is a terminal.
///
/// # Safety
/// `to` is 0 or the place that the request is about.
pub unsafe fn ioctl(file: u64, request: u64, to: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    match request as u32 {
        // SAFETY: the command takes no place.
        FIOCLEX => return unsafe { fcntl(file, F_SETFD.into(), FD_CLOEXEC.into()) },
        // SAFETY: the command takes no place.
        FIONCLEX => return unsafe { fcntl(file, F_SETFD.into(), 0) },
        FIONBIO => {
            // SAFETY: the place is the caller's.
            let on: i32 = unsafe { user::get(to)? };
            match on {
                0 => open.flags.fetch_and(!O_NONBLOCK, Ordering::Relaxed),
                _ => open.flags.fetch_or(O_NONBLOCK, Ordering::Relaxed),
            };
            return Ok(0);
        }
        FIONREAD if open.object.is_stream() && !open.object.is_terminal() => {
            // SAFETY: the place is the caller's.
            unsafe { user::put(to, open.object.waiting() as i32) };
            return Ok(0);
        }
        _ if !open.object.is_terminal() => return fail(ENOTTY),
        _ => {}
    }
    match request as u32 {
        TCGETS => {
            // SAFETY: with this request the caller gives the place of a `termios`.
            unsafe { user::put(to, console::modes()) };
            Ok(0)
        }
        how @ (TCSETS | TCSETSW | TCSETSF) => {
            // SAFETY: with these requests the caller gives the place of a `termios`.
            console::set_modes(unsafe { user::get(to)? }, how == TCSETSF);
            Ok(0)
        }
        _ => fail(ENOTTY),
    }
}

/// What of `wanted` a descriptor is ready for, and what is always told.
fn ready(file: i32, wanted: u32) -> u32 {
    match descriptor(file) {
        Ok(open) => {
            let mut ready = open.object.ready();
            // There is one kind of data: "normal" ones.
            for (any, normal) in [(POLLIN, POLLRDNORM), (POLLOUT, POLLWRNORM)] {
                if ready & any != 0 {
                    ready |= normal;
                }
            }
            ready & (wanted | POLLERR | POLLHUP)
        }
        Err(_) => POLLNVAL,
    }
}

/// How often to look whether there is input of the terminal: short at first, since what is piped
/// comes in pieces.
const LOOK: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// Whether a descriptor is the terminal's, of which no pipe's change tells.
fn is_terminal(file: i32) -> bool {
    descriptor(file).is_ok_and(|open| open.object.is_terminal())
}

/// The number of what is ready, as soon as something is; 0 if nothing is in time. `terminal` is
/// whether the terminal's input is asked for.
fn wait_for_any(
    timeout: Option<Duration>,
    terminal: bool,
    mut look: impl FnMut() -> Result,
) -> Result {
    let end = timeout.map(Deadline::after);
    let (mut patience, most) = LOOK;
    loop {
        let part = match terminal {
            true => Some(Deadline::after(patience).or_before(end)),
            false => end,
        };
        match pipe::wait_until(part, || Ok(Some(look()?).filter(|&found| found != 0))) {
            Err(Errno(ETIMEDOUT)) if end.is_some_and(Deadline::is_over) => return Ok(0),
            Err(Errno(ETIMEDOUT)) => patience = (patience * 2).min(most),
            found => return found,
        }
    }
}

/// `poll`, `ppoll`: what can be read or written here never blocks, but for pipes and the console.
///
/// # Safety
/// The array is the caller's.
pub unsafe fn poll(array: u64, count: u64, timeout: Option<Duration>) -> Result {
    if count > MAX as u64 {
        return fail(EINVAL);
    }
    let mut terminal = false;
    for i in 0..count {
        // SAFETY: the array is the caller's.
        let entry: pollfd = unsafe { user::get(array + i * size_of::<pollfd>() as u64)? };
        terminal |=
            u32::from(entry.events as u16) & (POLLIN | POLLRDNORM) != 0 && is_terminal(entry.fd);
    }
    wait_for_any(timeout, terminal, || {
        let mut found = 0;
        for i in 0..count {
            let place = array + i * size_of::<pollfd>() as u64;
            // SAFETY: the array is the caller's.
            let mut entry: pollfd = unsafe { user::get(place)? };
            entry.revents = if entry.fd < 0 {
                0
            } else {
                ready(entry.fd, u32::from(entry.events as u16)) as i16
            };
            found += i64::from(entry.revents != 0);
            // SAFETY: the array is the caller's.
            unsafe { user::put(place, entry) };
        }
        Ok(found)
    })
}

/// The words of a set of descriptors.
const WORDS: usize = MAX / 64;

/// A set of descriptors, as it is asked for.
///
/// # Safety
/// `set` is 0 or the address of a set of `count` bits.
unsafe fn wanted(set: u64, count: u64) -> Result<[u64; WORDS]> {
    let mut words = [0; WORDS];
    if set != 0 {
        for (i, word) in (0..count.div_ceil(64)).zip(&mut words) {
            // SAFETY: the set has these bits.
            let bits: u64 = unsafe { user::get(set + i * 8)? };
            let used = (count - i * 64).min(64);
            *word = bits & (u64::MAX >> (64 - used));
        }
    }
    Ok(words)
}

/// Which of a set's descriptors are ready for one of `events`; those of none are an error.
fn selected(wanted: &[u64; WORDS], events: u32) -> Result<([u64; WORDS], i64)> {
    let mut words = [0; WORDS];
    let mut found = 0;
    for (i, (word, wanted)) in words.iter_mut().zip(wanted).enumerate() {
        let mut rest = *wanted;
        while rest != 0 {
            let bit = rest.trailing_zeros();
            rest &= rest - 1;
            let state = ready((i * 64) as i32 + bit as i32, events);
            if state == POLLNVAL {
                return fail(EBADF);
            }
            if state & events != 0 {
                *word |= 1 << bit;
                found += 1;
            }
        }
    }
    Ok((words, found))
}

/// # Safety
/// The sets have `count` bits, or are 0.
unsafe fn select_for(args: [u64; 6], timeout: Option<Duration>) -> Result {
    let [count, read, write, except, ..] = args;
    let count = u64::from(count as u32);
    if count > WORDS as u64 * 64 {
        return fail(EINVAL);
    }
    let sets = [
        (read, POLLIN | POLLHUP | POLLERR),
        (write, POLLOUT | POLLERR),
    ];
    // SAFETY: the sets are the caller's.
    let asked = unsafe { [wanted(read, count)?, wanted(write, count)?] };
    let mut answer = [[0; WORDS]; 2];
    let terminal =
        (0..count as usize).any(|i| asked[0][i / 64] >> (i % 64) & 1 != 0 && is_terminal(i as i32));
    let found = wait_for_any(timeout, terminal, || {
        let mut found = 0;
        for ((asked, answer), (_, events)) in asked.iter().zip(&mut answer).zip(sets) {
            let (words, some) = selected(asked, events)?;
            *answer = words;
            found += some;
        }
        Ok(found)
    })?;
    // Nothing is ever exceptional.
    let places = [read, write, except]
        .into_iter()
        .zip(answer.iter().chain(&[[0; WORDS]]));
    for (set, words) in places.filter(|(set, _)| *set != 0) {
        for (i, word) in (0..count.div_ceil(64)).zip(words) {
            // SAFETY: the set has these bits, and C's has them in whole words.
            unsafe { user::put(set + i * 8, *word) };
        }
    }
    Ok(found)
}

/// `select`.
///
/// # Safety
/// The sets and the time are the caller's.
pub unsafe fn select(args: [u64; 6]) -> Result {
    // SAFETY: the sets and the time are 0 or the caller's own (contract of this function).
    unsafe {
        let timeout = match args[4] {
            0 => None,
            at => {
                let time: timeval = user::get(at)?;
                let (Ok(secs), Ok(micros)) =
                    (u64::try_from(time.tv_sec), u64::try_from(time.tv_usec))
                else {
                    return fail(EINVAL);
                };
                Some(Duration::from_micros(micros).saturating_add(Duration::from_secs(secs)))
            }
        };
        select_for(args, timeout)
    }
}

/// `pselect6`.
///
/// # Safety
/// The sets and the time are the caller's; the last argument is 0 or the address of the mask's own
/// address.
pub unsafe fn pselect(args: [u64; 6]) -> Result {
    let [.., time, mask] = args;
    // SAFETY: the addresses are 0 or those of what the call takes (caller's contract).
    unsafe {
        let timeout = timeout(time)?;
        let mask = if mask == 0 { 0 } else { user::get(mask)? };
        signal::with_mask(mask, || select_for(args, timeout))
    }
}

/// The time that a `timespec` tells; none if there is none.
///
/// # Safety
/// `at` is 0 or the address of a `timespec`.
pub unsafe fn timeout(at: u64) -> Result<Option<Duration>> {
    if at == 0 {
        return Ok(None);
    }
    // SAFETY: `at` is 0 or the address of a value of this type (contract of this function).
    let time: timespec = unsafe { user::get(at)? };
    match (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec)) {
        (Ok(secs), Ok(nanos)) if nanos < 1_000_000_000 => Ok(Some(Duration::new(secs, nanos))),
        _ => fail(EINVAL),
    }
}
