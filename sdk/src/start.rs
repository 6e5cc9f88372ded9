//! The start of a program that is all C.

use crate::ctypes::c_int;
use crate::re::l4re_global_env;
use core::ffi::c_char;
use l4re::Env;

unsafe extern "C" {
    fn main(argc: c_int, argv: *mut *mut c_char, envp: *mut *mut c_char) -> c_int;
}

// The environment's address for C code, as a weak symbol: a C library that defines it, too, wins.
core::arch::global_asm!(
    ".section .bss.l4re_global_env, \"aw\", @nobits",
    ".weak l4re_global_env",
    ".type l4re_global_env, @object",
    ".size l4re_global_env, 8",
    ".balign 8",
    "l4re_global_env:",
    ".zero 8",
    ".text",
);

/// Lets C code find the environment. Runs before C's constructors do, which may want to print.
pub extern "C" fn find_env() {
    if let Some(env) = l4re::start::try_env() {
        // SAFETY: this is the first thread, and there is no other yet.
        unsafe { l4re_global_env = core::ptr::from_ref(env.raw()).cast_mut() };
    }
}

/// Calls C's `main`.
pub fn call_main(env: &'static Env) -> i32 {
    let (argv, envp) = (env.argv(), env.envp());
    // SAFETY: `main` takes as much of this as it likes to; the lists of strings stand on the
    // initial stack, are ended by null (`Env::from_raw`), and are the program's own.
    unsafe {
        main(
            argv.len() as c_int,
            argv.as_ptr().cast_mut().cast(),
            envp.as_ptr().cast_mut().cast(),
        )
    }
}

/// Makes the program start with C's `main`: for a Rust file that is nothing but that.
///
/// ```ignore
/// #![no_std]
/// #![no_main]
/// l4re_c::main!();
/// ```
#[macro_export]
macro_rules! main {
    () => {
        extern crate rt as _;

        const _: () = {
            #[used]
            #[unsafe(link_section = ".preinit_array")]
            static FIND_ENV: extern "C" fn() = $crate::find_env;
        };

        #[unsafe(no_mangle)]
        extern "Rust" fn __l4re_main(env: &'static $crate::Env) -> i32 {
            $crate::call_main(env)
        }
    };
}
