//! The start of the program, by the C library.

use crate::frames;
use alloc::boxed::Box;
use core::ffi::{c_char, c_int};
use core::slice;
use l4re::kip::Kip;
use l4re::{Env, start};
use l4re_sys::c;

unsafe extern "Rust" {
    /// The program's main function, as `#[l4re::main]` wraps it.
    fn __l4re_main(env: &'static Env) -> i32;
}

/// The status of a program that the C library has started without an environment.
const NO_ENV: c_int = 127;

/// C's `main`.
///
/// # Safety
/// Called by the C library alone, once, with the program's arguments.
#[unsafe(no_mangle)]
unsafe extern "C" fn main(
    argc: c_int,
    argv: *const *const c_char,
    envp: *const *const c_char,
) -> c_int {
    frames::register();
    // SAFETY: the C library has been started.
    let (raw, kip) = unsafe { (c::l4re_env().cast::<l4re_sys::Env>(), c::l4_kip()) };
    // SAFETY: null, or what the loader left, which nobody writes to; the layouts are the same
    // (the build of `l4re-sys` holds them to each other).
    let raw = unsafe { raw.as_ref() };
    // SAFETY: the page is mapped for good, readable and executable.
    let kip = unsafe { Kip::new(kip.cast()) };
    let (Some(raw), Some(kip)) = (raw, kip) else {
        return NO_ENV;
    };
    let mut envc = 0;
    // SAFETY: `argv` and `envp` are lists of strings that are ended by null and stay; the former
    // has `argc` of them.
    let (argv, envp) = unsafe {
        while !envp.add(envc).read().is_null() {
            envc += 1;
        }
        (
            slice::from_raw_parts(argv, usize::try_from(argc).unwrap_or(0)),
            slice::from_raw_parts(envp, envc),
        )
    };
    // SAFETY: the data that L4Re's start code left stay for as long as the program runs, and so do
    // the named capabilities.
    let env: &'static Env = Box::leak(Box::new(unsafe { Env::from_raw(*raw, kip, argv, envp) }));
    start::init(env);
    // SAFETY: `#[l4re::main]` defines the function with this type.
    unsafe { __l4re_main(env) }
}
