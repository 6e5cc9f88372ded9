//! `l4/re/c/`.

mod dataspace;
mod debug;
mod dma_space;
mod event;
mod inhibitor;
mod log;
mod mem_alloc;
mod namespace;
mod parent;
mod rm;
mod util;
