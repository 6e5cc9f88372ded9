//! Thread groups.

use crate::ctypes::*;
use crate::request::call_cap;
use l4re_sys::op::thread_group as op;
use l4re_sys::proto::THREAD_GROUP;

/// Adds a thread.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_group_add_u(
    tg: l4_cap_idx_t,
    thread: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_cap(tg, THREAD_GROUP, &[op::ADD], thread, utcb)
}

/// Removes a thread.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_group_remove_u(
    tg: l4_cap_idx_t,
    thread: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_cap(tg, THREAD_GROUP, &[op::REMOVE], thread, utcb)
}
