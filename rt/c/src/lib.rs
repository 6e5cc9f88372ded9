//! The run-time system of L4Re programs that are linked with the C library of an L4Re build tree,
//! or with this project's C SDK: instead of the crate `rt`, under the same name.
//!
//! ```toml
//! [dependencies]
//! l4re = "…"
//! l4re-sys = { version = "…", features = ["tree"] }
//! rt = { version = "…", package = "l4re-rt-c" }
//! ```
//!
//! The C library starts the program, and has what a program has once:
//!
//! | | is |
//! |---|---|
//! | the start | C's `main`, which calls the function of [`l4re::main`] |
//! | the environment | `l4re_global_env` |
//! | the heap | `malloc` |
//! | capability slots | `l4re_util_cap_alloc()` |
//! | threads | the C library's (`pthread_create()`); [`l4re::thread::spawn`] is an error, because a thread without the C library's data must not call the C library |
//!
//! A panic prints its message with a backtrace and ends the program, as in `rt`.

// On the host there is nothing to run on: the crate is empty, and a workspace still builds.
#![cfg(target_os = "l4re")]
#![no_std]

extern crate alloc;
// The heap.
extern crate rt_hosted as _;

#[path = "../../src/backtrace.rs"]
mod backtrace;
mod frames;
#[path = "../../src/panic.rs"]
mod panic;
mod start;
mod tls;

pub use panic::PANIC_STATUS;
