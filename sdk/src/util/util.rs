//! Waiting.

use crate::ctypes::*;
use crate::sys::{l4_ipc_sleep, l4_ipc_sleep_ms, l4_ipc_sleep_us};

/// A time from now in microseconds, rounded up.
#[unsafe(no_mangle)]
pub const extern "C" fn l4util_micros2l4to(us: l4_uint64_t) -> l4_timeout_s {
    l4_timeout_s::from_us(us)
}

/// Stops the calling thread for at least this many milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_sleep(ms: l4_uint32_t) {
    l4_ipc_sleep_ms(ms);
}

/// Stops the calling thread for at least this many microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_usleep(us: l4_uint64_t) {
    l4_ipc_sleep_us(us);
}

/// Stops the calling thread without end.
#[unsafe(no_mangle)]
pub extern "C" fn l4_sleep_forever() -> ! {
    loop {
        l4_ipc_sleep(l4_timeout_t::NEVER);
    }
}
