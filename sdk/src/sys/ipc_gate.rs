//! IPC gates.

use super::rcv_endpoint::l4_rcv_ep_bind_snd_destination_u;
use crate::ctypes::*;
use crate::request::{call, succeeded};
use l4re_sys::op::ipc_gate::GET_INFO;
use l4re_sys::proto::KOBJECT;

/// Binds a gate to a thread, which gets `label` with its messages.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_gate_bind_thread_u(
    gate: l4_cap_idx_t,
    thread: l4_cap_idx_t,
    label: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    l4_rcv_ep_bind_snd_destination_u(gate, thread, label, utcb)
}

/// Binds a gate to a thread or thread group.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_gate_bind_snd_destination_u(
    gate: l4_cap_idx_t,
    snd_dst: l4_cap_idx_t,
    label: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    l4_rcv_ep_bind_snd_destination_u(gate, snd_dst, label, utcb)
}

/// The label of a gate.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc_gate_get_infos_u(
    gate: l4_cap_idx_t,
    label: &mut l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = call(gate, KOBJECT, &[GET_INFO], utcb);
    if succeeded(tag) {
        *label = utcb.mr(0);
    }
    tag
}
