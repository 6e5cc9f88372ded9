//! Memory from sigma0 ([`proto::SIGMA0`](crate::proto::SIGMA0)): request, flexpage; the reply
//! maps it into the receive window, or is a void item.

abi! {
    in "l4/sigma0/sigma0.h" {
        /// Bits that mark a request, as opposed to a fault's address.
        MAGIC: u64 = !0xff => "SIGMA0_REQ_MAGIC";
        /// Bits of [`MAGIC`].
        MAGIC_MASK: u64 = !0xff => "SIGMA0_REQ_MASK";
        /// Bits that tell the request.
        ID_MASK: u64 = 0xf0 => "SIGMA0_REQ_ID_MASK";
        /// A certain page of memory.
        FPAGE_RAM: u64 = MAGIC | 0x60 => "SIGMA0_REQ_FPAGE_RAM";
        /// A certain page of device registers.
        FPAGE_IOMEM: u64 = MAGIC | 0x70 => "SIGMA0_REQ_FPAGE_IOMEM";
        /// A certain page of device memory, cached.
        FPAGE_IOMEM_CACHED: u64 = MAGIC | 0x80 => "SIGMA0_REQ_FPAGE_IOMEM_CACHED";
        /// Any page of memory of a size.
        FPAGE_ANY: u64 = MAGIC | 0x90 => "SIGMA0_REQ_FPAGE_ANY";
        /// The kernel information page.
        KIP: u64 = MAGIC | 0xa0 => "SIGMA0_REQ_KIP";
        /// Write sigma0's tables to the log.
        DEBUG_DUMP: u64 = MAGIC | 0xc0 => "SIGMA0_REQ_DEBUG_DUMP";
    }
}
