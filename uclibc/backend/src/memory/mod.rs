//! The address space: `brk`, and `mmap` with its kin.

mod brk;
mod map;

pub use brk::brk;
pub use map::{madvise, mmap, mprotect, mremap, munmap};

use alloc::sync::Arc;
use l4re::dataspace::Dataspace;
use l4re::region::RmFlags;
use l4re::{OwnedCap, Result, start};
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE};

const PAGE: u64 = PAGE_SIZE as u64;

/// A dataspace that several mappings may show parts of.
type Shared = Arc<OwnedCap<Dataspace>>;

/// Attaches fresh memory at a place of the backend's own.
pub fn attach_anonymous(at: usize, size: usize, flags: RmFlags) -> Result<OwnedCap<Dataspace>> {
    let env = start::env();
    let ds = env.mem_alloc().dataspace(size)?;
    // SAFETY: the place is the backend's own; the caller keeps the capability.
    unsafe {
        env.rm()
            .attach_at(at as u64, size, flags, ds.cap(), 0, PAGE_SHIFT as u8)?;
    }
    Ok(ds)
}
