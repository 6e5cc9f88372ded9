//! What is made of the system call. (The call itself is inline in the header.)

use crate::ctypes::*;
use crate::request::{self, tag};
use core::time::Duration;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{Sysf, err, item};

/// Waits until the receive timeout ends.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_sleep(timeout: l4_timeout_t) -> l4_msgtag_t {
    request::ipc(l4_cap_idx_t::INVALID, Sysf::RECV, tag(0, 0, 0), timeout).0
}

/// Waits for at least this many milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_sleep_ms(ms: l4_uint32_t) -> l4_msgtag_t {
    l4_ipc_sleep_us(Duration::from_millis(ms.into()).as_micros() as u64)
}

/// Waits for at least this many microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_sleep_us(us: l4_uint64_t) -> l4_msgtag_t {
    let timeout = l4_timeout_t::new(l4_timeout_s::NEVER, l4_timeout_s::from_us(us));
    l4_ipc_sleep(timeout)
}

/// The negative error code that stands for an IPC error.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_ipc_to_errno(ipc_error_code: c_ulong) -> l4_ret_t {
    request::ipc_errno(ipc_error_code) as l4_ret_t
}

/// Adds an item to the message of `tag`. 0, or `-L4_ENOMEM` if there is no room.
#[unsafe(no_mangle)]
pub extern "C" fn l4_sndfpage_add_u(
    snd_fpage: l4_fpage_t,
    snd_base: c_ulong,
    tag: &mut l4_msgtag_t,
    utcb: UtcbRef,
) -> c_int {
    let at = tag.words() + item::WORDS * tag.items();
    if at + item::WORDS > MSG_REGS {
        return -(err::ENOMEM as c_int);
    }
    let control = snd_base | item::MAP | item::CONT;
    request::put(utcb, at, &[control, snd_fpage.raw()]);
    *tag = l4_msgtag_t::new(tag.label(), tag.words(), tag.items() + 1, tag.flags());
    0
}
