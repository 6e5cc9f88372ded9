//! Bytes in and out: the traits of the crate `embedded-io`, for consoles, the log and
//! [rings](crate::ring).
//!
//! ```
//! use embedded_io::Write;
//! use l4re::ring::{Bells, Heap, Sender};
//!
//! fn greet(to: &mut impl Write) {
//!     writeln!(to, "hello, {}", "world").expect("there is room");
//! }
//!
//! greet(&mut Sender::new(Heap::new(4096), Bells::NONE).unwrap());
//! ```

use crate::cap::{Cap, OwnedCap};
use crate::env::Env;
use crate::error::{Error, ErrorCode, Result};
use crate::icu::Icu;
use crate::ring::{Memory, Receiver, Sender};
use crate::semaphore::Semaphore;
use crate::vcon::Vcon;
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write, WriteReady};
use heapless::Deque;
use l4re_sys::op::vcon::READ_SIZE;
use l4re_sys::{Timeout, err};

impl embedded_io::Error for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            error if error.is_timeout() => ErrorKind::TimedOut,
            Error::Service(ErrorCode(code)) => match *code {
                err::EPERM | err::EACCESS => ErrorKind::PermissionDenied,
                err::ENOENT | err::ENODEV | err::ENXIO => ErrorKind::NotFound,
                err::EINVAL | err::ERANGE => ErrorKind::InvalidInput,
                err::ENOMEM => ErrorKind::OutOfMemory,
                err::EEXIST => ErrorKind::AlreadyExists,
                err::EIO => ErrorKind::BrokenPipe,
                err::ENOSYS | err::EBADPROTO => ErrorKind::Unsupported,
                _ => ErrorKind::Other,
            },
            Error::Malformed(_) => ErrorKind::InvalidData,
            Error::NoSuchCap(_) => ErrorKind::NotFound,
            Error::NoCapSlot => ErrorKind::OutOfMemory,
            Error::Ipc(_) => ErrorKind::Other,
        }
    }
}

impl ErrorType for Cap<Vcon> {
    type Error = Error;
}

/// Writing to a console or log needs nothing but its capability.
impl Write for Cap<Vcon> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        Cap::<Vcon>::write(*self, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A console that is read: it waits for input at a semaphore that the console triggers.
#[derive(Debug)]
pub struct Console {
    vcon: Cap<Vcon>,
    /// Where the console tells that there is input.
    input: OwnedCap<Semaphore>,
    /// What was read and not asked for yet.
    read: Deque<u8, READ_SIZE>,
}

impl Console {
    /// Reads from a console, of which nobody else is told that there is input.
    ///
    /// # Errors
    /// What the factory or the console answer, or an IPC error.
    pub fn new(env: &Env, vcon: Cap<Vcon>) -> Result<Self> {
        let input = env.factory().create_semaphore()?;
        vcon.cast::<Icu>().bind(0, input.cap().cast())?;
        Ok(Console {
            vcon,
            input,
            read: Deque::new(),
        })
    }

    /// Fetches what there is, if nothing is left of the last time. Whether there is something.
    fn fetch(&mut self) -> Result<bool> {
        if self.read.is_empty() {
            let mut bytes = [0; READ_SIZE];
            let got = self.vcon.read(&mut bytes)?;
            for byte in bytes.iter().take(got.len) {
                // As many fit as can be read at once.
                let _ = self.read.push_back(*byte);
            }
        }
        Ok(!self.read.is_empty())
    }
}

impl ErrorType for Console {
    type Error = Error;
}

impl Read for Console {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        while !to.is_empty() && !self.fetch()? {
            self.input.down(Timeout::NEVER)?;
        }
        let mut len = 0;
        for (to, byte) in to
            .iter_mut()
            .zip(core::iter::from_fn(|| self.read.pop_front()))
        {
            *to = byte;
            len += 1;
        }
        Ok(len)
    }
}

impl ReadReady for Console {
    fn read_ready(&mut self) -> Result<bool> {
        self.fetch()
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        Write::write(&mut self.vcon, bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl<M: Memory> ErrorType for Sender<M> {
    type Error = Error;
}

impl<M: Memory> Write for Sender<M> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if !bytes.is_empty() && self.room()? == 0 {
            self.wait_for_room(1, None)?;
        }
        self.try_write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl<M: Memory> WriteReady for Sender<M> {
    fn write_ready(&mut self) -> Result<bool> {
        Ok(self.room()? > 0)
    }
}

impl<M: Memory> ErrorType for Receiver<M> {
    type Error = Error;
}

impl<M: Memory> Read for Receiver<M> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        Receiver::read(self, to)
    }
}

impl<M: Memory> ReadReady for Receiver<M> {
    fn read_ready(&mut self) -> Result<bool> {
        Ok(self.available()? > 0 || self.is_closed())
    }
}
