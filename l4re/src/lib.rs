//! The safe interface of L4Re: what an author of programs and servers uses.
//!
//! A program starts with an [`Env`]: capabilities that its parent gave it, arguments, and the
//! kernel information page. A capability is a [`Cap<T>`], where `T` says what it is a
//! capability *to*; its methods are the operations of that object. Who makes or receives a
//! capability of its own holds an [`OwnedCap<T>`], which is released when dropped.
//!
//! ```no_run
//! fn start(env: &l4re::Env) -> l4re::Result<()> {
//!     let mem = env.mem_alloc().dataspace(4096)?;
//!     let mut page = env.rm().attach(mem)?;
//!     page.write(0, &[42])?;
//!     l4re::println!("hello from {}", env.name());
//!     Ok(())
//! }
//! ```
//!
//! [`main`] makes such a function the start of a program.
//!
//! | for | there is |
//! |---|---|
//! | what the program was given: capabilities, arguments, boot files | [`Env`] |
//! | asking a server | [`Cap<dyn Trait>`](Cap) of an [`interface`](mod@interface) |
//! | being a server | [`server::Registry`] |
//! | taking the place of one of L4Re's servers | the traits in [`services`] |
//! | memory | [`Cap<MemAlloc>`](mem_alloc::MemAlloc), [`Cap<Rm>`](region::Rm), [`region::Region`] |
//! | threads, locks, channels | [`mod@thread`], [`sync`] |
//! | interrupts | [`irq::Irq`], [`icu::Icu`] |
//! | time | [`time`] |
//! | text | [`println!`], [`logger`] |
//! | what can go wrong | [`Error`] |
//!
//! Modules are named after what they are the interface of:
//!
//! * kernel objects: [`debugger`], [`factory`], [`icu`], [`iommu`], [`ipc_gate`], [`irq`],
//!   [`platform_control`], [`scheduler`], [`semaphore`], [`task`], [`thread`],
//!   [`thread_group`], [`vcon`]; of all of them: [`meta`];
//! * who handles faults: [`pager`];
//! * L4Re's services: [`cmd_control`], [`console`], [`dataspace`], [`debug`], [`dma_space`],
//!   [`event`], [`goos`], [`inhibitor`], [`itas`], [`mem_alloc`], [`mmio_space`],
//!   [`namespace`], [`parent`], [`random`], [`region`], [`remote_access`], [`sigma0`];
//! * [`mod@interface`]: protocols as traits, for clients and servers;
//! * [`server`]: the loop of servers; [`services`]: L4Re's services as traits for servers;
//! * messages: [`ipc`] (the calls), [`msg`] (their content);
//! * threads: [`thread`] (making them), [`sync`] (locks, channels);
//! * [`ring`]: memory that two programs share; [`io`]: the traits of `embedded-io`.
//!
//! # Soundness
//! Capabilities are numbers, and what an object answers is a number, too: safe code makes no address of
//! it, unless it is the program's own region map that answers. What changes the caller's own
//! address space at places of the caller's choosing, starts code at an address, handles the faults of
//! a thread, or sends arbitrary words is `unsafe`. The page "Why safe code is sound" of the book goes
//! through all of it. `unsafe` code stands in the modules that touch the UTCB or map memory, and
//! nowhere else.

#![no_std]
#![deny(unsafe_code)]
// Each thread of L4Re knows itself by thread-local data; only the library `std` has a stable way.
#![cfg_attr(target_os = "l4re", feature(thread_local))]

extern crate alloc;
// The macros name the crate.
extern crate self as l4re;
#[cfg(not(target_os = "l4re"))]
extern crate std;

mod atomic;
mod cap;
pub mod cap_alloc;
pub mod cmd_control;
pub mod console;
pub mod dataspace;
pub mod debug;
pub mod debugger;
pub mod dma_space;
mod env;
mod error;
pub mod event;
pub mod factory;
pub mod goos;
mod hosted;
pub mod icu;
pub mod inhibitor;
pub mod interface;
pub mod io;
pub mod iommu;
pub mod ipc;
pub mod ipc_gate;
pub mod irq;
pub mod itas;
pub mod kip;
pub mod log;
pub mod logger;
pub mod mem_alloc;
pub mod meta;
pub mod mmio_space;
pub mod msg;
pub mod namespace;
pub mod pager;
pub mod parent;
pub mod platform_control;
pub mod random;
pub mod region;
pub mod remote_access;
pub mod ring;
pub mod scheduler;
pub mod semaphore;
pub mod server;
pub mod services;
mod shared;
pub mod sigma0;
pub mod start;
pub mod sync;
pub mod task;
pub mod thread;
pub mod thread_group;
pub mod time;
pub mod vcon;

pub use cap::{Cap, CapSlot, Object, OwnedCap};
pub use env::{Args, CapName, Env};
pub use error::{Error, ErrorCode, IpcError, IpcErrorKind, Malformed, Phase, Result};
pub use l4re_macros::{interface, main};
pub use l4re_sys as sys;
pub use start::exit;
