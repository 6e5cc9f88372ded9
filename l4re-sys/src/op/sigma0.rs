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
        /// Of [`ID_MASK`]: a certain page of memory.
        ID_FPAGE_RAM: u64 = 0x60 => "SIGMA0_REQ_ID_FPAGE_RAM";
        /// Of [`ID_MASK`]: a certain page of device registers.
        ID_FPAGE_IOMEM: u64 = 0x70 => "SIGMA0_REQ_ID_FPAGE_IOMEM";
        /// Of [`ID_MASK`]: a certain page of device memory, cached.
        ID_FPAGE_IOMEM_CACHED: u64 = 0x80 => "SIGMA0_REQ_ID_FPAGE_IOMEM_CACHED";
        /// Of [`ID_MASK`]: any page of memory of a size.
        ID_FPAGE_ANY: u64 = 0x90 => "SIGMA0_REQ_ID_FPAGE_ANY";
        /// Of [`ID_MASK`]: the kernel information page.
        ID_KIP: u64 = 0xa0 => "SIGMA0_REQ_ID_KIP";
        /// Of [`ID_MASK`]: sigma0's tables to the log.
        ID_DEBUG_DUMP: u64 = 0xc0 => "SIGMA0_REQ_ID_DEBUG_DUMP";
        /// Of [`ID_MASK`]: coverage data to the log.
        ID_COV: u64 = 0xe0 => "SIGMA0_REQ_ID_COV";
        /// Coverage data to the log.
        COV: u64 = MAGIC | ID_COV => "SIGMA0_REQ_COV";
        /// Result of C's functions: it worked.
        OK: i64 = 0 => "L4SIGMA0_OK";
        /// Result of C's functions: an address is not aligned.
        NOT_ALIGNED: i64 = 1 => "L4SIGMA0_NOTALIGNED";
        /// Result of C's functions: the system call failed.
        IPC_ERROR: i64 = 2 => "L4SIGMA0_IPCERROR";
        /// Result of C's functions: sigma0 has mapped nothing.
        NO_FPAGE: i64 = 3 => "L4SIGMA0_NOFPAGE";
        /// Result of C's functions: not in use.
        RESULT_4: i64 = 4 => "L4SIGMA0_4";
        /// Result of C's functions: not in use.
        RESULT_5: i64 = 5 => "L4SIGMA0_5";
        /// Result of C's functions: sigma0 has mapped less than asked for.
        SMALLER_FPAGE: i64 = 6 => "L4SIGMA0_SMALLERFPAGE";
        /// A certain page of memory.
        FPAGE_RAM: u64 = MAGIC | ID_FPAGE_RAM => "SIGMA0_REQ_FPAGE_RAM";
        /// A certain page of device registers.
        FPAGE_IOMEM: u64 = MAGIC | ID_FPAGE_IOMEM => "SIGMA0_REQ_FPAGE_IOMEM";
        /// A certain page of device memory, cached.
        FPAGE_IOMEM_CACHED: u64 = MAGIC | ID_FPAGE_IOMEM_CACHED => "SIGMA0_REQ_FPAGE_IOMEM_CACHED";
        /// Any page of memory of a size.
        FPAGE_ANY: u64 = MAGIC | ID_FPAGE_ANY => "SIGMA0_REQ_FPAGE_ANY";
        /// The kernel information page.
        KIP: u64 = MAGIC | ID_KIP => "SIGMA0_REQ_KIP";
        /// Write sigma0's tables to the log.
        DEBUG_DUMP: u64 = MAGIC | ID_DEBUG_DUMP => "SIGMA0_REQ_DEBUG_DUMP";
    }
}
