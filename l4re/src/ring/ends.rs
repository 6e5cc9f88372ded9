//! The two ends of a ring of bytes.
#![allow(unsafe_code)]

use super::memory::{Heap, Memory, Ring};
use super::{BROKEN, CLOSED};
use crate::atomic::AtomicU32;
use crate::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::cap::Cap;
use crate::error::{Error, Result};
use crate::irq::Irq;
use crate::semaphore::Semaphore;
use crate::time::Instant;
use core::time::Duration;
use l4re_sys::{CapIdx, Timeout, TimeoutS};

/// How the ends of a ring wake each other.
#[derive(Clone, Copy, Debug)]
pub struct Bells {
    /// Wakes the other end: the interrupt that its server handles, or (by [`Cap::cast`]) the
    /// semaphore that it waits at.
    pub other: Cap<Irq>,
    /// Where this end waits. Who only polls needs none.
    pub own: Cap<Semaphore>,
}

impl Bells {
    /// For ends that only poll.
    pub const NONE: Bells = Bells {
        other: Cap::new(CapIdx::INVALID),
        own: Cap::new(CapIdx::INVALID),
    };

    /// Wakes the other end if it waits.
    fn ring(&self, waits: &AtomicU32) {
        // The position has been written before (`SeqCst`), so that an end that is about to wait
        // sees one or is seen.
        if waits.load(SeqCst) != 0 && waits.swap(0, SeqCst) != 0 {
            self.ring_always();
        }
    }

    fn ring_always(&self) {
        if self.other.is_valid() {
            // If the other end is gone there is nobody to wake.
            let _ = self.other.trigger();
        }
    }

    /// Waits, marked by `waits`, until `ready` has something. None at the end of the time.
    fn wait<R>(
        &self,
        waits: impl Fn(),
        until: Option<Instant>,
        mut ready: impl FnMut() -> Result<Option<R>>,
    ) -> Result<Option<R>> {
        let mut late = false;
        loop {
            if let Some(found) = ready()? {
                return Ok(Some(found));
            }
            waits();
            // What came before the mark was seen is seen now.
            if let Some(found) = ready()? {
                return Ok(Some(found));
            }
            if late {
                return Ok(None);
            }
            if !self.own.is_valid() {
                return Err(Error::INVALID);
            }
            let timeout = until.map_or(TimeoutS::NEVER, Instant::timeout);
            match self.own.down(Timeout::new(TimeoutS::NEVER, timeout)) {
                Ok(()) => (),
                Err(error) if error.is_timeout() => late = true,
                Err(error) => return Err(error),
            }
        }
    }
}

/// When a wait of `time` ends.
fn until(time: Option<Duration>) -> Option<Instant> {
    time.map(|time| Instant::now() + time)
}

/// The end that writes. When it is dropped, the other end reads what there is, and then the end.
#[derive(Debug)]
pub struct Sender<M: Memory> {
    ring: Ring<M>,
    bells: Bells,
    /// How many bytes this end has written.
    head: u64,
    broken: bool,
}

/// The end that reads.
#[derive(Debug)]
pub struct Receiver<M: Memory> {
    ring: Ring<M>,
    bells: Bells,
    /// How many bytes this end has read.
    tail: u64,
    broken: bool,
}

/// Both ends of a ring of bytes in the program, of `size` bytes of memory, of which the ring itself
/// takes 384.
///
/// # Errors
/// [`Error::INVALID`] if the memory is too small.
pub fn channel(
    size: usize,
    sender: Bells,
    receiver: Bells,
) -> Result<(Sender<Heap>, Receiver<Heap>)> {
    let memory = Heap::new(size);
    Ok((
        Sender::new(memory.other(), sender)?,
        Receiver::new(memory, receiver)?,
    ))
}

impl<M: Memory> Sender<M> {
    /// The end that writes, of memory that is new: filled with zeros.
    ///
    /// # Errors
    /// [`Error::INVALID`] if the memory is too small: the ring itself takes 384 bytes of it.
    pub fn new(memory: M, bells: Bells) -> Result<Self> {
        Ok(Sender {
            ring: Ring::new(memory)?,
            bells,
            head: 0,
            broken: false,
        })
    }

    /// How many bytes can be on their way.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// How many bytes there is room for.
    ///
    /// # Errors
    /// [`BROKEN`] or [`CLOSED`].
    pub fn room(&mut self) -> Result<usize> {
        let used = self.head.wrapping_sub(self.ring.tail().load(SeqCst));
        self.broken |= used > self.capacity() as u64;
        if self.broken {
            return Err(BROKEN);
        }
        if self.ring.reader_gone().load(Acquire) != 0 {
            return Err(CLOSED);
        }
        Ok(self.capacity() - used as usize)
    }

    /// Writes as many of the bytes as there is room for. Returns how many.
    ///
    /// # Errors
    /// As [`room`](Self::room).
    pub fn try_write(&mut self, bytes: &[u8]) -> Result<usize> {
        let len = self.room()?.min(bytes.len());
        // SAFETY: the bytes can be read; the room is not more than the capacity.
        unsafe { self.put(bytes.as_ptr(), len) };
        Ok(len)
    }

