//! The C interface of the L4Re build tree that this was built with: l4sys, l4util, L4Re's C
//! interface and the C library's backends, as `bindgen` reads them in the tree's headers.
//!
//! Names are C's. Functions that are inline in the headers are functions here.
#![allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals
)]
#![allow(
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    clippy::missing_safety_doc
)]
#![allow(
    unsafe_op_in_unsafe_fn,
    improper_ctypes,
    unnecessary_transmutes,
    unused_imports
)]

include!(concat!(env!("OUT_DIR"), "/c.rs"));
