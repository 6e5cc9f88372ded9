//! The kernel information page.

use crate::ctypes::*;
use core::ffi::c_char;
use l4re_sys::kip::VERSION_FIASCO_MASK;

/// The kernel information page of the program.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kip() -> *const l4_kernel_info_t {
    match l4re::start::try_env() {
        Some(env) => env.kip().as_ptr(),
        None => core::ptr::with_exposed_provenance(l4re_sys::consts::KIP_ADDR as usize),
    }
}

/// The kernel's interface version.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kip_version(kip: &l4_kernel_info_t) -> l4_umword_t {
    (kip.version & VERSION_FIASCO_MASK).into()
}

/// The kernel's version as it tells it; the names of its features follow, and an empty string.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kip_version_string(k: *const l4_kernel_info_t) -> *const c_char {
    // SAFETY: C's caller passes a kernel information page, which the offset stays in (the
    // crate's documentation).
    unsafe { k.byte_add((*k).version_offset()).cast() }
}

/// Where in the page the version's string starts.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kernel_info_version_offset(kip: &l4_kernel_info_t) -> c_int {
    kip.version_offset() as c_int
}

/// The time since the system started, in microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kip_clock(kip: *const l4_kernel_info_t) -> l4_cpu_time_t {
    // SAFETY: C's caller passes a kernel information page (the crate's documentation).
    unsafe { l4re_sys::kip_clock_us(kip) }
}

/// The time since the system started, in microseconds, as far as it fits into a word.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kip_clock_lw(kip: *const l4_kernel_info_t) -> l4_umword_t {
    l4_kip_clock(kip)
}

/// The time since the system started, in nanoseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kip_clock_ns(kip: *const l4_kernel_info_t) -> l4_uint64_t {
    // SAFETY: the C caller passes the address of the kernel information page.
    unsafe { l4re_sys::kip_clock_ns(kip) }
}

/// Whether the kernel has a feature.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kip_kernel_has_feature(kip: &l4_kernel_info_t, str: Str) -> c_int {
    // SAFETY: C's caller passes a kernel information page, all of it (the crate's documentation).
    let mut features = unsafe { l4re_sys::KernelInfo::strings(kip) }.skip(1);
    features
        .any(|feature| feature.as_bytes() == str.bytes())
        .into()
}
