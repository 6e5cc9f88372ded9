//! What Rust code without `std` needs in a program that a C library starts: the program's one
//! heap, which is C's, and a panic handler.
//!
//! The C library is this project's uClibc or an L4Re tree's. Where a Rust program has `rt`, Rust
//! code in a C program (a static library) has
//!
//! ```ignore
//! #![no_std]
//! extern crate rt_hosted as _;
//! ```
//!
//! * The heap is `malloc` and `free`: what one language has allocated in a `Box` or `Vec` is
//!   freed by the same, but all comes from one heap.
//! * With the feature `panic`, on by default, a panic writes its place and message to the program's log and calls `abort`. It never
//!   unwinds into C.
//! * The environment and the capability slots are C's: the crate `l4re` finds them.

// On the host there is no such program: the crate is empty, and a workspace still builds.
#![cfg(target_os = "l4re")]
#![no_std]

mod heap;
#[cfg(feature = "panic")]
mod panic;
