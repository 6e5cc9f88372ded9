//! The server is C: `server.c`.

#![no_std]
#![no_main]

l4re_c::main!();
