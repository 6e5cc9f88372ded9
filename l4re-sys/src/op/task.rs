//! Tasks ([`proto::TASK`](crate::proto::TASK)).

abi! {
    in "l4/sys/task.h" {
        /// Map from another task: hot spot, flexpage; item: the other task.
        MAP: u64 = 0 => "L4_TASK_MAP_OP";
        /// Unmap: [`UnmapFlags`](crate::unmap::UnmapFlags), flexpages.
        UNMAP: u64 = 1 => "L4_TASK_UNMAP_OP";
        /// One selector: whether a capability is there (label 1 or 0). Two: whether both are of
        /// one object and have the same rights `W` and `S`.
        CAP_INFO: u64 = 2 => "L4_TASK_CAP_INFO_OP";
        /// Add memory that kernel and user share (for UTCBs): a flexpage of memory; the reply
        /// holds the flexpage that was added.
        ADD_KU_MEM: u64 = 3 => "L4_TASK_ADD_KU_MEM_OP";
        /// Set entries of the local descriptor table.
        LDT_SET_X86: u64 = 0x11 => "L4_TASK_LDT_SET_X86_OP";
    }
    in "l4/sys/segment.h" {
        /// The most entries of one [`LDT_SET_X86`].
        LDT_MAX_ENTRIES: u32 = 61 => "L4_TASK_LDT_X86_MAX_ENTRIES";
        /// The bytes of an entry of [`LDT_SET_X86`].
        LDT_ENTRY_SIZE: u32 = 8 => "L4_TASK_LDT_X86_ENTRY_SIZE";
    }
}
