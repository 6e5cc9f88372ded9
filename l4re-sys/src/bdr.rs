//! The buffer descriptor: where in the buffer registers each kind of item finds its buffers.

abi! {
    in "l4/sys/consts.h" {
        /// The lowest bit of the first memory buffer's number.
        MEM_SHIFT: u32 = 0 => "L4_BDR_MEM_SHIFT";
        /// The lowest bit of the first port buffer's number.
        IO_SHIFT: u32 = 5 => "L4_BDR_IO_SHIFT";
        /// The lowest bit of the first capability buffer's number.
        OBJ_SHIFT: u32 = 10 => "L4_BDR_OBJ_SHIFT";
        /// Bits that are numbers of buffers.
        OFFSET_MASK: u64 = (1 << 20) - 1 => "L4_BDR_OFFSET_MASK";
    }
    in "l4/sys/arch/utcb.h" {
        /// The receiver wants the sender's state of the floating-point unit.
        INHERIT_FPU: u64 = 1 << 24 => "L4_UTCB_INHERIT_FPU";
    }
}

/// The buffer descriptor. Zero: all buffers start at the first register, the usual case.
#[doc(alias = "l4_bdr")]
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct BufferDesc(pub u64);

impl BufferDesc {
    const INDEX_MASK: u64 = 0x1f;

    /// A descriptor: the numbers (0 to 31) of the first buffer of memory, ports, capabilities.
    pub const fn new(mem: usize, io: usize, obj: usize) -> Self {
        BufferDesc(
            ((mem as u64 & Self::INDEX_MASK) << MEM_SHIFT)
                | ((io as u64 & Self::INDEX_MASK) << IO_SHIFT)
                | ((obj as u64 & Self::INDEX_MASK) << OBJ_SHIFT),
        )
    }

    /// The number of the first buffer for memory.
    pub const fn mem(self) -> usize {
        ((self.0 >> MEM_SHIFT) & Self::INDEX_MASK) as usize
    }

    /// The number of the first buffer for ports.
    pub const fn io(self) -> usize {
        ((self.0 >> IO_SHIFT) & Self::INDEX_MASK) as usize
    }

    /// The number of the first buffer for capabilities.
    pub const fn obj(self) -> usize {
        ((self.0 >> OBJ_SHIFT) & Self::INDEX_MASK) as usize
    }

    /// Whether the state of the floating-point unit is wanted.
    pub const fn inherits_fpu(self) -> bool {
        self.0 & INHERIT_FPU != 0
    }
}
