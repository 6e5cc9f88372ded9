//! What the programs share.

use l4re::sys::{Timeout, TimeoutS};
pub use test_services::{Outcome, ok};

/// The timeouts of a call that gives up.
pub fn timeout_ms(ms: u64) -> Timeout {
    let time = TimeoutS::from_us(ms * 1000);
    Timeout::new(time, time)
}
