//! Inhibitors.

use crate::ctypes::*;
use crate::re::rpc::{code, done};
use core::ffi::c_char;
use l4re::inhibitor::Inhibitor;
use l4re::{Cap, Error, services};

/// Takes a lock that holds off what the machine is about to do; `reason` is for people. 0, or a
/// negative error code: `-L4_ENODEV` if there is no such lock.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_inhibitor_acquire(
    cap: l4_cap_idx_t,
    id: l4_umword_t,
    reason: Str,
) -> l4_ret_t {
    let reason = reason.text().ok_or(Error::INVALID);
    done(reason.and_then(|reason| Cap::<Inhibitor>::new(cap).acquire(id, reason)))
}

/// Gives a lock up. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_inhibitor_release(cap: l4_cap_idx_t, id: l4_umword_t) -> l4_ret_t {
    done(Cap::<Inhibitor>::new(cap).release(id))
}

/// The name of the lock behind the lock `current_id`, or of the first if that is -1, in `len`
/// bytes (`L4Re::Inhibitor` has names of at most 20). Returns its number; `-L4_ENODEV` if there
/// are no more, or another negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_inhibitor_next_lock_info(
    cap: l4_cap_idx_t,
    name: *mut c_char,
    len: c_uint,
    current_id: l4_mword_t,
) -> l4_ret_t {
    let mut id = current_id;
    let service = Cap::<dyn services::Inhibitor>::new(cap);
    code(
        services::Inhibitor::next_lock_info(&service, &mut id).map(|found| {
            copy_string(room(name, len as usize), found.as_bytes());
            id
        }),
    ) as l4_ret_t
}
