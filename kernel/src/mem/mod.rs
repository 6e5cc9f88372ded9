//! The kernel's own memory.

pub mod account;
pub mod buddy;
pub mod frames;
pub mod phys;
pub mod quota;
pub mod slab;
