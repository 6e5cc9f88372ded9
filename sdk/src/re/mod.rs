//! `l4/re/`: L4Re's services.

mod c;
mod env;
mod rpc;

#[cfg(all(target_os = "l4re", feature = "small-libc"))]
pub use env::l4re_global_env;
