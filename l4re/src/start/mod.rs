//! The start of a program, for the run-time system and [`main`](crate::main).
#![allow(unsafe_code)]

mod first;

pub use first::{Beginning, begin};
pub(crate) use first::{adopt, publish};

use crate::env::Env;
use core::fmt;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use l4re_sys::re::parent::SIGNAL_EXIT;

static ENV: AtomicPtr<Env> = AtomicPtr::new(null_mut());

/// Publishes the environment. Only the first call counts.
pub fn init(env: &'static Env) {
    let env = core::ptr::from_ref(env).cast_mut();
    let _ = ENV.compare_exchange(null_mut(), env, Ordering::Release, Ordering::Relaxed);
}

/// The environment, if [`begin`] has been called, or a C library has started the program: this
/// project's, or an L4Re tree's, whose `l4re_global_env` and `l4_global_kip` must be linked then,
/// and which keeps the arguments to itself.
#[inline]
pub fn try_env() -> Option<&'static Env> {
    // SAFETY: the pointer is null or comes from the shared, static reference of `init`.
    match unsafe { ENV.load(Ordering::Acquire).as_ref() } {
        Some(env) => Some(env),
        None => find_env(),
    }
}

#[cold]
fn find_env() -> Option<&'static Env> {
    if !crate::hosted::find_env() {
        return None;
    }
    loop {
        // SAFETY: as in `try_env`.
        match unsafe { ENV.load(Ordering::Acquire).as_ref() } {
            Some(env) => return Some(env),
            // Another thread is about to publish it.
            None => crate::sync::relax(),
        }
    }
}

/// The environment.
///
/// # Panics
/// If the program was started neither by the run-time system nor by a C library.
pub fn env() -> &'static Env {
    try_env().expect("the program has been started by rt or a C library")
}

/// Ends the program: tells its parent the status, and stops.
pub fn exit(status: i32) -> ! {
    if let Some(env) = try_env() {
        // A parent that hears of the end does not answer, and there is nobody else to tell.
        let status = i64::from(status) as u64;
        let _ = env.parent().signal(SIGNAL_EXIT, status);
    }
    crate::time::sleep_forever()
}

/// What `main` may return: how it becomes the exit status.
pub trait Termination {
    /// The exit status: 0 if all is well.
    fn report(self) -> i32;
}

impl Termination for () {
    fn report(self) -> i32 {
        0
    }
}

impl Termination for i32 {
    fn report(self) -> i32 {
        self
    }
}

impl Termination for core::convert::Infallible {
    fn report(self) -> i32 {
        match self {}
    }
}

impl<T: Termination, E: fmt::Display> Termination for Result<T, E> {
    fn report(self) -> i32 {
        match self {
            Ok(value) => value.report(),
            Err(error) => {
                crate::println!("error: {error}");
                1
            }
        }
    }
}
