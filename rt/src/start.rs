//! The start of the program.

use crate::{arrays, tls};
use core::arch::global_asm;
use l4re::Env;

// The stack pointer at entry is the address of the number of arguments; the frame pointer is
// made 0, which ends backtraces. Weak: a program that is started otherwise brings its own.
global_asm!(
    ".weak _start",
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

unsafe extern "Rust" {
    /// The program's main function, as `#[l4re::main]` wraps it.
    fn __l4re_main(env: &'static Env) -> i32;
}

extern "C" fn start(sp: *const u64) -> ! {
    // SAFETY: called by `_start` alone, with the stack pointer at entry.
    let Some(beginning) = (unsafe { l4re::start::begin(sp) }) else {
        // Without an environment there is no log to complain to and no parent to tell.
        l4re::time::sleep_forever()
    };
    let stack_end = beginning.stack_end;
    tls::set_first_stack_end(stack_end);
    // Without memory for that much, there is nothing that a program could do.
    let block = tls::Block::new(stack_end).expect("there is memory to start");
    // SAFETY: the block is forgotten, so it lives for ever; it is this thread's alone, which
    // has had no thread-local data before.
    unsafe { block.activate() };
    core::mem::forget(block);
    // SAFETY: blocks are laid out as the program's image says.
    unsafe { l4re::thread::set_tls_blocks(&tls::BLOCKS) };
    // SAFETY: this is the start, and all is ready: environment, heap, thread-local data.
    unsafe { arrays::construct(beginning.env) };
    // SAFETY: `#[l4re::main]` defines the function with this type.
    let status = unsafe { __l4re_main(beginning.env) };
    l4re::exit(status)
}
