//! `l4/util/`: small helpers.

mod kip;
mod rand;
mod rdtsc;
mod splitlog2;
mod thread;
#[allow(clippy::module_inception, reason = "the header is l4/util/util.h")]
mod util;
