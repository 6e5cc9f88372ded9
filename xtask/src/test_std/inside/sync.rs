//! The tests of `std::sync`. They need a feature that they do not name.

#![feature(sync_poison_mod)]
@FEATURES std/tests/sync/lib.rs@

#[path = "@LIBRARY@/std/tests/common/mod.rs"]
mod common;
#[path = "@LIBRARY@/std/tests/sync/lib.rs"]
mod sync;
