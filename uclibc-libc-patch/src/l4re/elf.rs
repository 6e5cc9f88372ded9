//! `elf.h`.

use super::*;

types! {
    pub type Elf32_Addr = u32;
    pub type Elf32_Half = u16;
    pub type Elf32_Off = u32;
    pub type Elf32_Section = u16;
    pub type Elf32_Sword = i32;
    pub type Elf32_Word = u32;
    pub type Elf32_Xword = u64;
    pub type Elf64_Addr = u64;
    pub type Elf64_Half = u16;
    pub type Elf64_Off = u64;
    pub type Elf64_Section = u16;
    pub type Elf64_Sword = i32;
    pub type Elf64_Sxword = i64;
    pub type Elf64_Word = u32;
    pub type Elf64_Xword = u64;
}

pub type Elf32_Rel = __c_anonymous_elf32_rel;
pub type Elf32_Rela = __c_anonymous_elf32_rela;
pub type Elf64_Rel = __c_anonymous_elf64_rel;
pub type Elf64_Rela = __c_anonymous_elf64_rela;

structs! {
    "Elf32_Ehdr" pub struct Elf32_Ehdr {
        pub e_ident: [c_uchar; 16],
        pub e_type: Elf32_Half,
        pub e_machine: Elf32_Half,
        pub e_version: Elf32_Word,
        pub e_entry: Elf32_Addr,
        pub e_phoff: Elf32_Off,
        pub e_shoff: Elf32_Off,
        pub e_flags: Elf32_Word,
        pub e_ehsize: Elf32_Half,
        pub e_phentsize: Elf32_Half,
        pub e_phnum: Elf32_Half,
        pub e_shentsize: Elf32_Half,
        pub e_shnum: Elf32_Half,
        pub e_shstrndx: Elf32_Half,
    }

    "Elf64_Ehdr" pub struct Elf64_Ehdr {
        pub e_ident: [c_uchar; 16],
        pub e_type: Elf64_Half,
        pub e_machine: Elf64_Half,
        pub e_version: Elf64_Word,
        pub e_entry: Elf64_Addr,
        pub e_phoff: Elf64_Off,
        pub e_shoff: Elf64_Off,
        pub e_flags: Elf64_Word,
        pub e_ehsize: Elf64_Half,
        pub e_phentsize: Elf64_Half,
        pub e_phnum: Elf64_Half,
        pub e_shentsize: Elf64_Half,
        pub e_shnum: Elf64_Half,
        pub e_shstrndx: Elf64_Half,
    }

    "Elf32_Sym" pub struct Elf32_Sym {
        pub st_name: Elf32_Word,
        pub st_value: Elf32_Addr,
        pub st_size: Elf32_Word,
        pub st_info: c_uchar,
        pub st_other: c_uchar,
        pub st_shndx: Elf32_Section,
    }

    "Elf64_Sym" pub struct Elf64_Sym {
        pub st_name: Elf64_Word,
        pub st_info: c_uchar,
        pub st_other: c_uchar,
        pub st_shndx: Elf64_Section,
        pub st_value: Elf64_Addr,
        pub st_size: Elf64_Xword,
    }

    "Elf32_Phdr" pub struct Elf32_Phdr {
        pub p_type: Elf32_Word,
        pub p_offset: Elf32_Off,
        pub p_vaddr: Elf32_Addr,
        pub p_paddr: Elf32_Addr,
        pub p_filesz: Elf32_Word,
        pub p_memsz: Elf32_Word,
        pub p_flags: Elf32_Word,
        pub p_align: Elf32_Word,
    }

    "Elf64_Phdr" pub struct Elf64_Phdr {
        pub p_type: Elf64_Word,
        pub p_flags: Elf64_Word,
        pub p_offset: Elf64_Off,
        pub p_vaddr: Elf64_Addr,
        pub p_paddr: Elf64_Addr,
        pub p_filesz: Elf64_Xword,
        pub p_memsz: Elf64_Xword,
        pub p_align: Elf64_Xword,
    }

    "Elf32_Shdr" pub struct Elf32_Shdr {
        pub sh_name: Elf32_Word,
        pub sh_type: Elf32_Word,
        pub sh_flags: Elf32_Word,
        pub sh_addr: Elf32_Addr,
        pub sh_offset: Elf32_Off,
        pub sh_size: Elf32_Word,
        pub sh_link: Elf32_Word,
        pub sh_info: Elf32_Word,
        pub sh_addralign: Elf32_Word,
        pub sh_entsize: Elf32_Word,
    }

    "Elf64_Shdr" pub struct Elf64_Shdr {
        pub sh_name: Elf64_Word,
        pub sh_type: Elf64_Word,
        pub sh_flags: Elf64_Xword,
        pub sh_addr: Elf64_Addr,
        pub sh_offset: Elf64_Off,
        pub sh_size: Elf64_Xword,
        pub sh_link: Elf64_Word,
        pub sh_info: Elf64_Word,
        pub sh_addralign: Elf64_Xword,
        pub sh_entsize: Elf64_Xword,
    }

    "Elf32_Rel" pub struct __c_anonymous_elf32_rel {
        pub r_offset: Elf32_Addr,
        pub r_info: Elf32_Word,
    }

    "Elf32_Rela" pub struct __c_anonymous_elf32_rela {
        pub r_offset: Elf32_Addr,
        pub r_info: Elf32_Word,
        pub r_addend: Elf32_Sword,
    }

    "Elf64_Rel" pub struct __c_anonymous_elf64_rel {
        pub r_offset: Elf64_Addr,
        pub r_info: Elf64_Xword,
    }

    "Elf64_Rela" pub struct __c_anonymous_elf64_rela {
        pub r_offset: Elf64_Addr,
        pub r_info: Elf64_Xword,
        pub r_addend: Elf64_Sxword,
    }
}

