//! Programs that a C library starts.
//!
//! Such a program may hold this crate twice: in the C library's backend, and its own. Or its C
//! library is an L4Re tree's, where there is no other copy. What a program has once, the copy
//! that did not start it finds by L4Re's C names, which are weak here: without a C library they
//! are null.
#![allow(unsafe_code)]

use crate::kip::Kip;
use l4re_sys::{CapIdx, KernelInfo};

/// The address of a weak symbol; 0 if nobody defines it.
#[cfg(all(target_os = "l4re", feature = "hosted"))]
macro_rules! weak {
    ($name:literal) => {{
        let address: usize;
        // SAFETY: loads an address that the linker knows.
        unsafe {
            core::arch::asm!(
                concat!(".weak ", $name),
                concat!("movabs {}, offset ", $name),
                out(reg) address,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        address
    }};
}
#[cfg(not(all(target_os = "l4re", feature = "hosted")))]
macro_rules! weak {
    ($name:literal) => {
        0usize
    };
}

/// Sees to it that the environment that the C library was started with is published, by this
/// thread or another one; false if there is no C library.
pub(crate) fn find_env() -> bool {
    // The backend leaves the stack pointer at the program's entry there.
    let place = core::ptr::with_exposed_provenance::<*const u64>(weak!("l4re_initial_stack"));
    // SAFETY: null, or the backend's variable, written before `main`.
    match unsafe { place.as_ref() } {
        Some(sp) if !sp.is_null() => {
            // SAFETY: the backend leaves the stack pointer at the program's entry there.
            unsafe { crate::start::adopt(*sp) };
            true
        }
        _ => find_env_of_tree(),
    }
}

/// The same where the C library is an L4Re tree's: it has the environment (`l4/re/env.h`) and the
/// kernel information page (`l4/sys/kip.h`), and keeps arguments and the environment's variables
/// to itself.
fn find_env_of_tree() -> bool {
    let env = core::ptr::with_exposed_provenance::<*const l4re_sys::Env>(weak!("l4re_global_env"));
    let kip = core::ptr::with_exposed_provenance::<*const KernelInfo>(weak!("l4_global_kip"));
    // SAFETY: null, or the C library's variables, written before `main`; what they point to is
    // the loader's, stays, and is not written to.
    let found = unsafe {
        match (env.as_ref(), kip.as_ref()) {
            (Some(env), Some(kip)) => env.as_ref().zip(Kip::new(*kip)),
            _ => None,
        }
    };
    let Some((raw, kip)) = found else {
        return false;
    };
    // If another thread is about to, it is waited for.
    // SAFETY: what the environment points to stays, and nobody writes to it.
    let _ = unsafe { crate::start::publish(raw, kip, &[], &[]) };
    true
}

/// A free capability slot of the C library's allocator (`l4re_util_cap_alloc()`,
/// `l4/re/c/util/cap_alloc.h`), if there is such and it has one.
pub(crate) fn alloc_cap() -> Option<CapIdx> {
    let place = weak!("l4re_util_cap_alloc");
    // SAFETY: the linker gives the C library's function of this name, or 0. `l4/re/c/util/cap_alloc.h`
    // declares it without arguments and with a selector as its result.
    unsafe { cap_from(place) }
}

/// Gives a slot back to the C library's allocator (`l4re_util_cap_free()`).
pub(crate) fn free_cap(cap: CapIdx) {
    let place = weak!("l4re_util_cap_free");
    if place != 0 {
        // SAFETY: the linker gives the C library's function of this name, or 0.
        // `l4/re/c/util/cap_alloc.h` declares it with a selector as its argument and without a
        // result.
        let free: extern "C" fn(u64) = unsafe { core::mem::transmute(place) };
        free(cap.0);
    }
}

/// The calling thread's capability, if a C library's backend made the thread, or knows it.
pub(crate) fn current_thread() -> Option<CapIdx> {
    let place = weak!("__l4re_thread_cap");
    // SAFETY: the backend's function of this name has this type.
    unsafe { cap_from(place) }
}

/// The capability that a function returns, if there is the function, and it has one.
///
/// # Safety
/// `place` is 0, or the address of a C function without arguments that returns a selector.
unsafe fn cap_from(place: usize) -> Option<CapIdx> {
    if place == 0 {
        return None;
    }
    // SAFETY: `place` is not 0, so it is a C function of this type (caller's contract).
    let function: extern "C" fn() -> u64 = unsafe { core::mem::transmute(place) };
    Some(CapIdx(function())).filter(|cap| cap.is_valid())
}
