//! Pipes, and pairs of connected stream sockets. There is no other program that could have an
//! end, so both ends are here, and what is between them is memory.

use super::object::{About, Object};
use super::table::{Entry, Open, insert, remove};
use super::{descriptor, fd};
use crate::atomic::{AtomicU32, Ordering};
use crate::errno::{
    EAFNOSUPPORT, EAGAIN, EINVAL, ENOTSOCK, EOPNOTSUPP, EPIPE, EPROTONOSUPPORT, ETIMEDOUT, Errno,
    Result, fail,
};
use crate::thread::{self, wait_for_change, wake_all};
use crate::time::Deadline;
use crate::{signal, user};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use l4re::sync::SpinLock;
use linux_raw_sys::general::{
    FD_CLOEXEC, O_ACCMODE, O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, POLLERR, POLLHUP,
    POLLIN, POLLOUT, POLLRDHUP, S_IFIFO, S_IFSOCK, SIGPIPE,
};

/// What fits between the ends, as on Linux.
const CAPACITY: usize = 65_536;
/// So many bytes are written together or not at all (`PIPE_BUF`).
const TOGETHER: usize = 4_096;
/// The kind of socket that there is: its domain, its type, and the flags beside the type.
const AF_UNIX: u64 = 1;
const SOCK_STREAM: u32 = 1;
const SOCKET_FLAGS: u32 = O_NONBLOCK | O_CLOEXEC;
/// What may be asked of a message: not to wait, no signal.
const MSG_DONTWAIT: u64 = 0x40;
const MSG_NOSIGNAL: u64 = 0x4000;

/// Counts what happens to pipes. Who waits for one waits for this to change: with as many
/// descriptors as `poll` takes, a word for each would not do.
static CHANGES: AtomicU32 = AtomicU32::new(0);
/// How many wait for that.
static WAITING: AtomicU32 = AtomicU32::new(0);

fn changed() {
    CHANGES.fetch_add(1, Ordering::SeqCst);
    if WAITING.load(Ordering::SeqCst) != 0 {
        wake_all(&CHANGES);
    }
}

/// Tries until there is an answer. None in time is an error, as is a signal that is handled.
pub fn wait_until<R>(
    end: Option<Deadline>,
    mut attempt: impl FnMut() -> Result<Option<R>>,
) -> Result<R> {
    loop {
        let seen = CHANGES.load(Ordering::SeqCst);
        if let Some(answer) = attempt()? {
            return Ok(answer);
        }
        if end.is_some_and(Deadline::is_over) {
            return fail(ETIMEDOUT);
        }
        WAITING.fetch_add(1, Ordering::SeqCst);
        let waited = wait_for_change(&CHANGES, seen, end);
        WAITING.fetch_sub(1, Ordering::SeqCst);
        match waited {
            // It has changed already, or the attempt comes first.
            Ok(_) | Err(Errno(EAGAIN | ETIMEDOUT)) => {}
            Err(error) => return Err(error),
        }
    }
}

/// One direction.
struct Channel(SpinLock<Between>);

struct Between {
    bytes: VecDeque<u8>,
    /// Whether there is an end to read from, and one to write to.
    read: bool,
    written: bool,
}

/// The end to read from.
struct Reader(Arc<Channel>);
/// The end to write to.
struct Writer(Arc<Channel>);

fn channel() -> Result<(Reader, Writer)> {
    let between = Between {
        bytes: VecDeque::new(),
        read: true,
        written: true,
    };
    let channel = Arc::new(Channel(SpinLock::new(between)));
    Ok((Reader(channel.clone()), Writer(channel)))
}

impl Reader {
    fn read(&self, to: &mut [u8], wait: bool) -> Result<usize> {
        if to.is_empty() {
            return Ok(0);
        }
        let got = wait_until(None, || {
            let mut between = self.0.0.lock();
            let len = between.bytes.len().min(to.len());
            if len == 0 {
                return match (between.written, wait) {
                    (false, _) => Ok(Some(0)),
                    (true, false) => fail(EAGAIN),
                    (true, true) => Ok(None),
                };
            }
            for (to, from) in to.iter_mut().zip(between.bytes.drain(..len)) {
                *to = from;
            }
            Ok(Some(len))
        })?;
        changed();
        Ok(got)
    }

    fn ready(&self) -> u32 {
        let between = self.0.0.lock();
        match (between.bytes.is_empty(), between.written) {
            (false, true) => POLLIN,
            (false, false) => POLLIN | POLLHUP,
            (true, false) => POLLHUP,
            (true, true) => 0,
        }
    }

    fn waiting(&self) -> usize {
        self.0.0.lock().bytes.len()
    }

    fn close(&self) {
        let mut between = self.0.0.lock();
        between.read = false;
        let bytes = core::mem::take(&mut between.bytes);
        drop(between);
        drop(bytes);
        changed();
    }
}

