//! What uClibc-ng's system calls do on L4Re: the *backend*.
//!
//! uClibc-ng is built as for Linux, but where it would enter the kernel it calls a function of
//! that system call ([`entry`]), which behaves as the instruction does: it takes and keeps the
//! same registers. From there each call goes to its room ([`calls`]):
//!
//! * [`fs`]: files of the name spaces, the log as terminal, descriptors;
//! * [`memory`]: `brk`, `mmap` and its kin on dataspaces and the region map;
//! * [`thread`]: threads, futexes, their ends;
//! * [`time`], [`random`], [`signal`], [`system`]: what their names say.
//!
//! What is not there ([`missing`]) answers `ENOSYS`, and says so once in the log, by its name.
//!
//! A program holds what it can call. So what stands behind a descriptor is a trait object
//! ([`fs::Object`]): a program that opens no files has no code for them.
//!
//! The crate is linked into one object file, of which only the names of [`exports`] and the
//! entry can be seen: a program may have another copy of the crate `l4re`. The two share what
//! a program has once by L4Re's C names: capability slots and the environment.

// On the host there is nothing to run on: the crate is empty, and a workspace still builds. Only models
// for the checker are there.
#![cfg(any(target_os = "l4re", all(test, interleavings)))]
#![cfg_attr(target_os = "l4re", no_std)]

extern crate alloc;

mod atomic;
mod calls;
mod entry;
mod errno;
mod exports;
mod fs;
#[cfg(target_os = "l4re")]
mod heap;
#[cfg(interleavings)]
mod interleavings;
mod memory;
mod missing;
#[cfg(target_os = "l4re")]
mod panic;
mod random;
mod signal;
#[cfg(target_os = "l4re")]
mod start;
mod system;
mod text;
mod thread;
mod time;
mod user;
