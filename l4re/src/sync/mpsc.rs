//! Channels: values that go from any number of threads to one.
//!
//! ```
//! use l4re::sync::mpsc;
//! use core::time::Duration;
//!
//! let (sender, receiver) = mpsc::channel();
//! let other = sender.clone();
//! sender.send(1).unwrap();
//! other.send(2).unwrap();
//! assert_eq!(receiver.recv(), Ok(1));
//! assert_eq!(receiver.try_recv(), Ok(2));
//! let late = receiver.recv_timeout(Duration::from_millis(1));
//! assert_eq!(late, Err(mpsc::RecvTimeoutError::Timeout));
//! drop((sender, other));
//! assert!(receiver.recv().is_err());
//! ```
//!
//! A receiver is also a source for [tasks](crate::server::Registry::spawn): see
//! [`Receiver::next`].

use super::{Condvar, Mutex};
use crate::time::Instant;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

/// A channel for as many values as there is memory for.
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    with_capacity(usize::MAX)
}

/// A channel for at most `capacity` values (at least one): who sends more waits.
///
/// ```
/// use l4re::sync::mpsc::{self, TrySendError};
///
/// let (sender, receiver) = mpsc::bounded(1);
/// sender.send("one").unwrap();
/// assert_eq!(sender.try_send("two"), Err(TrySendError::Full("two")));
/// drop(receiver);
/// assert_eq!(sender.try_send("two"), Err(TrySendError::Disconnected("two")));
/// ```
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    with_capacity(capacity.max(1))
}

fn with_capacity<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            values: VecDeque::new(),
            senders: 1,
            receiver: true,
            waker: None,
        }),
        capacity,
        filled: Condvar::new(),
        emptied: Condvar::new(),
    });
    let sender = Sender {
        shared: shared.clone(),
    };
    (sender, Receiver { shared })
}

struct State<T> {
    values: VecDeque<T>,
    senders: usize,
    receiver: bool,
    /// The task that waits.
    waker: Option<Waker>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    capacity: usize,
    /// A value has come, or the last sender has gone.
    filled: Condvar,
    /// There is room, or the receiver has gone.
    emptied: Condvar,
}

