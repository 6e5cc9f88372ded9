//! The client is C: `client.c`.

#![no_std]
#![no_main]

l4re_c::main!();
