//! Models of what threads do at the same time, for a checker (`shuttle`) that runs them in many
//! interleavings: `cargo xtask interleavings`.
//!
//! A model is a function that makes threads and uses this project's own code, built with
//! `--cfg interleavings`. The checker runs one thread at a time. Before each atomic operation, and
//! before and within each system call, it decides which; it ends with a failure if all wait, if one waits
//! for ever by asking again and again, or if an assertion fails. The kernel is the fake one, with
//! semaphores, interrupts, gates and threads ([`kernel`]).
//!
//! All interleavings that it tries are sequentially consistent: orderings of atomic operations, and data that
//! are accessed without them, are checked by Miri (`cargo xtask miri`).
//!
//! | variable | what it does |
//! |---|---|
//! | `INTERLEAVINGS_ROUNDS` | how many interleavings of each model are tried, by each of the two schedulers |
//! | `INTERLEAVINGS_SEED` | others than those of the last run; 0 if it is not set |
//! | `INTERLEAVINGS_REPLAY` | the one interleaving that a failure has printed |
#![cfg(interleavings)]

mod check;
pub mod kernel;

pub use check::check;
pub use kernel::{Kernel, spawn};