/// The end of a channel where values go in. A clone is one more.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// The end of a channel where values come out.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// Sends a value, waiting as long as there is no room.
    ///
    /// # Errors
    /// The value, if the receiver is gone.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.send_until(value, None).map_err(|error| match error {
            TrySendError::Disconnected(value) | TrySendError::Full(value) => SendError(value),
        })
    }

    /// Sends a value if there is room.
    ///
    /// # Errors
    /// The value, if there is no room or the receiver is gone.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.send_timeout(value, Duration::ZERO)
    }

    /// Sends a value, waiting for room no longer than `time`.
    ///
    /// # Errors
    /// As [`try_send`](Self::try_send).
    pub fn send_timeout(&self, value: T, time: Duration) -> Result<(), TrySendError<T>> {
        let until = (!time.is_zero()).then(|| Instant::now() + time);
        self.send_until(value, Some(until))
    }

    /// Without `until`, waits for ever; with `Some(None)`, not at all.
    fn send_until(&self, value: T, until: Option<Option<Instant>>) -> Result<(), TrySendError<T>> {
        let shared = &*self.shared;
        let mut state = shared.state.lock();
        loop {
            if !state.receiver {
                return Err(TrySendError::Disconnected(value));
            }
            if state.values.len() < shared.capacity {
                break;
            }
            let in_time = match until {
                Some(None) => false,
                Some(until) => shared.emptied.wait_until(&mut state, until),
                None => shared.emptied.wait_until(&mut state, None),
            };
            if !in_time && state.receiver && state.values.len() >= shared.capacity {
                return Err(TrySendError::Full(value));
            }
        }
        state.values.push_back(value);
        let waker = state.waker.take();
        drop(state);
        shared.filled.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.state.lock().senders += 1;
        Sender {
            shared: self.shared.clone(),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.senders -= 1;
        if state.senders == 0 {
            let waker = state.waker.take();
            drop(state);
            self.shared.filled.notify_all();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl<T> Receiver<T> {
    /// The next value, waiting until there is one.
    ///
    /// # Errors
    /// [`RecvError`] if there is none and all senders are gone.
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_until(None).map_err(|_| RecvError)
    }

    /// The next value, if there is one.
    ///
    /// # Errors
    /// There is none, or there will never be.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        let taken = self.take(&mut self.shared.state.lock())?;
        Ok(self.taken(taken))
    }

    /// Tells who waits for room that a value has been taken out, when the lock is free again.
    fn taken(&self, value: T) -> T {
        if self.shared.capacity != usize::MAX {
            self.shared.emptied.notify_one();
        }
        value
    }

    /// The next value, waiting for it no longer than `time`.
    ///
    /// # Errors
    /// There is none in time, or there will never be.
    pub fn recv_timeout(&self, time: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_until(Some(Instant::now() + time))
    }

    fn recv_until(&self, until: Option<Instant>) -> Result<T, RecvTimeoutError> {
        let mut state = self.shared.state.lock();
        let mut in_time = true;
        loop {
            match self.take(&mut state) {
                Ok(value) => {
                    drop(state);
                    return Ok(self.taken(value));
                }
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) if !in_time => return Err(RecvTimeoutError::Timeout),
                Err(TryRecvError::Empty) => {
                    in_time = self.shared.filled.wait_until(&mut state, until);
                }
            }
        }
    }

    fn take(&self, state: &mut State<T>) -> Result<T, TryRecvError> {
        match state.values.pop_front() {
            Some(value) => Ok(value),
            None if state.senders == 0 => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }

    /// The next value for a task: none if there is none and all senders are gone. If there is
    /// none yet, `context`'s task is woken when there is.
    pub fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.shared.state.lock();
        match self.take(&mut state) {
            Ok(value) => {
                drop(state);
                Poll::Ready(Some(self.taken(value)))
            }
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
            Err(TryRecvError::Empty) => {
                let old = state.waker.replace(context.waker().clone());
                drop(state);
                drop(old);
                Poll::Pending
            }
        }
    }

    /// The next value, for a task to wait for: none if there is none and all senders are gone.
    ///
    /// ```
    /// # use l4re::sync::mpsc;
    /// async fn sum(numbers: mpsc::Receiver<u32>) -> u32 {
    ///     let mut sum = 0;
    ///     while let Some(number) = numbers.next().await {
    ///         sum += number;
    ///     }
    ///     sum
    /// }
    /// ```
    pub async fn next(&self) -> Option<T> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The values as they come, until all senders are gone.
    pub fn iter(&self) -> impl Iterator<Item = T> {
        core::iter::from_fn(|| self.recv().ok())
    }

    /// The values that are there.
    pub fn try_iter(&self) -> impl Iterator<Item = T> {
        core::iter::from_fn(|| self.try_recv().ok())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock();
        state.receiver = false;
        // Dropped behind the lock: they may be senders of this channel.
        let values = core::mem::take(&mut state.values);
        let waker = state.waker.take();
        drop(state);
        self.shared.emptied.notify_all();
        drop((values, waker));
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// The receiver is gone; the value that was to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// Why [`Sender::try_send`] failed, and the value that was to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// There is no room.
    Full(T),
    /// The receiver is gone.
    Disconnected(T),
}

/// There is nothing in the channel, and all senders are gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecvError;

/// Why [`Receiver::try_recv`] failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TryRecvError {
    /// There is nothing in the channel.
    Empty,
    /// There is nothing in the channel, and all senders are gone.
    Disconnected,
}

/// Why [`Receiver::recv_timeout`] failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecvTimeoutError {
    /// Nothing has come in time.
    Timeout,
    /// There is nothing in the channel, and all senders are gone.
    Disconnected,
}

macro_rules! sentences {
    ($($ty:ident $(<$t:ident>)?: $self:ident => $text:expr;)*) => { $(
        impl $(<$t>)? fmt::Display for $ty $(<$t>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let $self = self;
                f.write_str($text)
            }
        }
        impl $(<$t>)? core::error::Error for $ty $(<$t>)? {}
    )* };
}

const EMPTY: &str = "there is nothing in the channel";
const NO_RECEIVER: &str = "the channel's receiver is gone";
const NO_SENDER: &str = "the channel's senders are gone";

sentences! {
    SendError<T>: _this => NO_RECEIVER;
    RecvError: _this => NO_SENDER;
    TrySendError<T>: this => match this {
        TrySendError::Full(_) => "there is no room in the channel",
        TrySendError::Disconnected(_) => NO_RECEIVER,
    };
    TryRecvError: this => match this {
        TryRecvError::Empty => EMPTY,
        TryRecvError::Disconnected => NO_SENDER,
    };
    RecvTimeoutError: this => match this {
        RecvTimeoutError::Timeout => EMPTY,
        RecvTimeoutError::Disconnected => NO_SENDER,
    };
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError")
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "Full",
            TrySendError::Disconnected(_) => "Disconnected",
        })
    }
}
