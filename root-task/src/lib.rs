//! What the root task knows, apart from how it talks: which memory is free, what dataspaces and
//! region maps are, what an ELF file wants, how a program's first stack looks, what the boot
//! plan says. All of it is tested on the host.
//!
//! What is kept for clients is in memory that they are charged for, and asking for it can fail:
//! see [`heap`] and [`fallible`]. A request that means much work is done in steps: see
//! [`budget`].

#![no_std]
#![cfg_attr(
    test,
    allow(
        clippy::disallowed_types,
        clippy::disallowed_methods,
        clippy::disallowed_macros,
        reason = "tests have the host's memory"
    )
)]

extern crate alloc;
#[cfg(not(target_os = "l4re"))]
extern crate std;

pub mod account;
#[allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "runs before there are clients, on the root task's own account"
)]
pub mod boot;
pub mod budget;
pub mod cap_slots;
pub mod dataspace;
pub mod dma;
pub mod error;
#[allow(
    clippy::disallowed_types,
    reason = "makes them ones whose memory can be refused"
)]
pub mod fallible;
pub mod fault;
pub mod frames;
pub mod heap;
pub mod image;
pub mod kernel;
pub mod log_line;
pub mod map;
#[allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "runs before there are clients, on the root task's own account"
)]
pub mod memory;
pub mod message;
pub mod names;
pub mod owned_cap;
#[allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "runs before there are clients, on the root task's own account"
)]
pub mod plan;
pub mod pool;
pub mod quota;
pub mod ranges;
pub mod regions;
pub mod registry;
pub mod server;
pub mod startup;
pub mod text;
pub mod verdict;
