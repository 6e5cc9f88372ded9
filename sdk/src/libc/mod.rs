//! The few functions of C's standard library that a program without one has. All are weak: with
//! a C library, that one's are used. (`memcpy`, `memmove`, `memset`, `memcmp`, `bcmp` and `strlen`
//! come with Rust.)
//!
//! Their headers are written by hand, in the folder `sdk/freestanding`.

#[cfg(any(target_os = "l4re", test))]
mod format;
// The host has a C library, whose names these are.
#[cfg(target_os = "l4re")]
mod print;
#[cfg(target_os = "l4re")]
mod stdlib;
#[cfg(target_os = "l4re")]
mod string;
