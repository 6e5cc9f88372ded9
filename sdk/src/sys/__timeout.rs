//! Timeouts.

use crate::ctypes::*;

/// `man << exp` microseconds from now (10 and 5 bits).
#[unsafe(no_mangle)]
pub const extern "C" fn l4_timeout_rel(man: c_uint, exp: c_uint) -> l4_timeout_s {
    l4_timeout_s::relative(man as u16, exp)
}

/// A pair of times from now.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_ipc_timeout(
    snd_man: c_uint,
    snd_exp: c_uint,
    rcv_man: c_uint,
    rcv_exp: c_uint,
) -> l4_timeout_t {
    l4_timeout(
        l4_timeout_rel(snd_man, snd_exp),
        l4_timeout_rel(rcv_man, rcv_exp),
    )
}

/// A pair of timeouts, of sending and receiving.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_timeout(snd: l4_timeout_s, rcv: l4_timeout_s) -> l4_timeout_t {
    l4_timeout_t::new(snd, rcv)
}

/// Sets the timeout of sending.
#[unsafe(no_mangle)]
pub extern "C" fn l4_snd_timeout(snd: l4_timeout_s, to: &mut l4_timeout_t) {
    *to = l4_timeout(snd, to.recv());
}

/// Sets the timeout of receiving.
#[unsafe(no_mangle)]
pub extern "C" fn l4_rcv_timeout(rcv: l4_timeout_s, to: &mut l4_timeout_t) {
    *to = l4_timeout(to.send(), rcv);
}

/// The microseconds of a time from now; all ones: without end.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_timeout_rel_get(to: l4_timeout_s) -> l4_kernel_clock_t {
    to.as_us()
}

/// Not 0 if this is a point in time.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_timeout_is_absolute(to: l4_timeout_s) -> c_uint {
    to.absolute_register().is_some() as c_uint
}

/// The point in time at which a time from now ends, if it is `cur` now; 0 if the timeout is a
/// point in time itself.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_timeout_get(
    cur: l4_kernel_clock_t,
    to: l4_timeout_s,
) -> l4_kernel_clock_t {
    match to.absolute_register() {
        Some(_) => 0,
        None => cur.wrapping_add(to.as_us()),
    }
}

/// A time from now in microseconds, rounded up; above `L4_TIMEOUT_US_MAX` without end.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_timeout_from_us(us: l4_uint64_t) -> l4_timeout_s {
    l4_timeout_s::from_us(us)
}
