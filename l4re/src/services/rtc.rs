//! The time of day.

use super::Icu;
use crate::error::Result;
use l4re_sys::proto;

/// A clock (`L4rtc::Rtc`, `l4/rtc/rtc`). Interrupt 0 tells that it was set.
#[l4re::interface(unsafe, protocol = proto::NONE, name = "L4rtc::Rtc")]
pub trait Rtc: Icu {
    /// The nanoseconds between the start of 1970 and that of the system's clock. The first number
    /// is 0 if they are known to be right.
    #[label]
    fn timer_offset(&self) -> Result<(i64, u64)>;

    /// Sets the clock. The number is 0 if it has been.
    #[label]
    #[rights(W)]
    fn set_timer_offset(&self, offset: u64) -> Result<i64>;
}
