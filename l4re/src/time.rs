//! Time, and waiting for it to pass.

use crate::{ipc, start};
use core::ops::{Add, AddAssign, Sub};
use core::time::Duration;
use l4re_sys::TimeoutS;

/// The timeout of a time from now; never if it is too long for one.
pub(crate) fn timeout(time: Duration) -> TimeoutS {
    time.into()
}

fn us(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
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

/// A point in time, of the system's clock, which starts with the system.
///
/// ```
/// use core::time::Duration;
/// use l4re::time::Instant;
///
/// let start = Instant::now();
/// let end = start + Duration::from_millis(5);
/// assert_eq!(end - start, Duration::from_millis(5));
/// assert_eq!(start - end, Duration::ZERO);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instant {
    us: u64,
}

impl Instant {
    /// Now. (The start of the system, in a program that was not started by the run-time system.)
    pub fn now() -> Self {
        let us = start::try_env().map_or(0, |env| env.kip().clock_us());
        Instant { us }
    }

    /// The point of so many microseconds after the start of the system.
    pub const fn from_us(us: u64) -> Self {
        Instant { us }
    }

    /// The microseconds since the start of the system.
    pub const fn as_us(self) -> u64 {
        self.us
    }

    /// The time since then.
    pub fn elapsed(self) -> Duration {
        Instant::now() - self
    }

    /// The timeout of a wait from now until then.
    pub(crate) fn timeout(self) -> TimeoutS {
        timeout(self - Instant::now())
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, time: Duration) -> Instant {
        Instant::from_us(self.us.saturating_add(us(time)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, time: Duration) {
        *self = *self + time;
    }
}

impl Sub for Instant {
    type Output = Duration;

    /// The time between; none if the other point is later.
    fn sub(self, other: Instant) -> Duration {
        Duration::from_micros(self.us.saturating_sub(other.us))
    }
}
