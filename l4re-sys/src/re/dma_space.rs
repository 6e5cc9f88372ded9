//! Address spaces of devices ([`proto::RE_DMA_SPACE`](crate::proto::RE_DMA_SPACE)), and who
//! manages them (label 0: [`proto::NONE`](crate::proto::NONE)).

abi! {
    in "l4/re/dma_space" {
        /// In: offset (8, word), size (16, word), logarithm of the alignment (24, 1 byte),
        /// [`DmaAttrs`] (28, 4 bytes), address (32, word), highest address (40, word); item: the
        /// dataspace, or none. Out: size (0, word), address (8, word).
        MAP: u32 = 0 => "L4Re::Dma_space::map";
        /// In: address (8, word), size (16, word), flags (24, 4 bytes:
        /// [`UNMAP_CANCEL_RESERVATION`]).
        UNMAP: u32 = 1 => "L4Re::Dma_space::unmap";
        /// Of [`UNMAP`]: give up a reservation instead of a mapping.
        UNMAP_CANCEL_RESERVATION: u32 = 1 => "L4Re::Dma_space::Cancel_reservation";
        /// In: [`MGR_IDENTITY_MAP`] (4, 4 bytes); items: the DMA space, the kernel's.
        MGR_ASSOCIATE: u32 = 0 => "L4Re::Dma_space_mgr::associate";
        /// In: [`MGR_IDENTITY_MAP`] (4, 4 bytes); item: the DMA space.
        MGR_ASSOCIATE_PHYS: u32 = 1 => "L4Re::Dma_space_mgr::associate_phys";
        /// Item: the DMA space.
        MGR_DISASSOCIATE: u32 = 2 => "L4Re::Dma_space_mgr::disassociate";
        /// In: address (8, word), size (16, word), highest address (24, word),
        /// [`MGR_SEARCH_ADDR`] (32, 4 bytes), logarithm of the alignment (36, 1 byte); item: the
        /// DMA space. Out: address (0, word).
        MGR_BLOCK_AREA: u32 = 3 => "L4Re::Dma_space_mgr::block_area";
        /// In: lowest (8, word) and highest address (16, word); item: the DMA space.
        MGR_SET_LIMITS: u32 = 4 => "L4Re::Dma_space_mgr::set_limits";
    }
    in "l4/re/c/dma_space.h" {
        /// A device reads and writes. L4Re's C interface alone has directions, and they have no
        /// effect.
        BIDIRECTIONAL: u32 = 0 => "L4RE_DMA_SPACE_BIDIRECTIONAL";
        /// A device reads.
        TO_DEVICE: u32 = 1 => "L4RE_DMA_SPACE_TO_DEVICE";
        /// A device writes.
        FROM_DEVICE: u32 = 2 => "L4RE_DMA_SPACE_FROM_DEVICE";
        /// Neither.
        NO_DIRECTION: u32 = 3 => "L4RE_DMA_SPACE_NONE";
        /// Of [`MGR_ASSOCIATE`]: addresses of devices are physical ones.
        MGR_IDENTITY_MAP: u32 = 1 => "L4RE_DMA_SPACE_MGR_IDENTITY_MAP";
        /// Of [`MGR_BLOCK_AREA`]: search for a free place from the address on.
        MGR_SEARCH_ADDR: u32 = 1 => "L4RE_DMA_SPACE_MGR_SEARCH_ADDR";
    }
}

abi_flags! {
    /// How memory is mapped for devices.
    pub struct DmaAttrs: u32 in "l4/re/c/dma_space.h" {
        /// Search for a free place from the address on.
        SEARCH_ADDR = 1 => "L4RE_DMA_SPACE_SEARCH_ADDR";
        /// Map less if there is no room for all.
        PARTIAL_MAP = 2 => "L4RE_DMA_SPACE_PARTIAL_MAP";
        /// Reserve the place; nothing is mapped.
        RESERVE = 4 => "L4RE_DMA_SPACE_RESERVE";
        /// Replace what is there.
        REPLACE = 8 => "L4RE_DMA_SPACE_REPLACE";
    }
}
