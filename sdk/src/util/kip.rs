//! The kernel information page, by older names.

use crate::ctypes::*;
use crate::sys::l4_kip_kernel_has_feature;

/// Whether the kernel has a feature: `l4_kip_kernel_has_feature`.
#[unsafe(no_mangle)]
pub extern "C" fn l4util_kip_kernel_has_feature(k: &l4_kernel_info_t, str: Str) -> c_int {
    l4_kip_kernel_has_feature(k, str)
}

/// The version of the kernel's binary interface: 3 for today's, 0 if the kernel does not tell it.
#[unsafe(no_mangle)]
pub extern "C" fn l4util_kip_kernel_abi_version(k: &l4_kernel_info_t) -> c_ulong {
    // SAFETY: C's caller passes a kernel information page, all of it (the crate's documentation).
    unsafe { l4_kernel_info_t::abi_version(k) }
}
