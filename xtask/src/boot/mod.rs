//! The two systems that a program can be booted on.

pub mod embedded;
pub mod l4re;
