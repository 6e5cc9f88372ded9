//! Flags of unmapping.

abi_flags! {
    /// From where and how a range is unmapped. Nothing: from those that it was passed on to.
    #[doc(alias = "l4_unmap_flags_t")]
    pub struct UnmapFlags: u64 in "l4/sys/consts.h" {
        /// From the task itself, too.
        ALL_SPACES = 0x8000_0000 => "L4_FP_ALL_SPACES";
        /// From everywhere, and delete the object (needs the right to).
        DELETE_OBJ = 0xc000_0000 => "L4_FP_DELETE_OBJ";
    }
}

abi! {
    in "l4/sys/consts.h" for UnmapFlags {
        /// From those that it was passed on to.
        OTHER_SPACES: UnmapFlags = UnmapFlags::empty() => "L4_FP_OTHER_SPACES";
    }
}
