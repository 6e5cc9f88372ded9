//! What the programs share.

use l4re::Result;
use l4re::sys::{Timeout, TimeoutS};

/// How a case went; an error is a line, or an error code of `l4re`.
pub type Outcome = core::result::Result<(), i64>;

/// The error of an operation as the error of a case.
pub fn ok<T>(result: Result<T>) -> core::result::Result<T, i64> {
    result.map_err(|error| {
        l4re::println!("# {error}");
        error.label()
    })
}

/// The timeouts of a call that gives up.
pub fn timeout_ms(ms: u64) -> Timeout {
    let time = TimeoutS::from_us(ms * 1000);
    Timeout::new(time, time)
}
