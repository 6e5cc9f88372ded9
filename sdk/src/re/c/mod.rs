//! `l4/re/c/`.

mod dataspace;
mod debug;
mod log;
mod mem_alloc;
mod namespace;
mod parent;
mod rm;
mod util;
