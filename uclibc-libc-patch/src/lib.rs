//! The `libc` crate for `x86_64-l4re-uclibc`.
//!
//! Compiled under the name `libc`, in place of the registry's sources, wherever a program
//! for this target or its standard library depends on `libc` 0.2. The items, their names and
//! the shape of their types are those of that crate; see <https://docs.rs/libc>.

#![no_std]
#![cfg_attr(feature = "rustc-dep-of-std", feature(no_core), no_core)]
#![allow(unexpected_cfgs)]
// By `extra_traits`, as in that crate.
#![allow(unpredictable_function_pointer_comparisons)]

#[cfg(feature = "rustc-dep-of-std")]
extern crate rustc_std_workspace_core as core;
#[cfg(feature = "rustc-dep-of-std")]
#[allow(unused_imports)]
use core::prelude::rust_2024::*;

#[macro_use]
mod items;
mod l4re;

pub use l4re::*;
