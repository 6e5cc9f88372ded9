//! `l4/re/`: L4Re's services.

mod c;
mod env;
mod rpc;
