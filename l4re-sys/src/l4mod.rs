//! The boot loader's list of modules ([`KernelInfo::user_ptr`](crate::KernelInfo::user_ptr)).

abi! {
    in "l4/util/l4mod.h" {
        /// Bits of a module's flags that tell its kind.
        MOD_MASK: u64 = 7 => "L4util_l4mod_mod_flag_mask";
        /// Any module.
        MOD_UNSPEC: u64 = 0 => "L4util_l4mod_mod_flag_unspec";
        /// The kernel.
        MOD_KERNEL: u64 = 1 => "L4util_l4mod_mod_flag_kernel";
        /// sigma0.
        MOD_SIGMA0: u64 = 2 => "L4util_l4mod_mod_flag_sigma0";
        /// The root task.
        MOD_ROOTTASK: u64 = 3 => "L4util_l4mod_mod_flag_roottask";
    }
}

abi_struct! {
    /// The list.
    pub struct ModInfo = "l4util_l4mod_info" in "l4/util/l4mod.h" {
        /// Not used.
        flags: u64 => "flags",
        /// The physical address of the kernel's command line.
        cmdline: u64 => "cmdline",
        /// The physical address of the modules ([`Mod`]).
        mods_addr: u64 => "mods_addr",
        /// The number of modules.
        mods_count: u32 => "mods_count",
        /// Not used.
        pad: u32 => "_pad",
        /// The physical address of the information about the graphics controller, or 0.
        vbe_ctrl_info: u64 => "vbe_ctrl_info",
        /// The physical address of the information about the graphics mode, or 0.
        vbe_mode_info: u64 => "vbe_mode_info",
    }
}

pub use module::Mod;
mod module {
    abi_struct! {
        /// One module.
        pub struct Mod = "l4util_l4mod_mod" in "l4/util/l4mod.h" {
            /// The kind.
            flags: u64 => "flags",
            /// The physical address of the first byte.
            mod_start: u64 => "mod_start",
            /// The physical address behind the last byte.
            mod_end: u64 => "mod_end",
            /// The physical address of the command line, ended by 0.
            cmdline: u64 => "cmdline",
        }
    }
}
