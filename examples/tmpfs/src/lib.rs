//! Files in memory, for as long as their server runs.
//!
//! What a client gets, named `tmpfs` in its environment, is a directory ([`Mount`]), which
//! speaks three protocols: L4Re's name spaces and allocators, so that a program that knows
//! nothing of this one finds, makes and names files; and [`Files`], which has what else files
//! need. A file ([`OpenFile`]) is a dataspace, whose pages are mapped as they are touched, and
//! speaks [`File`], to be read and written by messages. Both are those of the crate `l4re-files`,
//! which `std::fs` and C's files speak, too.
//!
//! [`server`] is the server's half; [`tree`] and [`arena`] know nothing of messages.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod arena;
pub mod quota;
pub mod server;
#[cfg(test)]
mod tests;
pub mod tree;

pub use l4re_files::*;

use l4re::services::{Dataspace, MemAlloc, Namespace};

/// All that a directory speaks. It is also a factory ([`MemAlloc`]): of dataspaces, which are
/// files without a name, and of name spaces, which are directories with a share of the memory
/// of their own, gone with the capability.
#[l4re::interface(server)]
pub trait Mount: Files + Namespace + MemAlloc {}

/// All that a file speaks.
#[l4re::interface(server)]
pub trait OpenFile: File + Dataspace {}
