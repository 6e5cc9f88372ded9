//! What stands in an L4Re build tree, for the build of `l4re-sys` and for the interface check.
//!
//! * [`tree`]: the build directory itself, and what is missing in it;
//! * [`facts`]: names and numbers of the interface, as data;
//! * [`headers`] (feature `headers`): the same, read from header files by libclang;
//! * `bindings` (feature `bindings`): the headers for Rust, made by bindgen;
//! * `signatures` (the same): its functions, held to the headers by the C compiler;
//! * `compile` (the same): the C compiler for files that include them;
//! * [`pc`]: what the tree's `.pc` files say of its libraries.

#[cfg(feature = "bindings")]
pub mod bindings;
#[cfg(feature = "bindings")]
pub mod compile;
pub mod facts;
#[cfg(feature = "headers")]
pub mod headers;
pub mod pc;
#[cfg(feature = "bindings")]
pub mod signatures;
pub mod tree;
pub mod trouble;

pub use facts::Facts;
pub use tree::Tree;
pub use trouble::{Result, Trouble};
