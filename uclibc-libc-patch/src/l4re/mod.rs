//! uClibc-ng's interface as L4Re has it, x86_64.

#![allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals
)]

// The standard library builds this crate without a prelude.
#[allow(unused_imports)]
use core::prelude::rust_2024::*;

pub use core::ffi::{
    c_char, c_double, c_float, c_int, c_long, c_longlong, c_schar, c_short, c_uchar, c_uint,
    c_ulong, c_ulonglong, c_ushort, c_void,
};

mod accounts;
mod arp;
mod ctype;
mod directory;
mod dlfcn;
mod elf;
mod errno;
mod fcntl;
mod file_status;
mod file_system;
mod file_times;
mod glob;
mod inet;
mod inline;
mod inttypes;
mod ioctl;
mod ipc;
mod limits;
mod linux;
mod locale;
mod mman;
mod mounts;
mod netdb;
mod netif;
mod opaque;
mod packet;
mod poll;
mod prctl;
mod pthread;
mod regex;
mod resource;
mod route;
mod sched;
mod semaphore;
mod signal;
mod socket;
mod spawn;
mod stdio;
mod stdlib;
mod string;
mod sysconf;
mod syslog;
mod system;
mod system_name;
mod terminal;
mod time;
mod types;
mod ucontext;
mod unistd;
mod values;
mod wait;
mod wchar;

pub use accounts::*;
pub use arp::*;
pub use ctype::*;
pub use directory::*;
pub use dlfcn::*;
pub use elf::*;
pub use errno::*;
pub use fcntl::*;
pub use file_status::*;
pub use file_system::*;
pub use file_times::*;
pub use glob::*;
pub use inet::*;
pub use inline::*;
pub use inttypes::*;
pub use ioctl::*;
pub use ipc::*;
pub use limits::*;
pub use linux::*;
pub use locale::*;
pub use mman::*;
pub use mounts::*;
pub use netdb::*;
pub use netif::*;
pub use opaque::*;
pub use packet::*;
pub use poll::*;
pub use prctl::*;
pub use pthread::*;
pub use regex::*;
pub use resource::*;
pub use route::*;
pub use sched::*;
pub use semaphore::*;
pub use signal::*;
pub use socket::*;
pub use spawn::*;
pub use stdio::*;
pub use stdlib::*;
pub use string::*;
pub use sysconf::*;
pub use syslog::*;
pub use system::*;
pub use system_name::*;
pub use terminal::*;
pub use time::*;
pub use types::*;
pub use ucontext::*;
pub use unistd::*;
pub use values::*;
pub use wait::*;
pub use wchar::*;
