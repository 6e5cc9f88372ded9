//! The two ends of a ring of messages of one size.
#![allow(unsafe_code)]

use super::{Bells, Heap, Memory, Receiver, Sender};
use crate::error::{Error, Result};
use crate::msg::{Plain, zeroed};
use core::marker::PhantomData;
use core::time::Duration;

/// The end that writes messages.
///
/// ```
/// use l4re::ring::{self, Bells};
///
/// # fn main() -> l4re::Result<()> {
/// let (mut sender, mut receiver) =
///     ring::message_channel::<[u32; 3]>(1024, Bells::NONE, Bells::NONE)?;
///
/// assert!(sender.try_send([1, 2, 3])?);
/// assert_eq!(receiver.try_recv()?, Some([1, 2, 3]));
/// assert_eq!(receiver.try_recv()?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MessageSender<T, M: Memory> {
    bytes: Sender<M>,
    kind: PhantomData<fn(T)>,
}

/// The end that reads messages.
#[derive(Debug)]
pub struct MessageReceiver<T, M: Memory> {
    bytes: Receiver<M>,
    kind: PhantomData<fn() -> T>,
}

/// Both ends of a ring of messages in the program, of `size` bytes of memory.
///
/// # Errors
/// [`Error::INVALID`] if the memory is too small for a message, or messages are empty.
pub fn message_channel<T: Plain>(
    size: usize,
    sender: Bells,
    receiver: Bells,
) -> Result<(MessageSender<T, Heap>, MessageReceiver<T, Heap>)> {
    let memory = Heap::new(size);
    Ok((
        MessageSender::new(memory.other(), sender)?,
        MessageReceiver::new(memory, receiver)?,
    ))
}

/// # Errors
/// [`Error::INVALID`] if no message fits.
fn check<T>(capacity: usize) -> Result<()> {
    let size = size_of::<T>();
    (1..=capacity)
        .contains(&size)
        .then_some(())
        .ok_or(Error::INVALID)
}

impl<T: Plain, M: Memory> MessageSender<T, M> {
    /// As [`Sender::new`].
    ///
    /// # Errors
    /// [`Error::INVALID`] if the memory is too small for a message, or messages are empty.
    pub fn new(memory: M, bells: Bells) -> Result<Self> {
        let bytes = Sender::new(memory, bells)?;
        check::<T>(bytes.capacity())?;
        Ok(MessageSender {
            bytes,
            kind: PhantomData,
        })
    }

    /// Sends a message if there is room for it. Whether there was.
    ///
    /// # Errors
    /// As [`Sender::room`].
    pub fn try_send(&mut self, message: T) -> Result<bool> {
        let room = self.bytes.room()? >= size_of::<T>();
        if room {
            // SAFETY: the message can be read, and there is room for it.
            unsafe { self.bytes.put((&raw const message).cast(), size_of::<T>()) };
        }
        Ok(room)
    }

    /// Sends a message, waiting for room: no longer than `time`, if there is one. Whether it was
    /// sent.
    ///
    /// # Errors
    /// As [`Sender::wait_for_room`].
    pub fn send(&mut self, message: T, time: Option<Duration>) -> Result<bool> {
        Ok(self.try_send(message)?
            || (self.bytes.wait_for_room(size_of::<T>(), time)? && self.try_send(message)?))
    }
}

impl<T: Plain, M: Memory> MessageReceiver<T, M> {
    /// As [`Receiver::new`].
    ///
    /// # Errors
    /// As [`MessageSender::new`].
    pub fn new(memory: M, bells: Bells) -> Result<Self> {
        let bytes = Receiver::new(memory, bells)?;
        check::<T>(bytes.capacity())?;
        Ok(MessageReceiver {
            bytes,
            kind: PhantomData,
        })
    }

    /// The next message, if there is one.
    ///
    /// # Errors
    /// [`BROKEN`](super::BROKEN).
    pub fn try_recv(&mut self) -> Result<Option<T>> {
        if self.bytes.available()? < size_of::<T>() {
            return Ok(None);
        }
        let mut message: T = zeroed();
        // SAFETY: the message can be written, with any pattern of bits (`Plain`), and there are
        // as many bytes.
        unsafe { self.bytes.get((&raw mut message).cast(), size_of::<T>()) };
        Ok(Some(message))
    }

    /// The next message, waiting for it: no longer than `time`, if there is one. None if the time
    /// has ended, or the other end is gone.
    ///
    /// # Errors
    /// As [`Receiver::wait_for`].
    pub fn recv(&mut self, time: Option<Duration>) -> Result<Option<T>> {
        if let Some(message) = self.try_recv()? {
            return Ok(Some(message));
        }
        self.bytes.wait_for(size_of::<T>(), time)?;
        self.try_recv()
    }

    /// Whether the other end is gone. (It may have left something to be read.)
    pub fn is_closed(&self) -> bool {
        self.bytes.is_closed()
    }
}
