//! Places for memory to be received into.
#![allow(unsafe_code)]

use super::guard::{self, Place};
use super::{Area, Rm};
use crate::cap::Cap;
use crate::error::{Error, ErrorCode, Result};
use crate::task::Task;
use crate::{shared, start};
use l4re_sys::consts::PAGE_SIZE;
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
    /// The place; none when it is given back.
    area: Option<Area>,
    start: *mut u8,
    order: u32,
    place: &'static Place,
}

/// Memory of a [`Window`] was accessed that was not there: nobody shared it, who did has taken
/// it back, or it may not be written.
pub const LOST: Error = Error::Service(ErrorCode(err::EFAULT));

// SAFETY: the place is this value's own until it is dropped, whichever thread has it.
unsafe impl Send for Window {}
// SAFETY: the memory is accessed by atomic operations alone.
unsafe impl Sync for Window {}

impl Window {
    /// A window of `1 << order` bytes, at least a page, aligned to its size.
    ///
    /// # Errors
    /// [`Error::NO_PERMISSION`] if `rm` is not the region map of the program's
    /// [environment](crate::Env::rm); [`Error::INVALID`] if the size is not possible; what the
    /// region map answers; an IPC error.
    pub fn new(rm: Cap<Rm>, order: u32) -> Result<Self> {
        rm.check_own()?;
        let size = 1usize
            .checked_shl(order)
            .filter(|size| size.is_multiple_of(PAGE_SIZE))
            .ok_or(Error::INVALID)?;
        let area = Area::new(size, order)?;
        let start = area.start();
        Ok(Window {
            area: Some(area),
            start: core::ptr::with_exposed_provenance_mut(start),
            order,
            place: Place::take(start, order),
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
        // SAFETY: `check` found the bytes to be in the window, where nothing of the language's is.
        // What is not there ends the program, or is zeros.
        unsafe { shared::read(self.start.add(offset), to) };
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
        // SAFETY: `check` found the bytes to be in the window, where nothing of the language's is.
        // What is not there ends the program, or is zeros.
        unsafe { shared::write(self.start.add(offset), bytes) };
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
        let cleared = self.clear().is_ok();
        if let Some(area) = self.area.take() {
            if cleared {
                self.place.free();
            } else {
                // A place that could not be emptied is not given back.
                area.leak();
            }
        }
    }
}
