//! What the loader must know before it starts the program: where the program expects the
//! kernel information page and its stack, and how large that is to be.
//!
//! Today's loader reads ELF-aux elements (`l4/re/elf_aux.h`); older ones looked for symbols.

use core::arch::global_asm;
use l4re_sys::consts::{KIP_ADDR, STACK_ADDR};
use l4re_sys::elf_aux::{self, ElfAuxWord, USUAL_STACK_SIZE};

/// Where the kernel information page goes.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux")]
pub static KIP: ElfAuxWord = ElfAuxWord::new(elf_aux::KIP_ADDR, KIP_ADDR);

/// Where the stack goes.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux")]
pub static STACK: ElfAuxWord = ElfAuxWord::new(elf_aux::STACK_ADDR, STACK_ADDR);

/// How large the stack is to be. In a section of its own, which comes before that of a program's
/// own wish ([`l4re::stack_size`]): a loader takes the last.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux.default")]
pub static STACK_SIZE: ElfAuxWord = ElfAuxWord::new(elf_aux::STACK_SIZE, USUAL_STACK_SIZE);

// Weak, so that a linker command line may tell other values, as L4Re's own does.
global_asm!(
    ".weak __L4_KIP_ADDR__",
    ".set __L4_KIP_ADDR__, {kip}",
    ".weak __L4_STACK_ADDR__",
    ".set __L4_STACK_ADDR__, {stack}",
    kip = const KIP_ADDR,
    stack = const STACK_ADDR,
);