    /// # Safety
    /// `len` bytes can be read at `from`, and there is room for them.
    pub(super) unsafe fn put(&mut self, from: *const u8, len: usize) {
        if len == 0 {
            return;
        }
        // SAFETY: `len` bytes at `from` may be read, and there is room for them (contract of this
        // function).
        unsafe { self.ring.put(self.head, from, len) };
        self.head = self.head.wrapping_add(len as u64);
        self.ring.head().store(self.head, SeqCst);
        self.bells.ring(self.ring.reader_waits());
    }

    /// Waits until there is room for `len` bytes. Whether there is, in time.
    ///
    /// # Errors
    /// As [`room`](Self::room); [`Error::INVALID`] if there will never be that much room, or
    /// nothing to wait at.
    pub fn wait_for_room(&mut self, len: usize, time: Option<Duration>) -> Result<bool> {
        if len > self.capacity() {
            return Err(Error::INVALID);
        }
        let (bells, until) = (self.bells, until(time));
        let mark = core::ptr::from_ref(self.ring.writer_waits());
        // SAFETY: the ring's memory stays as long as `self` does.
        let waits = || unsafe { (*mark).store(1, SeqCst) };
        let room = bells.wait(waits, until, || Ok((self.room()? >= len).then_some(())))?;
        self.ring.writer_waits().store(0, Relaxed);
        Ok(room.is_some())
    }

    /// Writes all the bytes, waiting for room.
    ///
    /// # Errors
    /// As [`wait_for_room`](Self::wait_for_room).
    pub fn write_all(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let len = self.try_write(bytes)?;
            bytes = bytes.get(len..).unwrap_or(&[]);
            if !bytes.is_empty() {
                // Not byte by byte.
                let some = bytes.len().min(self.capacity() / 2).max(1);
                self.wait_for_room(some, None)?;
            }
        }
        Ok(())
    }
}

impl<M: Memory> Drop for Sender<M> {
    fn drop(&mut self) {
        self.ring.writer_gone().store(1, Release);
        self.bells.ring_always();
    }
}

impl<M: Memory> Receiver<M> {
    /// The end that reads, of memory that is new: filled with zeros, or with what the other end has
    /// written already.
    ///
    /// # Errors
    /// [`Error::INVALID`] if the memory is too small.
    pub fn new(memory: M, bells: Bells) -> Result<Self> {
        Ok(Receiver {
            ring: Ring::new(memory)?,
            bells,
            tail: 0,
            broken: false,
        })
    }

    /// How many bytes can be on their way.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// How many bytes there are to be read.
    ///
    /// # Errors
    /// [`BROKEN`].
    pub fn available(&mut self) -> Result<usize> {
        let there = self.ring.head().load(SeqCst).wrapping_sub(self.tail);
        self.broken |= there > self.capacity() as u64;
        if self.broken {
            return Err(BROKEN);
        }
        Ok(there as usize)
    }

    /// Whether the other end is gone. (It may have left something to be read.)
    pub fn is_closed(&self) -> bool {
        self.ring.writer_gone().load(Acquire) != 0
    }

    /// Reads as many bytes as there are, and fit. Returns how many.
    ///
    /// # Errors
    /// [`BROKEN`].
    pub fn try_read(&mut self, to: &mut [u8]) -> Result<usize> {
        let len = self.available()?.min(to.len());
        // SAFETY: the place can be written; no more is available than the capacity.
        unsafe { self.get(to.as_mut_ptr(), len) };
        Ok(len)
    }

    /// # Safety
    /// `len` bytes can be written at `to`, and are available.
    pub(super) unsafe fn get(&mut self, to: *mut u8, len: usize) {
        if len == 0 {
            return;
        }
        // SAFETY: `len` bytes at `to` may be written, and as many are there (contract of this
        // function).
        unsafe { self.ring.get(self.tail, to, len) };
        self.tail = self.tail.wrapping_add(len as u64);
        self.ring.tail().store(self.tail, SeqCst);
        self.bells.ring(self.ring.writer_waits());
    }

    /// Waits until there are `len` bytes to be read, or the other end is gone. How many there
    /// are; none if the time has ended before.
    ///
    /// # Errors
    /// [`BROKEN`]; [`Error::INVALID`] if there can never be that many, or nothing to wait at.
    pub fn wait_for(&mut self, len: usize, time: Option<Duration>) -> Result<Option<usize>> {
        if len > self.capacity() {
            return Err(Error::INVALID);
        }
        let (bells, until) = (self.bells, until(time));
        let mark = core::ptr::from_ref(self.ring.reader_waits());
        // SAFETY: the ring's memory stays as long as `self` does.
        let waits = || unsafe { (*mark).store(1, SeqCst) };
        let there = bells.wait(waits, until, || {
            // In this order: what was written before the end is seen.
            let closed = self.is_closed();
            let there = self.available()?;
            Ok((there >= len || closed).then_some(there))
        })?;
        self.ring.reader_waits().store(0, Relaxed);
        Ok(there)
    }

    /// Reads what there is, waiting until there is something. 0 bytes are the end: the other end
    /// is gone.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        if !to.is_empty() {
            self.wait_for(1, None)?;
        }
        self.try_read(to)
    }
}

impl<M: Memory> Drop for Receiver<M> {
    fn drop(&mut self) {
        self.ring.reader_gone().store(1, Release);
        self.bells.ring_always();
    }
}
