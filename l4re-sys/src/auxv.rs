//! The auxiliary vector: pairs of words behind the environment strings' list, on the stack.

abi! {
    in "l4/util/elf.h" {
        /// Ends the vector.
        NULL: u64 = 0 => "AT_NULL";
        /// To be ignored.
        IGNORE: u64 = 1 => "AT_IGNORE";
        /// The address of the program headers.
        PHDR: u64 = 3 => "AT_PHDR";
        /// The size of a program header.
        PHENT: u64 = 4 => "AT_PHENT";
        /// The number of program headers.
        PHNUM: u64 = 5 => "AT_PHNUM";
        /// The size of a page.
        PAGESZ: u64 = 6 => "AT_PAGESZ";
        /// Where the dynamic linker is loaded.
        BASE: u64 = 7 => "AT_BASE";
        /// Flags.
        FLAGS: u64 = 8 => "AT_FLAGS";
        /// Where the program starts.
        ENTRY: u64 = 9 => "AT_ENTRY";
        /// The user.
        UID: u64 = 11 => "AT_UID";
        /// The effective user.
        EUID: u64 = 12 => "AT_EUID";
        /// The group.
        GID: u64 = 13 => "AT_GID";
        /// The effective group.
        EGID: u64 = 14 => "AT_EGID";
        /// The address of [`L4Aux`].
        L4_AUX: u64 = 0xf0 => "AT_L4_AUX";
        /// The address of the [`Env`](crate::Env).
        L4_ENV: u64 = 0xf1 => "AT_L4_ENV";
        /// The address of the kernel information page.
        L4_KIP: u64 = 0xf2 => "AT_L4_KIP";
    }
    in "l4/re/l4aux.h" {
        /// Of [`L4Aux::ldr_flags`]: map everything at once.
        LDR_FLAG_EAGER_MAP: u64 = 1 => "L4RE_AUX_LDR_FLAG_EAGER_MAP";
        /// Of [`L4Aux::ldr_flags`]: copy all segments on write.
        LDR_FLAG_ALL_SEGS_COW: u64 = 2 => "L4RE_AUX_LDR_FLAG_ALL_SEGS_COW";
        /// Of [`L4Aux::ldr_flags`]: pin the segments.
        LDR_FLAG_PINNED_SEGS: u64 = 4 => "L4RE_AUX_LDR_FLAG_PINNED_SEGS";
    }
}

abi_struct! {
    /// What the loader tells about the program.
    pub struct L4Aux = "l4re_aux_t" in "l4/re/l4aux.h" {
        /// The name of the ELF file, ended by 0.
        binary: *const u8 => "binary",
        /// The dataspace of the kernel information page.
        kip_ds: crate::CapIdx => "kip_ds",
        /// The level of debug messages.
        dbg_lvl: u64 => "dbg_lvl",
        /// Flags for the loader.
        ldr_flags: u64 => "ldr_flags",
        /// Where the program is loaded, if it can be loaded anywhere.
        ldr_base: u64 => "ldr_base",
    }
}
