//! Files: dataspaces.

use crate::errno::{EFAULT, Result, fail};
use core::arch::asm;
use l4re::dataspace::Dataspace;
use l4re::region::Region;
use l4re::{OwnedCap, start};

/// A file, attached to be read. An empty one is not attached.
pub struct File {
    region: Option<Region>,
    size: u64,
}

impl File {
    /// The file that a dataspace is.
    pub fn open(ds: OwnedCap<Dataspace>) -> Result<File> {
        let size = ds.size()?;
        let region = match size {
            0 => None,
            _ => Some(start::env().rm().attach_read_only(ds)?),
        };
        Ok(File { region, size })
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Copies bytes from `offset` on; returns how many there were.
    pub fn read_at(&self, to: &mut [u8], offset: u64) -> Result<usize> {
        let rest = self.size.saturating_sub(offset);
        let len = (to.len() as u64).min(rest) as usize;
        if len == 0 {
            return Ok(0);
        }
        let Some(region) = &self.region else {
            return fail(EFAULT);
        };
        // SAFETY: the region holds `size` bytes, of which these are the ones from `offset` on;
        // the buffer has `len`. The copy is not Rust's, since others may write meanwhile.
        unsafe {
            asm!(
                "rep movsb",
                inout("rcx") len => _,
                inout("rsi") region.as_ptr().add(offset as usize) => _,
                inout("rdi") to.as_mut_ptr() => _,
                options(nostack, preserves_flags),
            );
        }
        Ok(len)
    }
}
