//! What the loader must know before it starts the program: where the program expects the
//! kernel information page and its stack.
//!
//! Today's loader reads ELF-aux elements (`l4/re/elf_aux.h`); older ones looked for symbols.

use core::arch::global_asm;
use l4re_sys::consts::{KIP_ADDR, STACK_ADDR};
use l4re_sys::elf_aux::{self, ElfAuxWord};

/// Where the kernel information page goes.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux")]
pub static KIP: ElfAuxWord = ElfAuxWord::new(elf_aux::KIP_ADDR, KIP_ADDR);

/// Where the stack goes.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux")]
pub static STACK: ElfAuxWord = ElfAuxWord::new(elf_aux::STACK_ADDR, STACK_ADDR);

// Weak, so that a linker command line may tell other values, as L4Re's own does.
global_asm!(
    ".weak __L4_KIP_ADDR__",
    ".set __L4_KIP_ADDR__, {kip}",
    ".weak __L4_STACK_ADDR__",
    ".set __L4_STACK_ADDR__, {stack}",
    kip = const KIP_ADDR,
    stack = const STACK_ADDR,
);
