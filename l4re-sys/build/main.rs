//! With the feature `tree`: makes the module `c` of an L4Re tree's headers, holds the crate to
//! them, and links the tree's libraries.
//!
//! The comparison is `check-abi`'s, of the crate's own sources: a build script cannot depend on
//! the crate that it is for, so both are compiled into it.
#![cfg_attr(
    feature = "tree",
    allow(dead_code, unused_imports, reason = "a part of the crate is used")
)]

#[cfg(feature = "tree")]
extern crate self as l4re_sys;
#[cfg(feature = "tree")]
#[path = "../check-abi/src/compare.rs"]
mod compare;
#[cfg(feature = "tree")]
#[path = "../check-abi/src/excuses.rs"]
mod excuses;
#[cfg(feature = "tree")]
#[path = "../check-abi/src/probes.rs"]
mod probes;

#[cfg(feature = "tree")]
mod interface;
#[cfg(feature = "tree")]
mod tree;

#[cfg(feature = "tree")]
use interface::*;

fn main() {
    println!("cargo::rerun-if-changed=build");
    #[cfg(feature = "tree")]
    tree::main();
}
