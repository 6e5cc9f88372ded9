//! What the root task knows, apart from how it talks: which memory is free, what dataspaces and
//! region maps are, what an ELF file wants, how a program's first stack looks, what the boot
//! plan says. All of it is tested on the host.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod account;
pub mod boot;
pub mod cap_slots;
pub mod dataspace;
pub mod dma;
pub mod error;
pub mod fault;
pub mod frames;
pub mod image;
pub mod kernel;
pub mod log_line;
pub mod memory;
pub mod message;
pub mod names;
pub mod owned_cap;
pub mod plan;
pub mod pool;
pub mod quota;
pub mod ranges;
pub mod regions;
pub mod registry;
pub mod server;
pub mod startup;
