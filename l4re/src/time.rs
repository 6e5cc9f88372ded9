//! Waiting.

use crate::ipc;
use core::time::Duration;
use l4re_sys::TimeoutS;

/// The timeout of a time from now; never if it is too long for one.
pub(crate) fn timeout(time: Duration) -> TimeoutS {
    TimeoutS::from_us(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
}

/// Stops the calling thread for at least `time`, up to 610 hours; longer means without end.
pub fn sleep(time: Duration) {
    if !time.is_zero() {
        ipc::sleep(timeout(time));
    }
}

/// Stops the calling thread without end.
pub fn sleep_forever() -> ! {
    loop {
        ipc::sleep(TimeoutS::NEVER);
    }
}
