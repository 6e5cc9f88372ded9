//! The tests are C: the files in `c`. They use what L4Re's C interface has and nothing of this
//! project's own, so they also build against L4Re's headers and libraries.

#![no_std]
#![no_main]

l4re_c::main!();
