//! What of the ELF format the interface fixes; the rest is an ELF reader's.

abi! {
    in "l4/util/elf.h" {
        /// A segment to be loaded.
        PT_LOAD: u32 = 1;
        /// The name of the dynamic linker.
        PT_INTERP: u32 = 3;
        /// The segment of initial thread-local data.
        PT_TLS: u32 = 7;
        /// L4Re: the wish for a stack.
        PT_L4_STACK: u32 = 0x6000_0012;
        /// L4Re: the ELF-aux elements.
        PT_L4_AUX: u32 = 0x6000_0014;
        /// A segment may be executed.
        PF_X: u32 = 1;
        /// A segment may be written.
        PF_W: u32 = 2;
        /// A segment may be read.
        PF_R: u32 = 4;
        /// A program at fixed addresses.
        ET_EXEC: u16 = 2;
        /// A program or library that can be loaded anywhere.
        ET_DYN: u16 = 3;
        /// The machine: amd64.
        EM_X86_64: u16 = 62;
        /// Files of 64 bits.
        ELFCLASS64: u8 = 2;
        /// The lower byte first.
        ELFDATA2LSB: u8 = 1;
    }
}

pub use phdr::Phdr;
mod phdr {
    abi_struct! {
        /// A program header.
        pub struct Phdr = "Elf64_Phdr" in "l4/util/elf.h" {
            /// The type of the segment.
            kind: u32 => "p_type",
            /// What may be done with it.
            flags: u32 => "p_flags",
            /// Where it starts in the file.
            offset: u64 => "p_offset",
            /// Where it starts in memory.
            vaddr: u64 => "p_vaddr",
            /// Where it starts in physical memory.
            paddr: u64 => "p_paddr",
            /// Its size in the file.
            filesz: u64 => "p_filesz",
            /// Its size in memory.
            memsz: u64 => "p_memsz",
            /// Its alignment.
            align: u64 => "p_align",
        }
    }
}

pub use ehdr::Ehdr;
mod ehdr {
    abi_struct! {
        /// The header of the file.
        pub struct Ehdr = "Elf64_Ehdr" in "l4/util/elf.h" {
            /// Magic number, class, byte order, version.
            ident: [u8; 16] => "e_ident",
            /// The type of the file.
            kind: u16 => "e_type",
            /// The machine.
            machine: u16 => "e_machine",
            /// The version of the format.
            version: u32 => "e_version",
            /// Where the program starts.
            entry: u64 => "e_entry",
            /// Where the program headers are in the file.
            phoff: u64 => "e_phoff",
            /// Where the section headers are in the file.
            shoff: u64 => "e_shoff",
            /// Flags.
            flags: u32 => "e_flags",
            /// The size of this header.
            ehsize: u16 => "e_ehsize",
            /// The size of a program header.
            phentsize: u16 => "e_phentsize",
            /// The number of program headers.
            phnum: u16 => "e_phnum",
            /// The size of a section header.
            shentsize: u16 => "e_shentsize",
            /// The number of section headers.
            shnum: u16 => "e_shnum",
            /// The section of the sections' names.
            shstrndx: u16 => "e_shstrndx",
        }
    }
}

/// Where the root task of this project loads programs that can be loaded anywhere. On L4Re's own
/// system the loader looks for a free place.
pub const PIE_BASE: u64 = 0xa000_0000;
