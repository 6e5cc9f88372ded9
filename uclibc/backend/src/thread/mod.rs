//! Threads: how they are made, what is known of them, how they end.

mod create;
mod end;
mod futex;
mod record;
mod utcb;

pub use create::clone;
pub use end::exit;
pub use futex::futex;
pub use record::{all_tls, cpu_time, current, exists, main_id, set_tid_address, set_tls, with_tls};