impl Writer {
    /// Writes all of it if it may wait, else what fits.
    fn write(&self, from: &[u8], wait: bool) -> Result<usize> {
        let mut rest = from;
        while !rest.is_empty() {
            let part = wait_until(None, || {
                let mut between = self.0.0.lock();
                if !between.read || !between.written {
                    return fail(EPIPE);
                }
                let room = CAPACITY - between.bytes.len();
                let least = if from.len() <= TOGETHER {
                    from.len()
                } else {
                    1
                };
                if room < least {
                    return if wait { Ok(None) } else { fail(EAGAIN) };
                }
                let part = rest.len().min(room);
                // Out of memory is told, and what was there stays.
                if between.bytes.try_reserve(part).is_err() {
                    return fail(crate::errno::ENOMEM);
                }
                between.bytes.extend(rest.iter().take(part));
                Ok(Some(part))
            });
            match part {
                Ok(part) => {
                    changed();
                    rest = rest.get(part..).unwrap_or(&[]);
                }
                // What was written before counts.
                Err(_) if rest.len() < from.len() => break,
                Err(error) => return Err(error),
            }
            if !wait {
                break;
            }
        }
        Ok(from.len() - rest.len())
    }

    fn ready(&self) -> u32 {
        let between = self.0.0.lock();
        match (between.read, CAPACITY - between.bytes.len() >= TOGETHER) {
            (false, _) => POLLOUT | POLLERR,
            (true, true) => POLLOUT,
            (true, false) => 0,
        }
    }

