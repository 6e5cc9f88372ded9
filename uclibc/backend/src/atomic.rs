//! Atomic operations, under one name: in a build for the model checker (`--cfg interleavings`) they are
//! the checker's, which may run another thread before each of them.

#[cfg(not(interleavings))]
pub use core::sync::atomic::*;
#[cfg(interleavings)]
pub use l4re_sys::fake::atomic::*;
