//! The static library that C programs are linked with: L4Re's C interface, and the start of the
//! program, which calls C's `main`.

#![no_std]
#![cfg(target_os = "l4re")]

l4re_c::main!();
