//! The run-time system of L4Re programs: what happens before and behind `main`.
//!
//! A program lists this crate in its manifest and never names it: [`l4re::main`] links it in.
//! It provides
//!
//! * `_start`, which reads the initial stack and publishes the environment ([`start`]);
//! * thread-local data (`#[thread_local]`) of the first thread and of [others](l4re::thread)
//!   ([`tls`]);
//! * what runs before and behind `main`: constructors and destructors of C and C++, and of crates
//!   such as `ctor` and `inventory`. A panic runs none;
//! * the heap, which grows by dataspaces ([`heap`]);
//! * the panic handler, which prints place, message and a backtrace of addresses, and ends the
//!   program with the status [`PANIC_STATUS`];
//! * what today's loader wants to know beforehand ([`elf_aux`]).
//!
//! Stacks have a guard below: of the first thread, the loader leaves the addresses below
//! [`STACK_ADDR`](l4re_sys::consts::STACK_ADDR) without writable memory; of other threads, a
//! reserved page. An overflow is a page fault there, since the compiler touches each page of a
//! large frame.

// On the host there is nothing to run on: the crate is empty, and a workspace still builds.
#![cfg(target_os = "l4re")]
#![no_std]

extern crate alloc;

mod arrays;
mod backtrace;
pub mod elf_aux;
pub mod heap;
mod panic;
pub mod start;
pub mod thread;
pub mod tls;

pub use panic::PANIC_STATUS;