constants! {
    usize {
        EI_NIDENT = 16;
        EI_MAG0 = 0;
        EI_MAG1 = 1;
        EI_MAG2 = 2;
        EI_MAG3 = 3;
        SELFMAG = 4;
        EI_CLASS = 4;
        ELFCLASSNUM = 3;
        EI_DATA = 5;
        ELFDATANUM = 3;
        EI_VERSION = 6;
        EI_OSABI = 7;
        EI_ABIVERSION = 8;
        EI_PAD = 9;
    }
    u8 {
        ELFMAG0 = 127;
        ELFMAG1 = 69;
        ELFMAG2 = 76;
        ELFMAG3 = 70;
        ELFCLASSNONE = 0;
        ELFCLASS32 = 1;
        ELFCLASS64 = 2;
        ELFDATANONE = 0;
        ELFDATA2LSB = 1;
        ELFDATA2MSB = 2;
        ELFOSABI_NONE = 0;
        ELFOSABI_SYSV = 0;
        ELFOSABI_HPUX = 1;
        ELFOSABI_NETBSD = 2;
        ELFOSABI_GNU = 3;
        ELFOSABI_LINUX = 3;
        ELFOSABI_SOLARIS = 6;
        ELFOSABI_AIX = 7;
        ELFOSABI_IRIX = 8;
        ELFOSABI_FREEBSD = 9;
        ELFOSABI_TRU64 = 10;
        ELFOSABI_MODESTO = 11;
        ELFOSABI_OPENBSD = 12;
        ELFOSABI_ARM = 97;
        ELFOSABI_STANDALONE = 255;
    }
    u16 {
        ET_NONE = 0;
        ET_REL = 1;
        ET_EXEC = 2;
        ET_DYN = 3;
        ET_CORE = 4;
        ET_NUM = 5;
        ET_LOOS = 0xfe00;
        ET_HIOS = 0xfeff;
        ET_LOPROC = 0xff00;
        ET_HIPROC = 0xffff;
        EM_NONE = 0;
        EM_M32 = 1;
        EM_SPARC = 2;
        EM_386 = 3;
        EM_68K = 4;
        EM_88K = 5;
        EM_860 = 7;
        EM_MIPS = 8;
        EM_S370 = 9;
        EM_MIPS_RS3_LE = 10;
        EM_PARISC = 15;
        EM_VPP500 = 17;
        EM_SPARC32PLUS = 18;
        EM_960 = 19;
        EM_PPC = 20;
        EM_PPC64 = 21;
        EM_S390 = 22;
        EM_V800 = 36;
        EM_FR20 = 37;
        EM_RH32 = 38;
        EM_RCE = 39;
        EM_ARM = 40;
        EM_FAKE_ALPHA = 41;
        EM_SH = 42;
        EM_SPARCV9 = 43;
        EM_TRICORE = 44;
        EM_ARC = 45;
        EM_H8_300 = 46;
        EM_H8_300H = 47;
        EM_H8S = 48;
        EM_H8_500 = 49;
        EM_IA_64 = 50;
        EM_MIPS_X = 51;
        EM_COLDFIRE = 52;
        EM_68HC12 = 53;
        EM_MMA = 54;
        EM_PCP = 55;
        EM_NCPU = 56;
        EM_NDR1 = 57;
        EM_STARCORE = 58;
        EM_ME16 = 59;
        EM_ST100 = 60;
        EM_TINYJ = 61;
        EM_X86_64 = 62;
        EM_PDSP = 63;
        EM_FX66 = 66;
        EM_ST9PLUS = 67;
        EM_ST7 = 68;
        EM_68HC16 = 69;
        EM_68HC11 = 70;
        EM_68HC08 = 71;
        EM_68HC05 = 72;
        EM_SVX = 73;
        EM_ST19 = 74;
        EM_VAX = 75;
        EM_CRIS = 76;
        EM_JAVELIN = 77;
        EM_FIREPATH = 78;
        EM_ZSP = 79;
        EM_MMIX = 80;
        EM_HUANY = 81;
        EM_PRISM = 82;
        EM_AVR = 83;
        EM_FR30 = 84;
        EM_D10V = 85;
        EM_D30V = 86;
        EM_V850 = 87;
        EM_M32R = 88;
        EM_MN10300 = 89;
        EM_MN10200 = 90;
        EM_PJ = 91;
        EM_OR1K = 92;
        EM_XTENSA = 94;
        EM_AARCH64 = 183;
        EM_TILEPRO = 188;
        EM_TILEGX = 191;
        EM_RISCV = 243;
        EM_ALPHA = 0x9026;
    }
    u32 {
        EV_NONE = 0;
        EV_CURRENT = 1;
        EV_NUM = 2;
        PT_NULL = 0;
        PT_LOAD = 1;
        PT_DYNAMIC = 2;
        PT_INTERP = 3;
        PT_NOTE = 4;
        PT_SHLIB = 5;
        PT_PHDR = 6;
        PT_TLS = 7;
        PT_NUM = 8;
        PT_LOOS = 0x60000000;
        PT_GNU_EH_FRAME = 0x6474e550;
        PT_GNU_STACK = 0x6474e551;
        PT_GNU_RELRO = 0x6474e552;
        PT_LOSUNW = 0x6ffffffa;
        PT_SUNWBSS = 0x6ffffffa;
        PT_SUNWSTACK = 0x6ffffffb;
        PT_HISUNW = 0x6fffffff;
        PT_HIOS = 0x6fffffff;
        PT_LOPROC = 0x70000000;
        PT_HIPROC = 0x7fffffff;
        PF_X = 1;
        PF_W = 2;
        PF_R = 4;
        PF_MASKOS = 0xff00000;
        PF_MASKPROC = 0xf0000000;
    }
    c_ulong {
        AT_NOTELF = 10;
        AT_BASE_PLATFORM = 24;
        AT_SYSINFO_EHDR = 33;
    }
    c_int {
        NT_PRSTATUS = 1;
        NT_FPREGSET = 2;
        NT_PRPSINFO = 3;
        NT_TASKSTRUCT = 4;
        NT_PLATFORM = 5;
        NT_AUXV = 6;
        NT_GWINDOWS = 7;
        NT_ASRS = 8;
        NT_PSTATUS = 10;
        NT_PSINFO = 13;
        NT_PRCRED = 14;
        NT_UTSNAME = 15;
        NT_LWPSTATUS = 16;
        NT_LWPSINFO = 17;
        NT_PRFPXREG = 20;
    }
}
