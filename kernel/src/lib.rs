//! The embedded kernel: Fiasco's binary interface for amd64, in Rust.
//!
//! It exists so that L4Re servers boot and are tested on a fresh machine. One processor
//! is used, and the kernel runs with interrupts off, so that nothing in it runs at the
//! same time as anything else in it; that is what its `unsafe impl Sync`s stand on.
//!
//! Kernel objects live in type-stable memory (`mem::slab`) and consist of cells: a
//! reference to one is sound for ever, and a handle or capability knows by a generation
//! whether the object is still the one it meant (`obj`).

#![cfg_attr(target_os = "none", no_std)]
// On the host only the parts are built that its tests can run; not all that they use.
#![cfg_attr(not(target_os = "none"), allow(dead_code, unused_imports))]

#[cfg(target_os = "none")]
#[path = "arch/x86_64/mod.rs"]
#[macro_use]
mod arch;
#[cfg(not(target_os = "none"))]
#[path = "arch/host/mod.rs"]
#[macro_use]
mod arch;

mod cap;
#[cfg(any(test, feature = "checks"))]
mod checks;
#[cfg(target_os = "none")]
mod init;
mod ipc;
#[cfg(target_os = "none")]
mod kip;
mod mem;
mod obj;
#[cfg(target_os = "none")]
mod panic;
mod sched;
mod space;
mod stays;
mod util;
