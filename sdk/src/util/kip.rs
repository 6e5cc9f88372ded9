//! The kernel information page, by older names.

use crate::ctypes::*;
use crate::sys::{l4_kip_kernel_has_feature, l4_kip_version};

/// Whether the kernel has a feature: `l4_kip_kernel_has_feature`.
#[unsafe(no_mangle)]
pub extern "C" fn l4util_kip_kernel_has_feature(k: &l4_kernel_info_t, str: Str) -> c_int {
    l4_kip_kernel_has_feature(k, str)
}

/// The kernel's interface version: `l4_kip_version`.
#[unsafe(no_mangle)]
pub extern "C" fn l4util_kip_kernel_abi_version(k: &l4_kernel_info_t) -> c_ulong {
    l4_kip_version(k)
}
