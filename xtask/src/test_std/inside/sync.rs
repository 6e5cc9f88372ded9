//! The tests of `std::sync`. They need a feature that they do not name, so they are named here.

#![feature(
    lock_value_accessors, macro_metavar_expr_concat, mapped_lock_guards, mpmc_channel,
    nonpoison_condvar, nonpoison_mutex, nonpoison_rwlock, once_cell_try, oneshot_channel,
    reentrant_lock, std_internals, sync_nonpoison, sync_poison_mod
)]

#[path = "@LIBRARY@/std/tests/common/mod.rs"]
mod common;
#[path = "@LIBRARY@/std/tests/sync/lib.rs"]
mod sync;
