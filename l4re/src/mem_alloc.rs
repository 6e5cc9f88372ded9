//! Allocators of memory.

use crate::cap::{Cap, Object, OwnedCap};
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::factory::{Arg, Factory};
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use l4re_sys::{proto, re};

pub use re::mem_alloc::Stats;

/// An allocator of memory (`L4Re::Mem_alloc`, `l4/re/mem_alloc`).
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// let memory = env.mem_alloc().dataspace(1 << 20)?;
/// let mut region = env.rm().attach(memory)?;
/// region.write(0, b"here")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub enum MemAlloc {}

impl Object for MemAlloc {
    const PROTOCOL: i64 = proto::MEM_ALLOC;
}

impl Cap<MemAlloc> {
    /// A dataspace of `size` bytes, rounded up to whole pages, all 0. Its memory goes back when
    /// the capability is dropped.
    ///
    /// # Errors
    /// [`Error::NO_MEMORY`] if there is not that much, or the quota does not allow it; an IPC
    /// error.
    pub fn dataspace(self, size: usize) -> Result<OwnedCap<Dataspace>> {
        self.dataspace_with(size, 0, 0)
    }

    /// A dataspace with flags ([`CONTINUOUS`](re::mem_alloc::CONTINUOUS) and others) and of
    /// an alignment of `1 << align` bytes.
    ///
    /// # Errors
    /// As [`dataspace`](Self::dataspace); [`Error::INVALID`] if the size is 0 or beyond
    /// reason.
    pub fn dataspace_with(self, size: usize, flags: u64, align: u8) -> Result<OwnedCap<Dataspace>> {
        // A negative size has a meaning of its own: all that there is.
        let size = i64::try_from(size).map_err(|_| Error::INVALID)?;
        let args = [Arg::Int(size), Arg::Word(flags), Arg::Word(align.into())];
        self.cast::<Factory>().create(proto::DATASPACE, &args)
    }

    /// How much memory there is, and how much of it is in use.
    ///
    /// # Errors
    /// What the allocator answers, or an IPC error.
    pub fn info(self) -> Result<Stats> {
        let mut w = Writer::new();
        w.put(re::mem_alloc::INFO);
        let tag = ipc::transact(self.idx(), w.tag(proto::MEM_ALLOC)?, Buffers::None)?;
        Reader::new(tag).get()
    }
}
