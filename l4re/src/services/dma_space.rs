//! Address spaces of devices.

use crate::cap::Cap;
use crate::dataspace::Dataspace;
use crate::error::Result;
use crate::task::Task;
use l4re_sys::proto;
use l4re_sys::re::dma_space;

/// An address space of devices (`L4Re::Dma_space`, `l4/re/dma_space`).
#[l4re::interface(unsafe, protocol = proto::RE_DMA_SPACE, name = "L4Re::Dma_space")]
pub trait DmaSpace {
    /// Maps `size` bytes of `source` from `offset` on to `address`, below `max`, aligned to `1 <<
    /// align` bytes; `attrs` are [`DmaAttrs`](dma_space::DmaAttrs). Sets `size` and `address` to
    /// what was mapped.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if the source is none or not known;
    /// [`Error::OUT_OF_RANGE`](crate::Error::OUT_OF_RANGE) beyond its end; the error "the address
    /// is not free".
    #[op = dma_space::MAP]
    fn map(
        &self,
        #[rights(RW)] source: Option<Cap<Dataspace>>,
        offset: u64,
        size: &mut u64,
        align: u8,
        attrs: u32,
        address: &mut u64,
        max: u64,
    ) -> Result<()>;

    /// Unmaps; `flags` are [`UNMAP_CANCEL_RESERVATION`](dma_space::UNMAP_CANCEL_RESERVATION) or 0.
    ///
    /// # Errors
    /// The server's.
    #[op = dma_space::UNMAP]
    fn unmap(&self, address: u64, size: u64, flags: u32) -> Result<()>;
}

/// Who tells what address spaces of devices are (`L4Re::Dma_space_mgr`, `l4/re/dma_space`).
#[l4re::interface(unsafe, protocol = proto::NONE, name = "L4Re::Dma_space_mgr")]
pub trait DmaSpaceMgr {
    /// Has `space` be the kernel's address space `task`.
    ///
    /// # Errors
    /// The server's.
    #[op = dma_space::MGR_ASSOCIATE]
    fn associate(
        &self,
        #[rights(RWS)] space: Cap<crate::dma_space::DmaSpace>,
        #[rights(RWS)] task: Cap<Task>,
        attrs: u32,
    ) -> Result<()>;

    /// Has `space` be physical memory.
    ///
    /// # Errors
    /// The server's.
    #[op = dma_space::MGR_ASSOCIATE_PHYS]
    fn associate_phys(
        &self,
        #[rights(RWS)] space: Cap<crate::dma_space::DmaSpace>,
        attrs: u32,
    ) -> Result<()>;

    /// Has `space` be nothing.
    ///
    /// # Errors
    /// The server's.
    #[op = dma_space::MGR_DISASSOCIATE]
    fn disassociate(&self, #[rights(RWS)] space: Cap<crate::dma_space::DmaSpace>) -> Result<()>;

    /// Keeps an area free of mappings. Sets `address` to where it is.
    ///
    /// # Errors
    /// The server's.
    #[op = dma_space::MGR_BLOCK_AREA]
    fn block_area(
        &self,
        #[rights(RWS)] space: Cap<crate::dma_space::DmaSpace>,
        address: &mut u64,
        size: u64,
        max: u64,
        flags: u32,
        align: u8,
    ) -> Result<()>;

    /// Sets the lowest and the highest address.
    ///
    /// # Errors
    /// The server's.
    #[op = dma_space::MGR_SET_LIMITS]
    fn set_limits(
        &self,
        #[rights(RWS)] space: Cap<crate::dma_space::DmaSpace>,
        min: u64,
        max: u64,
    ) -> Result<()>;
}
