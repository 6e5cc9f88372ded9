//! Clocks and sleeping.

use crate::errno::{EFAULT, EINTR, EINVAL, EOPNOTSUPP, Result, fail};
use crate::thread::Record;
use crate::{signal, user};
use core::time::Duration;
use l4re::services::Rtc;
use l4re::start;
use l4re::sync::SpinLock;
use l4re_sys::{Timeout, TimeoutS};
use linux_raw_sys::general::{
    CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW,
    CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_THREAD_CPUTIME_ID,
    TIMER_ABSTIME, timespec, timeval,
};

/// Since the start of the system.
pub fn now() -> Duration {
    start::env().kip().clock()
}

/// How far the system's start is from that of 1970, in nanoseconds, and when that was asked for.
static OFFSET: SpinLock<Option<(u64, Duration)>> = SpinLock::new(None);
/// For how long that holds: somebody may set the clock.
const FRESH: Duration = Duration::from_secs(1);

/// How far the system's start is from that of 1970: as L4Re's `rtc` server says, if the program
/// has a capability of this name. Without one the system seems to have started in 1970.
fn offset() -> Duration {
    let now = now();
    let known = *OFFSET.lock();
    if let Some((nanos, asked)) = known
        && now.saturating_sub(asked) < FRESH
    {
        return Duration::from_nanos(nanos);
    }
    let rtc = start::env().named::<dyn Rtc>("rtc");
    let told = rtc.and_then(|rtc| rtc.timer_offset());
    let nanos = match (told, known) {
        (Ok((_, nanos)), _) => nanos,
        // A server that is gone for a moment is no reason to jump back.
        (Err(_), Some((nanos, _))) => nanos,
        (Err(_), None) => 0,
    };
    *OFFSET.lock() = Some((nanos, now));
    Duration::from_nanos(nanos)
}

/// A time since the start of the system, as a date: since the start of 1970.
pub fn date(time: Duration) -> Duration {
    time + offset()
}

/// The time of a clock.
fn clock(id: u64) -> Result<Duration> {
    match id as u32 {
        CLOCK_REALTIME | CLOCK_REALTIME_COARSE => Ok(date(now())),
        CLOCK_MONOTONIC | CLOCK_MONOTONIC_COARSE | CLOCK_MONOTONIC_RAW | CLOCK_BOOTTIME => {
            Ok(now())
        }
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
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, time) };
    Ok(0)
}

/// `clock_getres`: the kernel counts microseconds at least.
///
/// # Safety
/// As [`clock_gettime`].
pub unsafe fn clock_getres(id: u64, to: u64) -> Result {
    clock(id)?;
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, to_timespec(Duration::from_micros(1))) };
    Ok(0)
}

/// `gettimeofday`.
///
/// # Safety
/// `to` is 0 or the place of a `timeval`.
pub unsafe fn gettimeofday(to: u64) -> Result {
    let time = date(now());
    let time = timeval {
        tv_sec: time.as_secs() as i64,
        tv_usec: time.subsec_micros().into(),
    };
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, time) };
    Ok(0)
}

/// `time`.
///
/// # Safety
/// `to` is 0 or the place of a `time_t`.
pub unsafe fn time(to: u64) -> Result {
    let secs = date(now()).as_secs() as i64;
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
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

    /// It, or the other if that is earlier.
    pub fn or_before(self, other: Option<Self>) -> Self {
        Deadline(other.map_or(self.0, |other| self.0.min(other.0)))
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

/// What a time to wait until counts from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Now.
    Now,
    /// The start of the system.
    Start,
    /// The start of 1970.
    Epoch,
}

/// The deadline of a wait, read from the caller's memory.
///
/// # Safety
/// `from` is 0, which means no end, or the address of a `timespec`.
pub unsafe fn deadline(from: u64, since: Since) -> Result<Option<Deadline>> {
    if from == 0 {
        return Ok(None);
    }
    // SAFETY: `from` is 0 or the address of a value of this type (contract of this function).
    let time = from_timespec(unsafe { user::get(from)? })?;
    Ok(Some(match since {
        Since::Now => Deadline::after(time),
        Since::Start => Deadline(time),
        // As the clock stands; one that is set meanwhile does not move the end.
        Since::Epoch => Deadline(time.saturating_sub(offset())),
    }))
}

/// `times`: in hundredths of a second.
///
/// # Safety
/// `to` is 0 or the place of a `struct tms`.
pub unsafe fn times(to: u64) -> Result {
    let ticks = (crate::thread::cpu_time()?.as_millis() / 10) as i64;
    // SAFETY: `to` is 0 or the place of a value of this type (contract of this function).
    unsafe { user::put(to, [ticks, 0, 0, 0]) };
    Ok((now().as_millis() / 10) as i64)
}

/// Lets a thread, the calling one, sleep until then at most; it may wake earlier, and does when a
/// signal is sent to it. False if the time is over.
pub fn nap(record: &Record, end: Option<Deadline>) -> bool {
    if end.is_some_and(Deadline::is_over) {
        return false;
    }
    let timeout = end.map_or(TimeoutS::NEVER, Deadline::timeout);
    // A signal raises the semaphore. If it was raised for one that is handled, it is not now.
    let _ = record.wakeup.down(Timeout::new(TimeoutS::NEVER, timeout));
    true
}

/// Sleeps until then, or without end; fails if a signal comes before.
fn sleep_until(end: Option<Deadline>) -> Result<()> {
    let record = crate::thread::current()?;
    loop {
        if signal::interrupts(record) {
            return fail(EINTR);
        }
        if !nap(record, end) {
            return Ok(());
        }
    }
}

/// Sleeps until a signal comes.
pub fn pause() -> Result {
    sleep_until(None).map(|()| 0)
}

/// `nanosleep`, `clock_nanosleep`; `rest` is where the time goes that a signal has left.
///
/// # Safety
/// `time` and `rest` are 0 or the addresses of a `timespec`.
pub unsafe fn nanosleep(id: u64, flags: u64, time: u64, rest: u64) -> Result {
    match id as u32 {
        CLOCK_REALTIME | CLOCK_MONOTONIC | CLOCK_BOOTTIME => {}
        CLOCK_PROCESS_CPUTIME_ID => return fail(EOPNOTSUPP),
        _ => return fail(EINVAL),
    }
    let since = match flags as u32 & TIMER_ABSTIME {
        0 => Since::Now,
        _ if id as u32 == CLOCK_REALTIME => Since::Epoch,
        _ => Since::Start,
    };
    // SAFETY: `time` is 0 or the address of a `timespec` (contract of this function).
    let end = unsafe { deadline(time, since)? };
    let Some(end) = end else {
        return fail(EFAULT);
    };
    let result = sleep_until(Some(end));
    if result.is_err() && since == Since::Now {
        // SAFETY: `rest` is 0 or the place of a value of this type (contract of this function).
        unsafe { user::put(rest, to_timespec(end.0.saturating_sub(now()))) };
    }
    result.map(|()| 0)
}
