//! Atomic operations, under one name: in a build for the model checker (`--cfg interleavings`) they are
//! the checker's, which may run another thread before each of them.

#[cfg(not(interleavings))]
pub(crate) use core::sync::atomic::*;
#[cfg(interleavings)]
pub(crate) use l4re_sys::fake::atomic::*;

/// A static whose value is of one program: the models for the checker are many, one behind the other.
macro_rules! program_static {
    ($(#[$doc:meta])* static $name:ident: $ty:ty = $init:expr;) => {
        $(#[$doc])*
        #[cfg(not(interleavings))]
        static $name: $ty = $init;
        $(#[$doc])*
        #[cfg(interleavings)]
        static $name: l4re_sys::fake::checker::Static<$ty> =
            l4re_sys::fake::checker::Static::new(|| $init);
    };
}
pub(crate) use program_static;
