//! The system call.

use crate::ctypes::*;
use l4re_sys::Sysf;

/// The system call: sends to and receives from `dest` as `flags` (`L4_SYSF_*`) say. `rlabel`
/// may be null.
#[unsafe(no_mangle)]
pub extern "C" fn l4_ipc(
    dest: l4_cap_idx_t,
    _utcb: *mut l4_utcb_t,
    flags: l4_umword_t,
    slabel: l4_umword_t,
    tag: l4_msgtag_t,
    rlabel: Option<&mut l4_umword_t>,
    timeout: l4_timeout_t,
) -> l4_msgtag_t {
    let flags = Sysf::from_bits_retain(flags);
    // SAFETY: as in `request::ipc`.
    let (tag, label) = unsafe { l4re_sys::ipc(dest, flags, slabel, tag, timeout) };
    if let Some(rlabel) = rlabel {
        *rlabel = label;
    }
    tag
}
