//! A child with few rights, and the random system calls that it makes: what the programs that try
//! the kernel by such calls share.

#![no_std]

pub mod child;
pub mod layout;
pub mod message;
pub mod random;
pub mod stray;
