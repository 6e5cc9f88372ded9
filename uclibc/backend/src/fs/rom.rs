//! Files that are read only: dataspaces.

use super::object::{About, Object};
use crate::errno::{EBADF, EFAULT, Result, fail};
use core::arch::asm;
use l4re::dataspace::Dataspace;
use l4re::region::Region;
use l4re::{OwnedCap, start};

/// A file, attached to be read. An empty one is not attached.
pub struct Rom {
    region: Option<Region>,
    size: u64,
    id: u64,
}

impl Rom {
    /// The file that a dataspace is, with a number that stands for it.
    pub fn open(ds: OwnedCap<Dataspace>, id: u64) -> Result<Rom> {
        let size = ds.size()?;
        let region = match size {
            0 => None,
            _ => Some(start::env().rm().attach_read_only(ds)?),
        };
        Ok(Rom { region, size, id })
    }
}

impl Object for Rom {
    fn about(&self) -> Result<About> {
        Ok(About::rom(self.id, self.size))
    }

    fn read(&self, to: &mut [u8], at: u64, _: bool) -> Result<usize> {
        let rest = self.size.saturating_sub(at);
        let len = (to.len() as u64).min(rest) as usize;
        if len == 0 {
            return Ok(0);
        }
        let Some(region) = &self.region else {
            return fail(EFAULT);
        };
        // SAFETY: the region holds `size` bytes, of which these are the ones from `at` on;
        // the buffer has `len`. The copy is not Rust's, since others may write meanwhile.
        unsafe {
            asm!(
                "rep movsb",
                inout("rcx") len => _,
                inout("rsi") region.as_ptr().add(at as usize) => _,
                inout("rdi") to.as_mut_ptr() => _,
                options(nostack, preserves_flags),
            );
        }
        Ok(len)
    }

    fn write(&self, _: &[u8], _: u64) -> Result<usize> {
        fail(EBADF)
    }
}
