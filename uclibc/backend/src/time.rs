//! Clocks and sleeping.

use crate::errno::{EINVAL, EOPNOTSUPP, Result, fail};
use crate::user;
use core::time::Duration;
use l4re::start;
use l4re_sys::TimeoutS;
use linux_raw_sys::general::{
    CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW,
    CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_THREAD_CPUTIME_ID,
    TIMER_ABSTIME, timespec, timeval,
};

/// Since the start of the system.
pub fn now() -> Duration {
    start::env().kip().clock()
}

/// The time of a clock.
///
/// There is no real-time clock behind `CLOCK_REALTIME`: L4Re's is a server of its own. It tells
/// the time since the start of the system, as if that had been in 1970.
fn clock(id: u64) -> Result<Duration> {
    match id as u32 {
        CLOCK_REALTIME
        | CLOCK_REALTIME_COARSE
        | CLOCK_MONOTONIC
        | CLOCK_MONOTONIC_COARSE
        | CLOCK_MONOTONIC_RAW
        | CLOCK_BOOTTIME => Ok(now()),
        CLOCK_THREAD_CPUTIME_ID => {
            let us = l4re::Cap::<l4re::thread::Thread>::CURRENT.stats_time()?;
            Ok(Duration::from_micros(us))
        }
        CLOCK_PROCESS_CPUTIME_ID => crate::thread::cpu_time(),
        _ => fail(EINVAL),
    }
}

fn to_timespec(time: Duration) -> timespec {
    timespec {
        tv_sec: time.as_secs() as i64,
        tv_nsec: time.subsec_nanos().into(),
    }
}

fn from_timespec(time: timespec) -> Result<Duration> {
    match (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec)) {
        (Ok(secs), Ok(nanos)) if nanos < 1_000_000_000 => Ok(Duration::new(secs, nanos)),
        _ => fail(EINVAL),
    }
}

/// `clock_gettime`.
///
/// # Safety
/// `to` is 0 or the place of a `timespec`.
pub unsafe fn clock_gettime(id: u64, to: u64) -> Result {
    let time = to_timespec(clock(id)?);
    // SAFETY: as the caller vouches.
    unsafe { user::put(to, time) };
    Ok(0)
}

/// `clock_getres`: the kernel counts microseconds at least.
///
/// # Safety
/// As [`clock_gettime`].
pub unsafe fn clock_getres(id: u64, to: u64) -> Result {
    clock(id)?;
    // SAFETY: as the caller vouches.
    unsafe { user::put(to, to_timespec(Duration::from_micros(1))) };
    Ok(0)
}

/// `gettimeofday`.
///
/// # Safety
/// `to` is 0 or the place of a `timeval`.
pub unsafe fn gettimeofday(to: u64) -> Result {
    let time = now();
    let time = timeval {
        tv_sec: time.as_secs() as i64,
        tv_usec: time.subsec_micros().into(),
    };
    // SAFETY: as the caller vouches.
    unsafe { user::put(to, time) };
    Ok(0)
}

/// `time`.
///
/// # Safety
/// `to` is 0 or the place of a `time_t`.
pub unsafe fn time(to: u64) -> Result {
    let secs = now().as_secs() as i64;
    // SAFETY: as the caller vouches.
    unsafe { user::put(to, secs) };
    Ok(secs)
}

/// A point in time: how long to wait from now on as a kernel's timeout, of which the longest
/// stands for more; the waiter looks at the clock again.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Duration);

impl Deadline {
    /// The end of a wait that starts now.
    pub fn after(time: Duration) -> Self {
        Deadline(now().saturating_add(time))
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        now() >= self.0
    }

    /// The timeout. Half of a long wait comes first, since the kernel's timeouts are coarse
    /// where they are long.
    pub fn timeout(self) -> TimeoutS {
        let rest = self.0.saturating_sub(now());
        let us = u64::try_from(rest.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX);
        // Up to here a timeout is exact.
        const EXACT: u64 = 1023;
        let us = if us <= EXACT { us } else { us - us / 64 };
        TimeoutS::from_us(us.clamp(1, 1 << 36))
    }
}

/// The deadline of a wait, read from the caller's memory: from now on, or absolute.
///
/// # Safety
/// `from` is 0, which means no end, or the address of a `timespec`.
pub unsafe fn deadline(from: u64, absolute: bool) -> Result<Option<Deadline>> {
    if from == 0 {
        return Ok(None);
    }
    // SAFETY: as the caller vouches.
    let time = from_timespec(unsafe { user::get(from)? })?;
    // All clocks that can be waited for count from the same moment.
    Ok(Some(if absolute {
        Deadline(time)
    } else {
        Deadline::after(time)
    }))
}

fn sleep_until(end: Deadline) {
    while !end.is_over() {
        l4re::time::sleep(Duration::from_micros(end.timeout().as_us()));
    }
}

/// Sleeps without end.
pub fn sleep_forever() -> ! {
    l4re::time::sleep_forever()
}

/// `nanosleep`, `clock_nanosleep`. (Nothing ends a sleep early, so there is no rest to tell.)
///
/// # Safety
/// `time` is 0 or the address of a `timespec`.
pub unsafe fn nanosleep(id: u64, flags: u64, time: u64) -> Result {
    match id as u32 {
        CLOCK_REALTIME | CLOCK_MONOTONIC | CLOCK_BOOTTIME => {}
        CLOCK_PROCESS_CPUTIME_ID => return fail(EOPNOTSUPP),
        _ => return fail(EINVAL),
    }
    // SAFETY: as the caller vouches.
    let end = unsafe { deadline(time, flags as u32 & TIMER_ABSTIME != 0)? };
    match end {
        Some(end) => sleep_until(end),
        None => return fail(linux_raw_sys::errno::EFAULT),
    }
    Ok(0)
}
