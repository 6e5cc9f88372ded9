//! What other parts of the program see of the backend, by L4Re's C names: what a program has
//! once, though it may hold several copies of the crate `l4re`.

use crate::thread;
use core::ptr::null;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use l4re::cap_alloc;
use l4re_sys::CapIdx;

/// The environment, as L4Re's C library has it (`l4/re/env.h`).
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static l4re_global_env: AtomicPtr<l4re_sys::Env> =
    AtomicPtr::new(null::<l4re_sys::Env>().cast_mut());

/// The first stack at the program's start: arguments, environment variables and the vector.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static l4re_initial_stack: AtomicPtr<u64> = AtomicPtr::new(null::<u64>().cast_mut());

/// The size of a page, and what thread-local data the static image needs beyond its own: uClibc
/// has both in its dynamic linker only.
#[unsafe(no_mangle)]
static _dl_pagesize: AtomicUsize = AtomicUsize::new(l4re_sys::consts::PAGE_SIZE);
#[unsafe(no_mangle)]
static _dl_tls_static_size: AtomicUsize = AtomicUsize::new(0);

/// Publishes the environment.
#[cfg(target_os = "l4re")]
pub fn publish(raw: &'static l4re_sys::Env, stack: *const u64) {
    l4re_global_env.store(core::ptr::from_ref(raw).cast_mut(), Ordering::Release);
    l4re_initial_stack.store(stack.cast_mut(), Ordering::Release);
}

/// The size of the first thread's stack, as the loader has made it.
pub fn first_stack_size() -> Option<u64> {
    let at = l4re_initial_stack
        .load(Ordering::Acquire)
        .expose_provenance();
    let stack = l4re::start::env().rm().find(at as u64, 1).ok()?;
    Some(stack.size)
}

/// A free capability slot; the invalid one if there is none (`l4/re/c/util/cap_alloc.h`).
#[unsafe(no_mangle)]
extern "C" fn l4re_util_cap_alloc() -> u64 {
    cap_alloc::alloc().unwrap_or(CapIdx::INVALID).0
}

/// Gives a slot back (`l4/re/c/util/cap_alloc.h`).
#[unsafe(no_mangle)]
extern "C" fn l4re_util_cap_free(cap: u64) {
    // SAFETY: C's caller gives back a slot that it has allocated, and uses it no more.
    unsafe { cap_alloc::free(CapIdx(cap)) };
}

/// The thread of a `pthread_t`; the invalid capability if it is gone (`pthread-l4.h`).
#[unsafe(no_mangle)]
extern "C" fn pthread_l4_cap(thread: u64) -> u64 {
    // A `pthread_t` is the address of the thread's data.
    thread::with_tls(thread)
        .map_or(CapIdx::INVALID, |cap| cap.idx())
        .0
}

/// Calls a function with the `pthread_t` of each thread that has not ended (`pthread-l4.h`).
#[unsafe(no_mangle)]
extern "C" fn pthread_l4_for_each_thread(f: extern "C" fn(u64)) {
    for thread in thread::all_tls() {
        f(thread);
    }
}

/// The calling thread's capability, for the program's own copy of the crate `l4re`, which does
/// not know threads that it has not made.
#[unsafe(no_mangle)]
extern "C" fn __l4re_thread_cap() -> u64 {
    // A message may be being written.
    let record = l4re::msg::preserve(thread::current);
    record
        .map_or(CapIdx::INVALID, |record| record.thread().idx())
        .0
}
