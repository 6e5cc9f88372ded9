//! Allocators of memory.

use super::Factory;
use crate::error::Result;
use l4re_sys::proto;
use l4re_sys::re::mem_alloc;

/// An allocator of memory: a factory of dataspaces (`L4Re::Mem_alloc`, `l4/re/mem_alloc`).
#[l4re::interface(server, protocol = proto::MEM_ALLOC, name = "L4Re::Mem_alloc")]
pub trait MemAlloc: Factory {
    /// How much memory there is.
    ///
    /// # Errors
    /// The server's.
    #[op = mem_alloc::INFO]
    fn info(&self) -> Result<mem_alloc::Stats>;
}