    fn close(&self) {
        self.0.0.lock().written = false;
        changed();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.close();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// A write to an end that nobody reads is a signal, too, as on Linux.
fn tell_of(written: Result<usize>) -> Result<usize> {
    if written == fail(EPIPE) {
        signal::kill(thread::main_id().into(), SIGPIPE.into())?;
    }
    written
}

/// What is not the same for every thing that has been opened.
fn about(mode: u32) -> Result<About> {
    Ok(About {
        mode: mode | 0o600,
        ..About::device(7)
    })
}

impl Object for Reader {
    fn about(&self) -> Result<About> {
        about(S_IFIFO)
    }

    fn read(&self, to: &mut [u8], _: u64, wait: bool) -> Result<usize> {
        Reader::read(self, to, wait)
    }

    fn write(&self, _: &[u8], _: u64) -> Result<usize> {
        fail(EINVAL)
    }

    fn is_stream(&self) -> bool {
        true
    }

    fn ready(&self) -> u32 {
        Reader::ready(self)
    }

    fn waiting(&self) -> usize {
        Reader::waiting(self)
    }
}

impl Object for Writer {
    fn about(&self) -> Result<About> {
        about(S_IFIFO)
    }

    fn read(&self, _: &mut [u8], _: u64, _: bool) -> Result<usize> {
        fail(EINVAL)
    }

    fn write(&self, from: &[u8], _: u64) -> Result<usize> {
        self.write_to_stream(from, true)
    }

    fn write_to_stream(&self, from: &[u8], wait: bool) -> Result<usize> {
        tell_of(Writer::write(self, from, wait))
    }

    fn is_stream(&self) -> bool {
        true
    }

    fn ready(&self) -> u32 {
        Writer::ready(self)
    }
}

/// One of two connected sockets.
struct Socket {
    from: Reader,
    to: Writer,
}

impl Object for Socket {
    fn about(&self) -> Result<About> {
        about(S_IFSOCK)
    }

    fn read(&self, to: &mut [u8], _: u64, wait: bool) -> Result<usize> {
        self.from.read(to, wait)
    }

    fn write(&self, from: &[u8], _: u64) -> Result<usize> {
        self.write_to_stream(from, true)
    }

    fn write_to_stream(&self, from: &[u8], wait: bool) -> Result<usize> {
        tell_of(self.to.write(from, wait))
    }

    fn is_stream(&self) -> bool {
        true
    }

    fn ready(&self) -> u32 {
        let (from, to) = (self.from.ready(), self.to.ready());
        match (from & POLLHUP != 0, to & POLLERR != 0) {
            // Nothing comes any more, and nothing is taken.
            (true, true) => from | POLLIN | POLLOUT | POLLRDHUP,
            // Nothing comes any more: that much can be read.
            (true, false) => (from & !POLLHUP) | POLLIN | POLLRDHUP | to,
            (false, _) => from | (to & !POLLERR),
        }
    }

    fn waiting(&self) -> usize {
        self.from.waiting()
    }

    fn shut_down(&self, read: bool, write: bool) -> Result<()> {
        if read {
            self.from.close();
        }
        if write {
            self.to.close();
        }
        Ok(())
    }

    fn is_socket(&self) -> bool {
        true
    }
}

/// Makes two descriptors, and puts their numbers where the caller wants them.
///
/// # Safety
/// `to` is 0 or the address of two numbers.
unsafe fn open_both(to: u64, ends: [(Box<dyn Object>, u32); 2], flags: u32) -> Result {
    let own = if flags & O_CLOEXEC != 0 {
        FD_CLOEXEC
    } else {
        0
    };
    let [one, other] = ends.map(|(object, access)| Entry {
        open: Arc::new(Open::new(object, access | flags & O_NONBLOCK)),
        flags: own,
    });
    let one = insert(one, 0)? as i32;
    let other = match insert(other, 0) {
        Ok(other) => other as i32,
        Err(error) => {
            remove(one)?;
            return Err(error);
        }
    };
    // SAFETY: the place is the caller's.
    unsafe { user::put(to, [one, other]) };
    Ok(0)
}

/// `pipe`, `pipe2`.
///
/// # Safety
/// `to` is 0 or the address of two numbers.
pub unsafe fn pipe(to: u64, flags: u64) -> Result {
    let flags = flags as u32;
    if flags & !(O_CLOEXEC | O_NONBLOCK) != 0 || flags & O_ACCMODE != 0 {
        return fail(EINVAL);
    }
    let (reader, writer) = channel()?;
    let ends: [(Box<dyn Object>, u32); 2] =
        [(Box::new(reader), O_RDONLY), (Box::new(writer), O_WRONLY)];
    // SAFETY: the place is the caller's.
    unsafe { open_both(to, ends, flags) }
}

/// `socketpair`: of streams within the program.
///
/// # Safety
/// `to` is 0 or the address of two numbers.
pub unsafe fn socket_pair(domain: u64, kind: u64, protocol: u64, to: u64) -> Result {
    let kind = kind as u32;
    if domain != AF_UNIX {
        return fail(EAFNOSUPPORT);
    }
    if kind & !SOCKET_FLAGS != SOCK_STREAM || protocol as u32 > 1 {
        return fail(EPROTONOSUPPORT);
    }
    let ((from_a, to_b), (from_b, to_a)) = (channel()?, channel()?);
    let a = Socket {
        from: from_a,
        to: to_a,
    };
    let b = Socket {
        from: from_b,
        to: to_b,
    };
    let ends: [(Box<dyn Object>, u32); 2] = [(Box::new(a), O_RDWR), (Box::new(b), O_RDWR)];
    // SAFETY: the place is the caller's.
    unsafe { open_both(to, ends, kind & SOCKET_FLAGS) }
}

fn socket(file: u64) -> Result<Arc<Open>> {
    let open = descriptor(fd(file)?)?;
    if open.object.is_socket() {
        Ok(open)
    } else {
        fail(ENOTSOCK)
    }
}

/// `send`, and `sendto` without an address.
///
/// # Safety
/// `from` and `len` are of a buffer of the caller's.
pub unsafe fn send(file: u64, from: u64, len: u64, flags: u64) -> Result {
    let open = socket(file)?;
    if flags & !(MSG_DONTWAIT | MSG_NOSIGNAL) != 0 {
        return fail(EOPNOTSUPP);
    }
    // SAFETY: the buffer is the caller's.
    let from = unsafe { user::bytes(from, len)? };
    let wait = open.waits() && flags & MSG_DONTWAIT == 0;
    Ok(open.object.write_to_stream(from, wait)? as i64)
}

/// `recv`, and `recvfrom`, which tells no address.
///
/// # Safety
/// `to` and `len` are of a buffer of the caller's, `address_len` is 0 or the address of a number.
pub unsafe fn receive(file: u64, to: u64, len: u64, flags: u64, address_len: u64) -> Result {
    let open = socket(file)?;
    if flags & !MSG_DONTWAIT != 0 {
        return fail(EOPNOTSUPP);
    }
    // SAFETY: the buffer and the place are the caller's.
    let to = unsafe {
        user::put(address_len, 0_u32);
        user::buffer(to, len)?
    };
    let wait = open.waits() && flags & MSG_DONTWAIT == 0;
    Ok(open.object.read(to, 0, wait)? as i64)
}

/// `shutdown`.
pub fn shut_down(file: u64, how: u64) -> Result {
    let (read, write) = match how {
        0 => (true, false),
        1 => (false, true),
        2 => (true, true),
        _ => return fail(EINVAL),
    };
    socket(file)?.object.shut_down(read, write)?;
    Ok(0)
}

#[cfg(all(test, interleavings))]
mod interleavings {
    use super::*;
    use l4re_interleavings::{check, spawn};

    #[test]
    fn a_pipe_loses_nothing_and_tells_its_end() {
        check(|kernel| {
            let (reader, writer) = channel().unwrap();
            let writes = spawn(kernel, move |_| {
                for byte in 0..3 {
                    assert_eq!(Writer::write(&writer, &[byte], true), Ok(1));
                }
                drop(writer);
            });
            let mut bytes = [0; 2];
            let mut got = alloc::vec::Vec::new();
            loop {
                match Reader::read(&reader, &mut bytes, true).unwrap() {
                    0 => break,
                    n => got.extend_from_slice(&bytes[..n]),
                }
            }
            assert_eq!(got, [0, 1, 2]);
            writes.join().unwrap();
        });
    }
}
