//! Areas: places that nothing else goes to.

use crate::error::{Error, Result};
use crate::start;
use l4re_sys::re::rm::{ANY_ADDR, RmFlags};

/// A part of the address space where nothing is, and where nothing goes to but what is put there
/// on purpose. It is free again when this is dropped.
///
/// ```no_run
/// use l4re::region::Area;
/// use l4re::sys::consts::PAGE_SHIFT;
///
/// let area = Area::new(0x4000, PAGE_SHIFT)?;
/// l4re::println!("{:#x} to {:#x}", area.start(), area.start() + area.size());
/// # Ok::<(), l4re::Error>(())
/// ```
#[derive(Debug)]
pub struct Area {
    start: usize,
    size: usize,
}

impl Area {
    /// An area of `size` bytes, rounded up to whole pages, at a multiple of `1 << align` bytes.
    ///
    /// # Errors
    /// [`Error::INVALID`] if the size is not possible, or the program has no environment; what the
    /// region map answers; an IPC error.
    pub fn new(size: usize, align: u32) -> Result<Self> {
        Self::with_flags(size, align, RmFlags::RESERVED)
    }

    /// An area that dataspaces can be attached into ([`RmFlags::IN_AREA`]).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(crate) fn to_attach(size: usize, align: u32) -> Result<Self> {
        Self::with_flags(size, align, RmFlags::empty())
    }

    fn with_flags(size: usize, align: u32, flags: RmFlags) -> Result<Self> {
        let rm = start::try_env().ok_or(Error::INVALID)?.rm();
        let size = super::round_page(size)?;
        let align = u8::try_from(align).map_err(|_| Error::INVALID)?;
        let start = rm.reserve_area(ANY_ADDR, size, flags | RmFlags::SEARCH_ADDR, align)?;
        Ok(Area {
            start: start as usize,
            size,
        })
    }

    /// The first address.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The size in bytes: whole pages.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Keeps the area for as long as the program runs. Returns where it starts.
    pub fn leak(self) -> usize {
        let start = self.start;
        core::mem::forget(self);
        start
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        if let Some(env) = start::try_env() {
            // SAFETY: the area is this value's own; whoever has put something there has taken it
            // away. If it cannot be freed it stays reserved.
            let _ = unsafe { env.rm().free_area(self.start as u64) };
        }
    }
}
