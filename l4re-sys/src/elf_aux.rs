//! ELF-aux elements: what a program tells the loader, in a segment of type
//! [`PT_L4_AUX`](crate::elf::PT_L4_AUX).

abi! {
    in "l4/re/elf_aux.h" {
        /// Nothing: ends the elements.
        NONE: u64 = 0 => "L4RE_ELF_AUX_T_NONE";
        /// A range of virtual memory to be reserved.
        VMA: u64 = 1 => "L4RE_ELF_AUX_T_VMA";
        /// The size of the stack.
        STACK_SIZE: u64 = 2 => "L4RE_ELF_AUX_T_STACK_SIZE";
        /// The address of the stack.
        STACK_ADDR: u64 = 3 => "L4RE_ELF_AUX_T_STACK_ADDR";
        /// The address of the kernel information page.
        KIP_ADDR: u64 = 4 => "L4RE_ELF_AUX_T_KIP_ADDR";
        /// Flags for starting the first thread.
        EX_REGS_FLAGS: u64 = 5 => "L4RE_ELF_AUX_T_EX_REGS_FLAGS";
    }
}

abi_struct! {
    /// An element whose value is one word.
    pub struct ElfAuxWord = "l4re_elf_aux_mword_t" in "l4/re/elf_aux.h" {
        /// The type.
        kind: u64 => "type",
        /// The size of the element in bytes.
        length: u64 => "length",
        /// The value.
        value: u64 => "value",
    }
}

impl ElfAuxWord {
    /// An element.
    pub const fn new(kind: u64, value: u64) -> Self {
        ElfAuxWord {
            kind,
            length: size_of::<Self>() as u64,
            value,
        }
    }
}

/// The name of the section that holds the elements (`L4RE_ELF_AUX_ELEM`).
pub const SECTION: &str = ".rol4re_elf_aux";

/// The size of the first thread's stack that this project's programs ask for unless they say
/// otherwise, in bytes: as on Linux. A loader provides the memory when it is touched.
pub const USUAL_STACK_SIZE: u64 = 8 << 20;
