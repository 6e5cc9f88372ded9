//! What a thread receives from: gates and interrupts.

use crate::ctypes::*;
use crate::request::call_cap;
use l4re_sys::op::rcv_endpoint::BIND;
use l4re_sys::proto::KOBJECT;

/// Binds a gate or interrupt to a thread, which gets `label` with its messages.
#[unsafe(no_mangle)]
pub extern "C" fn l4_rcv_ep_bind_thread_u(
    ep: l4_cap_idx_t,
    thread: l4_cap_idx_t,
    label: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    l4_rcv_ep_bind_snd_destination_u(ep, thread, label, utcb)
}

/// Binds a gate or interrupt to a thread or thread group.
#[unsafe(no_mangle)]
pub extern "C" fn l4_rcv_ep_bind_snd_destination_u(
    ep: l4_cap_idx_t,
    snd_dst: l4_cap_idx_t,
    label: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_cap(ep, KOBJECT, &[BIND, label], snd_dst, utcb)
}
