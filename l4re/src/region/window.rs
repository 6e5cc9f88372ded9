//! Places for memory to be received into.
#![allow(unsafe_code)]

use super::Rm;
use super::guard::{self, Place};
use crate::cap::Cap;
use crate::error::{Error, ErrorCode, Result};
use crate::start;
use crate::task::Task;
use l4re_sys::consts::PAGE_SIZE;
use l4re_sys::re::rm::{ANY_ADDR, RmFlags};
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::{Fpage, MemRights, err};

/// A free place in the address space for memory to be received into.
///
/// It is empty until a message brings memory, and again when who shared it takes it back.
/// Access to what is not there is a page fault. It ends the program, unless the thread is
/// [guarded](Self::guard_thread): then it reads zeros, and [`read`](Self::read) or
/// [`write`](Self::write) tells that the memory is [`LOST`].
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// use l4re::ipc::Accept;
/// use l4re::region::Window;
/// use l4re::server::{self, Answer};
/// use l4re::sys::consts::PAGE_SHIFT;
///
/// // A server that answers with the first byte of the page that a request brings.
/// let window = Window::new(env.rm(), PAGE_SHIFT)?;
/// server::run(Accept::Memory(&window), |request| {
///     request.reader().memory()?;
///     let mut byte = [0];
///     window.read(0, &mut byte)?;
///     window.clear()?;
///     Ok(Answer::label(byte[0].into()))
/// })
/// # }
/// ```
#[derive(Debug)]
pub struct Window {
    rm: Cap<Rm>,
    start: *mut u8,
    order: u32,
    place: &'static Place,
}

/// Memory of a [`Window`] was accessed that was not there: nobody shared it, who did has taken
/// it back, or it may not be written.
pub const LOST: Error = Error::Service(ErrorCode(err::EFAULT));

// SAFETY: the window is this value's own place, and is only accessed byte by byte.
unsafe impl Send for Window {}
// SAFETY: as above.
unsafe impl Sync for Window {}

impl Window {
    /// A window of `1 << order` bytes, at least a page, aligned to its size.
    ///
    /// # Errors
    /// [`Error::INVALID`] if the size is not possible; what the region map answers; an IPC error.
    pub fn new(rm: Cap<Rm>, order: u32) -> Result<Self> {
        let size = 1usize
            .checked_shl(order)
            .filter(|size| size.is_multiple_of(PAGE_SIZE))
            .ok_or(Error::INVALID)?;
        let flags = RmFlags::RESERVED | RmFlags::SEARCH_ADDR;
        let start = rm.reserve_area(ANY_ADDR, size, flags, order as u8)?;
        Ok(Window {
            rm,
            start: core::ptr::with_exposed_provenance_mut(start as usize),
            order,
            place: Place::take(start as usize, order),
        })
    }

    /// Has the calling thread survive faults in windows, from now on: a second thread, one for
    /// the whole program, becomes its pager. A [`Registry`](crate::server::Registry) does so by
    /// itself when it serves an interface that takes memory.
    ///
    /// # Errors
    /// As of [`spawn`](crate::thread::spawn): [`Error::NO_OPERATION`] if this project's run-time
    /// system did not start the program; what the kernel answers.
    pub fn guard_thread() -> Result<()> {
        let env = start::try_env().ok_or(Error::INVALID)?;
        guard::guard_thread(env)
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        1 << self.order
    }

    /// The place, ready to be received into.
    pub fn fpage(&self) -> Fpage {
        Fpage::memory(self.start.addr() as u64, self.order, MemRights::RWX)
    }

    fn check(&self, offset: usize, len: usize) -> Result<()> {
        match offset.checked_add(len) {
            Some(end) if end <= self.size() => Ok(()),
            _ => Err(Error::OUT_OF_RANGE),
        }
    }

    /// Copies bytes from the memory received. What others write meanwhile may be seen in part.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if the window ends before; [`LOST`], at a guarded thread.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> Result<()> {
        self.check(offset, to.len())?;
        for (i, byte) in to.iter_mut().enumerate() {
            // SAFETY: `check` found the byte to be in the window, where nothing of Rust's is;
            // volatile, since others may write to it.
            *byte = unsafe { self.start.add(offset + i).read_volatile() };
        }
        let there = self.is_there();
        if there.is_err() {
            to.fill(0);
        }
        there
    }

    /// Copies bytes into the memory received, where it may be written.
    ///
    /// # Errors
    /// [`Error::OUT_OF_RANGE`] if the window ends before; [`LOST`], at a guarded thread.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.check(offset, bytes.len())?;
        for (i, byte) in bytes.iter().enumerate() {
            // SAFETY: as in `read`.
            unsafe { self.start.add(offset + i).write_volatile(*byte) };
        }
        self.is_there()
    }

    /// Whether what has been accessed was what a message had brought.
    fn is_there(&self) -> Result<()> {
        if self.place.is_lost() {
            Err(LOST)
        } else {
            Ok(())
        }
    }

    /// Empties the window.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn clear(&self) -> Result<()> {
        Cap::<Task>::THIS.unmap_any(self.fpage(), UnmapFlags::ALL_SPACES)?;
        self.place.renew();
        Ok(())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // A place that could not be emptied is not given back.
        if self.clear().is_ok() {
            self.place.free();
            let _ = self.rm.free_area(self.start.addr() as u64);
        }
    }
}
