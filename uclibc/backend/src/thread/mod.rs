//! Threads: how they are made, what is known of them, how they end.

mod create;
mod end;
mod futex;
mod record;
mod utcb;

pub use create::clone;
pub use end::exit;
#[cfg(interleavings)]
pub use futex::lock_and_wake_all;
pub use futex::{futex, wait_for_change, wake_all};
pub use record::{
    Record, all_tls, cpu_time, current, main_id, set_tid_address, set_tls, with, with_any, with_tls,
};
