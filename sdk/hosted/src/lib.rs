//! The static library for C programs that have a C library: L4Re's C interface alone. The start,
//! the heap, the environment and the capability slots are the C library's.

#![no_std]
#![cfg(target_os = "l4re")]

extern crate l4re_c as _;
extern crate rt_hosted as _;
