//! The start of the program.

use core::arch::global_asm;
use core::ffi::c_char;
use l4re_sys::consts::{KIP_ADDR, STACK_ADDR};
use l4re_sys::elf_aux::{self, ElfAuxWord, USUAL_STACK_SIZE};

/// Where the kernel information page goes: the loader reads it before it starts the program.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux")]
static KIP: ElfAuxWord = ElfAuxWord::new(elf_aux::KIP_ADDR, KIP_ADDR);

/// Where the stack goes.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux")]
static STACK: ElfAuxWord = ElfAuxWord::new(elf_aux::STACK_ADDR, STACK_ADDR);

/// How large the stack is to be, unless the program has a wish of its own, which comes behind.
#[used]
#[unsafe(link_section = ".rol4re_elf_aux.default")]
static STACK_SIZE: ElfAuxWord = ElfAuxWord::new(elf_aux::STACK_SIZE, USUAL_STACK_SIZE);

// The stack pointer at entry is the address of the number of arguments; the frame pointer is
// made 0, which ends backtraces.
global_asm!(
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {start}",
    "ud2",
    ".size _start, . - _start",
    start = sym start,
);

unsafe extern "C" {
    /// uClibc's own start, which calls `main` and then `exit`.
    fn __uClibc_main(
        main: unsafe extern "C" fn(),
        argc: i32,
        argv: *const *const c_char,
        init: Option<extern "C" fn()>,
        fini: Option<extern "C" fn()>,
        dynamic_fini: Option<extern "C" fn()>,
        stack_end: *const u64,
    ) -> !;
    fn main();
}

extern "C" fn start(sp: *const u64) -> ! {
    // SAFETY: called by `_start` alone, with the stack pointer at entry.
    let Some(beginning) = (unsafe { l4re::start::begin(sp) }) else {
        // Without an environment there is no log to complain to and no parent to tell.
        l4re::time::sleep_forever()
    };
    crate::exports::publish(beginning.raw, sp);
    let end = core::ptr::with_exposed_provenance(beginning.stack_end);
    // SAFETY: at the stack pointer is the number of arguments, and behind it they are; the
    // function and `main` have these types.
    unsafe {
        let (argc, argv) = (sp.read() as i32, sp.add(1).cast());
        __uClibc_main(main, argc, argv, None, None, None, end)
    }
}
