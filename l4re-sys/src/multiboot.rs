//! Multiboot 1: how a boot loader starts a kernel.

abi! {
    in "l4/util/mb_info.h" {
        /// What register eax holds at the kernel's start.
        VALID: u32 = 0x2bad_b002 => "L4UTIL_MB_VALID";
        /// Of [`MbInfo::flags`]: `mem_lower` and `mem_upper` are valid.
        MEMORY: u32 = 1 => "L4UTIL_MB_MEMORY";
        /// Of [`MbInfo::flags`]: `cmdline` is valid.
        CMDLINE: u32 = 4 => "L4UTIL_MB_CMDLINE";
        /// Of [`MbInfo::flags`]: `mods_count` and `mods_addr` are valid.
        MODS: u32 = 8 => "L4UTIL_MB_MODS";
        /// Of [`MbInfo::flags`]: `mmap_length` and `mmap_addr` are valid.
        MEM_MAP: u32 = 0x40 => "L4UTIL_MB_MEM_MAP";
        /// Of [`MbInfo::flags`]: the fields about graphics are valid.
        VIDEO_INFO: u32 = 0x800 => "L4UTIL_MB_VIDEO_INFO";
        /// Type of a range: memory.
        ARD_MEMORY: u32 = 1 => "MB_ARD_MEMORY";
        /// Type of a range: reserved.
        ART_RESERVED: u32 = 2 => "MB_ART_RESERVED";
        /// Type of a range: ACPI tables.
        ART_ACPI: u32 = 3 => "MB_ART_ACPI";
        /// Type of a range: ACPI non-volatile storage.
        ART_NVS: u32 = 4 => "MB_ART_NVS";
        /// Type of a range: memory that is broken.
        ART_UNUSABLE: u32 = 5 => "MB_ART_UNUSABLE";
    }
}

abi_struct! {
    /// What the boot loader tells.
    pub struct MbInfo = "l4util_mb_info_t" in "l4/util/mb_info.h" {
        /// Which of the fields are valid.
        flags: u32 => "flags",
        /// KiB of memory from 0 on.
        mem_lower: u32 => "mem_lower",
        /// KiB of memory from 1 MiB on.
        mem_upper: u32 => "mem_upper",
        /// The disk that the loader came from.
        boot_device: u32 => "boot_device",
        /// The address of the kernel's command line.
        cmdline: u32 => "cmdline",
        /// The number of modules.
        mods_count: u32 => "mods_count",
        /// The address of the modules ([`MbMod`]).
        mods_addr: u32 => "mods_addr",
        /// Symbols.
        syms: [u32; 4] => "syms",
        /// The size of the memory map in bytes.
        mmap_length: u32 => "mmap_length",
        /// The address of the memory map ([`MbAddrRange`]).
        mmap_addr: u32 => "mmap_addr",
        /// The size of the list of drives.
        drives_length: u32 => "drives_length",
        /// The address of the list of drives.
        drives_addr: u32 => "drives_addr",
        /// The address of the ROM configuration table.
        config_table: u32 => "config_table",
        /// The address of the boot loader's name.
        boot_loader_name: u32 => "boot_loader_name",
        /// The address of the table of power management.
        apm_table: u32 => "apm_table",
        /// The address of the information about the graphics controller.
        vbe_ctrl_info: u32 => "vbe_ctrl_info",
        /// The address of the information about the graphics mode.
        vbe_mode_info: u32 => "vbe_mode_info",
        /// The graphics mode.
        vbe_mode: u16 => "vbe_mode",
        /// The segment of the graphics interface.
        vbe_interface_seg: u16 => "vbe_interface_seg",
        /// The offset of the graphics interface.
        vbe_interface_off: u16 => "vbe_interface_off",
        /// The size of the graphics interface.
        vbe_interface_len: u16 => "vbe_interface_len",
    }
}

pub use module::MbMod;
mod module {
    abi_struct! {
        /// A module.
        pub struct MbMod = "l4util_mb_mod_t" in "l4/util/mb_info.h" {
            /// The address of the first byte.
            mod_start: u32 => "mod_start",
            /// The address behind the last byte.
            mod_end: u32 => "mod_end",
            /// The address of the command line.
            cmdline: u32 => "cmdline",
            /// Not used.
            pad: u32 => "pad",
        }
    }
}

/// An entry of the memory map (`l4util_mb_addr_range_t`, packed): read its fields by offset.
#[doc(alias = "l4util_mb_addr_range_t")]
#[derive(Clone, Copy, Debug)]
pub struct MbAddrRange {
    /// The size of the entry, this field not counted.
    pub struct_size: u32,
    /// The address of the first byte.
    pub addr: u64,
    /// The size in bytes.
    pub size: u64,
    /// The type ([`ARD_MEMORY`] and others).
    pub kind: u32,
}

/// The magic number of the header in the kernel's image (multiboot specification 0.6.96, 3.1.1).
pub const HEADER_MAGIC: u32 = 0x1bad_b002;
/// Flag of the header: load modules at page boundaries.
pub const HEADER_PAGE_ALIGN: u32 = 1;
/// Flag of the header: memory information is wanted.
pub const HEADER_MEMORY_INFO: u32 = 2;
/// Flag of the header: the header tells the addresses to load to.
pub const HEADER_ADDRESSES: u32 = 0x1_0000;
