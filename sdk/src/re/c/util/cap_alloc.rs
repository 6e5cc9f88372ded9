//! The program's allocator of capability slots: the one that Rust code uses, too
//! ([`l4re::cap_alloc`]).
//!
//! A C library may have its own under these names. It wins, since these are weak; those that it
//! always has are left out without `small-libc`, as Rust's allocator is the C library's then.

use crate::ctypes::*;

use l4re_sys::ObjRights;
use l4re_sys::unmap::UnmapFlags;

#[cfg(feature = "small-libc")]
weak!(l4re_util_cap_alloc, l4re_util_cap_free);
weak!(l4re_util_cap_free_um, l4re_util_cap_last);

/// A free slot; `L4_INVALID_CAP`: none is left.
#[cfg(feature = "small-libc")]
pub extern "C" fn l4re_util_cap_alloc() -> l4_cap_idx_t {
    l4re::cap_alloc::alloc().unwrap_or(l4_cap_idx_t::INVALID)
}

/// Gives a slot back, which is empty.
#[cfg(feature = "small-libc")]
pub extern "C" fn l4re_util_cap_free(cap: l4_cap_idx_t) {
    if cap.is_valid() {
        // SAFETY: C's caller gives back a slot that it has allocated, and uses it no more.
        unsafe { l4re::cap_alloc::free(cap) };
    }
}

/// Empties a slot, and gives it back.
pub extern "C" fn l4re_util_cap_free_um(cap: l4_cap_idx_t) {
    if cap.is_valid() {
        let fpage = l4_fpage_t::obj(cap, 0, ObjRights::RWSD);
        let this = l4_cap_idx_t::TASK;
        let all = UnmapFlags::ALL_SPACES.bits();
        crate::sys::l4_task_unmap_u(this, fpage, all, l4re_sys::utcb());
        // SAFETY: C's caller gives back a slot that it has allocated, and uses it no more.
        unsafe { l4re::cap_alloc::free(cap) };
    }
}

/// The index behind the last slot of the allocator.
pub extern "C" fn l4re_util_cap_last() -> c_long {
    let first = crate::re::rpc::env().map_or(0, |env| env.raw().first_free_cap);
    first as c_long + l4re::cap_alloc::SLOTS as c_long
}
