//! Memory descriptors of the kernel information page.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

abi! {
    in "l4/sys/memdesc.h" {
        /// Nothing there: the descriptor is to be ignored.
        UNDEFINED: u8 = 0 => "l4_mem_type_undefined";
        /// Memory for any use.
        CONVENTIONAL: u8 = 1 => "l4_mem_type_conventional";
        /// The kernel's.
        RESERVED: u8 = 2 => "l4_mem_type_reserved";
        /// For some of the programs that the boot loader started.
        DEDICATED: u8 = 3 => "l4_mem_type_dedicated";
        /// Not memory of the machine, but there for everyone.
        SHARED: u8 = 4 => "l4_mem_type_shared";
        /// Information from the boot loader.
        INFO: u8 = 0xd => "l4_mem_type_info";
        /// The boot loader's: modules, root task.
        BOOTLOADER: u8 = 0xe => "l4_mem_type_bootloader";
        /// The machine's; the subtype tells what.
        ARCH_SPECIFIC: u8 = 0xf => "l4_mem_type_archspecific";
        /// Subtype of [`INFO`]: the ACPI root pointer.
        INFO_ACPI_RSDP: u8 = 0 => "l4_mem_info_acpi_rsdp";
        /// Subtype of [`RESERVED`]: the kernel's image.
        RESERVED_KERNEL: u8 = 0 => "l4_mem_reserved_kernel";
        /// Subtype of [`RESERVED`]: the kernel's heap.
        RESERVED_HEAP: u8 = 1 => "l4_mem_reserved_heap";
        /// Subtype of [`RESERVED`]: device registers that the kernel uses.
        RESERVED_MMIO: u8 = 2 => "l4_mem_reserved_mmio";
        /// Subtype of [`ARCH_SPECIFIC`]: ACPI tables.
        ARCH_ACPI_TABLES: u8 = 3 => "l4_mem_archspecific_acpi_tables";
        /// Subtype of [`ARCH_SPECIFIC`]: ACPI non-volatile storage.
        ARCH_ACPI_NVS: u8 = 4 => "l4_mem_archspecific_acpi_nvs";
    }
}

abi_struct! {
    /// One range of memory, of whole KiB, first and last byte included.
    #[derive(FromBytes, Immutable, IntoBytes, KnownLayout)]
    pub struct MemDesc = "l4_kernel_info_mem_desc_t" in "l4/sys/memdesc.h" {
        /// Start and type.
        l: u64 => "l",
        /// End.
        h: u64 => "h",
    }
}

impl MemDesc {
    const ADDR_MASK: u64 = !0x3ff;
    const TYPE_MASK: u64 = 0xf;
    const SUBTYPE_SHIFT: u32 = 4;
    const VIRTUAL: u64 = 0x200;

    /// A range from `start` to `end`, both included; widened to whole KiB.
    #[doc(alias = "l4_kernel_info_set_mem_desc")]
    pub const fn new(start: u64, end: u64, kind: u8, subtype: u8, is_virtual: bool) -> Self {
        MemDesc {
            l: (start & Self::ADDR_MASK)
                | (kind as u64 & Self::TYPE_MASK)
                | ((subtype as u64 & 0xf) << Self::SUBTYPE_SHIFT)
                | if is_virtual { Self::VIRTUAL } else { 0 },
            h: end,
        }
    }

    /// The first byte.
    #[doc(alias = "l4_kernel_info_get_mem_desc_start")]
    pub const fn start(&self) -> u64 {
        self.l & Self::ADDR_MASK
    }

    /// The last byte.
    #[doc(alias = "l4_kernel_info_get_mem_desc_end")]
    pub const fn end(&self) -> u64 {
        self.h | !Self::ADDR_MASK
    }

    /// The type.
    #[doc(alias = "l4_kernel_info_get_mem_desc_type")]
    pub const fn kind(&self) -> u8 {
        (self.l & Self::TYPE_MASK) as u8
    }

    /// The subtype.
    #[doc(alias = "l4_kernel_info_get_mem_desc_subtype")]
    pub const fn subtype(&self) -> u8 {
        ((self.l >> Self::SUBTYPE_SHIFT) & 0xf) as u8
    }

    /// Whether this is a range of the root task's address space, not of the machine's memory.
    #[doc(alias = "l4_kernel_info_get_mem_desc_is_virtual")]
    pub const fn is_virtual(&self) -> bool {
        self.l & Self::VIRTUAL != 0
    }
}
