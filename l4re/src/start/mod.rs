//! The start of a program, for the run-time system and [`main`](crate::main).
#![allow(unsafe_code)]

mod first;

pub use first::{Beginning, begin};
pub(crate) use first::{adopt, publish};

use crate::atomic::{AtomicPtr, Ordering};
use crate::env::Env;
use core::fmt;
use core::ptr::null_mut;
use l4re_sys::elf_aux::{self, ElfAuxWord};
use l4re_sys::re::parent::SIGNAL_EXIT;

static ENV: AtomicPtr<Env> = AtomicPtr::new(null_mut());

/// Publishes the environment. Only the first call counts.
pub fn init(env: &'static Env) {
    let env = core::ptr::from_ref(env).cast_mut();
    let _ = ENV.compare_exchange(null_mut(), env, Ordering::Release, Ordering::Relaxed);
}

/// Sets the size of the first thread's stack, in bytes: 64 KiB to 1 GiB, instead of the usual 8 MiB.
/// For programs with `std` or a C library; others say `#[l4re::main(stack_size = …)]`.
///
/// The loader provides the memory when it is touched, so that a large stack costs address space
/// only. An overflow ends the program.
///
/// ```
/// l4re::stack_size!(64 << 20);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! stack_size {
    ($bytes:expr) => {
        const _: () = {
            // SAFETY: the section holds elements of this type, one behind the other.
            #[used]
            #[unsafe(link_section = ".rol4re_elf_aux")]
            static STACK_SIZE: $crate::sys::elf_aux::ElfAuxWord =
                $crate::start::stack_size_element($bytes);
        };
    };
}

/// What [`stack_size`](crate::stack_size) tells the loader.
///
/// # Panics
/// If the size is out of range: at compile time.
#[doc(hidden)]
pub const fn stack_size_element(bytes: u64) -> ElfAuxWord {
    assert!(
        bytes >= 64 << 10 && bytes <= 1 << 30,
        "a stack has 64 KiB to 1 GiB"
    );
    ElfAuxWord::new(elf_aux::STACK_SIZE, bytes)
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
        // SAFETY: the pointer is null or to the environment, which is never written again and never
        // freed.
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

/// What is to be done at the program's end: a `fn()`, or null.
static AT_EXIT: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// Has `hook` run once when the program [exits](exit), in the thread that does: for the run-time
/// system.
pub fn set_exit_hook(hook: fn()) {
    AT_EXIT.store(hook as *mut (), Ordering::Release);
}

/// Ends the program: runs what is to be run at its end (destructors of C, for one), tells its parent
/// the status, and stops. In a program that a C library has started, C's `exit` does the former.
pub fn exit(status: i32) -> ! {
    let hook = AT_EXIT.swap(null_mut(), Ordering::AcqRel);
    if !hook.is_null() {
        // SAFETY: it is null or a function of this type (`set_exit_hook`).
        unsafe { core::mem::transmute::<*mut (), fn()>(hook)() };
    }
    end(status)
}

/// Ends the program at once, without what is to be run at its end: when it has failed.
pub fn end(status: i32) -> ! {
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
