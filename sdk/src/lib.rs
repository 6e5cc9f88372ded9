//! L4Re's C interface, implemented in Rust: the functions that C code calls by their C names.
//!
//! The C headers are made from this crate: a file `src/sys/thread.rs` is the header
//! `l4/sys/thread.h`, each `extern "C"` function in it a prototype there with the same comment
//! (the crate `l4re-c-headers` does it). A function whose name ends in `_u` takes the UTCB; its
//! twin without it is made in the header. `const` functions have no effect and depend on their
//! arguments alone, and C's compiler is told.
//!
//! # What C code must keep
//! Rust cannot check its C callers. A pointer they pass is null where the header says that it
//! may be, or valid for what the function does with it; a string is ended by 0; a UTCB is the
//! calling thread's own. The types that stand for such pointers here (`&mut T`, [`Str`],
//! `UtcbRef`) lean on that promise.
//!
//! A program that is all C needs a start, too: `main!` in a Rust file of one line, or the
//! static library that `cargo xtask sdk` makes. Heap and panic handler are the run-time system's,
//! the crate `rt`, which the program lists in its manifest as any other does.
//!
//! Where a C library starts the program, the feature `small-libc` is off and there is no `main!`.

#![no_std]
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals)]
#![allow(clippy::too_many_arguments)]

extern crate alloc;
#[cfg(test)]
extern crate std;
/// Gives functions their C names as weak symbols: a C library that defines them, too, wins.
#[cfg(target_os = "l4re")]
macro_rules! weak {
    ($($name:ident),* $(,)?) => { $(
        core::arch::global_asm!(
            concat!(".weak ", stringify!($name)),
            concat!(".type ", stringify!($name), ", @function"),
            concat!(".set ", stringify!($name), ", {function}"),
            function = sym $name,
        );
    )* };
}

mod ctypes;
#[cfg(feature = "small-libc")]
mod libc;
mod re;
mod request;
#[cfg(all(target_os = "l4re", feature = "small-libc"))]
mod start;
mod sys;
mod util;

#[doc(hidden)]
pub use l4re::Env;
#[cfg(all(target_os = "l4re", feature = "small-libc"))]
#[doc(hidden)]
pub use start::{call_main, find_env};
