//! The system call.

use crate::ctypes::*;
use crate::request::{self, tag};
use core::time::Duration;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{Sysf, err, ipc_error, item};

/// Sends.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_send(
    dest: l4_cap_idx_t,
    _utcb: *mut l4_utcb_t,
    tag: l4_msgtag_t,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    request::ipc(dest, Sysf::SEND, tag, timeout).0
}

/// Waits for a message from anyone; `label` becomes the label of what it came through.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_wait(
    _utcb: *mut l4_utcb_t,
    label: Option<&mut l4_umword_t>,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    open(
        l4_cap_idx_t::INVALID,
        Sysf::WAIT,
        tag(0, 0, 0),
        label,
        timeout,
    )
}

/// Waits for a message from `object` alone.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_receive(
    object: l4_cap_idx_t,
    _utcb: *mut l4_utcb_t,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    request::ipc(object, Sysf::RECV, tag(0, 0, 0), timeout).0
}

/// Sends a request and waits for the reply.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_call(
    object: l4_cap_idx_t,
    _utcb: *mut l4_utcb_t,
    tag: l4_msgtag_t,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    request::ipc(object, Sysf::CALL, tag, timeout).0
}

/// Answers by a reply capability.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_reply(
    reply_cap: l4_cap_idx_t,
    _utcb: *mut l4_utcb_t,
    tag: l4_msgtag_t,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    request::ipc(reply_cap, Sysf::REPLY | Sysf::SEND, tag, timeout).0
}

/// Answers who called last, and waits for a message from anyone.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_reply_and_wait(
    _utcb: *mut l4_utcb_t,
    tag: l4_msgtag_t,
    label: Option<&mut l4_umword_t>,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    open(
        l4_cap_idx_t::INVALID,
        Sysf::REPLY_AND_WAIT,
        tag,
        label,
        timeout,
    )
}

/// Sends, and waits for a message from anyone.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_send_and_wait(
    dest: l4_cap_idx_t,
    _utcb: *mut l4_utcb_t,
    tag: l4_msgtag_t,
    label: Option<&mut l4_umword_t>,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    open(dest, Sysf::SEND_AND_WAIT, tag, label, timeout)
}

fn open(
    dest: l4_cap_idx_t,
    flags: Sysf,
    tag: l4_msgtag_t,
    label: Option<&mut l4_umword_t>,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    let (tag, found) = request::ipc(dest, flags, tag, timeout);
    if let Some(label) = label {
        *label = found;
    }
    tag
}

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

/// The error of a system call (`L4_IPC_*`); 0: none.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_error(tag: l4_msgtag_t, utcb: UtcbRef) -> l4_umword_t {
    if tag.has_error() {
        utcb.error() & ipc_error::MASK
    } else {
        0
    }
}

/// The result of a request: negative if the system call (`-L4_EIPC_LO` and below) or the object
/// failed, else the reply's label.
#[unsafe(no_mangle)]
pub extern "C" fn l4_error_u(tag: l4_msgtag_t, utcb: UtcbRef) -> l4_ret_t {
    request::result(tag, utcb) as l4_ret_t
}

/// Whether the last error was in sending.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_is_snd_error(own_utcb: UtcbRef) -> c_int {
    (own_utcb.error() & ipc_error::PHASE_MASK == 0).into()
}

/// Whether the last error was in receiving.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_is_rcv_error(own_utcb: UtcbRef) -> c_int {
    (own_utcb.error() & ipc_error::PHASE_MASK != 0).into()
}

/// The last error (`L4_IPC_*`).
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_error_code(own_utcb: UtcbRef) -> c_int {
    (own_utcb.error() & ipc_error::MASK) as c_int
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
