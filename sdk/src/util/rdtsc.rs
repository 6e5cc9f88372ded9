//! The processor's time stamp counter. (Reading it is inline in the header.)

use crate::ctypes::*;

/// Nanoseconds of a second.
const NANOS: u128 = 1_000_000_000;

/// The counter's frequency, in 1/s; 0 if the kernel does not tell it.
#[unsafe(no_mangle)]
pub extern "C" fn l4_get_hz() -> l4_uint32_t {
    u32::try_from(hz()).unwrap_or(u32::MAX)
}

fn hz() -> u64 {
    khz_to_hz(l4re::start::try_env().map_or(0, |env| env.kip().frequency_khz()))
}

const fn khz_to_hz(khz: u64) -> u64 {
    khz.saturating_mul(1000)
}

/// Multiplies and divides without overflow on the way; at most what fits.
fn scale(value: u64, by: u128, through: u128) -> u64 {
    let scaled = (u128::from(value) * by).checked_div(through).unwrap_or(0);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// As `l4_tsc_init`.
#[unsafe(no_mangle)]
pub extern "C" fn l4_calibrate_tsc(kip: Option<&l4_kernel_info_t>) -> l4_uint32_t {
    l4_tsc_init(kip)
}

/// The microseconds of a tick of the counter, times 2^32; 0 if the kernel tells no frequency, or
/// one of 50 GHz and more. (Nothing has to be prepared for the other functions.)
#[unsafe(no_mangle)]
pub extern "C" fn l4_tsc_init(kip: Option<&l4_kernel_info_t>) -> l4_uint32_t {
    let khz = kip.map_or(0, |kip| kip.frequency_cpu);
    if !(1..50_000_000).contains(&khz) {
        return 0;
    }
    u32::try_from((1000 << u32::BITS) / khz).unwrap_or(u32::MAX)
}

/// Ticks of the counter as nanoseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_tsc_to_ns(tsc: l4_cpu_time_t) -> l4_uint64_t {
    scale(tsc, NANOS, hz().into())
}

/// Ticks of the counter as microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_tsc_to_us(tsc: l4_cpu_time_t) -> l4_uint64_t {
    scale(tsc, NANOS / 1000, hz().into())
}

/// Ticks of the counter as seconds, and nanoseconds beyond.
#[unsafe(no_mangle)]
pub extern "C" fn l4_tsc_to_s_and_ns(
    tsc: l4_cpu_time_t,
    s: &mut l4_uint32_t,
    ns: &mut l4_uint32_t,
) {
    let nanos = u128::from(l4_tsc_to_ns(tsc));
    *s = u32::try_from(nanos / NANOS).unwrap_or(u32::MAX);
    *ns = (nanos % NANOS) as u32;
}

/// Nanoseconds as ticks of the counter.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ns_to_tsc(ns: l4_uint64_t) -> l4_cpu_time_t {
    scale(ns, hz().into(), NANOS)
}

/// Keeps the processor busy for this many nanoseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_busy_wait_ns(ns: l4_uint64_t) {
    let Some(env) = l4re::start::try_env() else {
        return;
    };
    let kip = env.kip();
    let start = kip.clock();
    while kip.clock() - start < core::time::Duration::from_nanos(ns) {
        core::hint::spin_loop();
    }
}

/// Keeps the processor busy for this many microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_busy_wait_us(us: l4_uint64_t) {
    l4_busy_wait_ns(us.saturating_mul(1000));
}
