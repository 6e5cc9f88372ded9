//! Functions that run before and behind `main`: constructors and destructors of C and C++, and what
//! crates such as `ctor` and `inventory` register. The linker collects their addresses in arrays (the
//! System V ABI, "Initialization and Termination Functions").

use core::ffi::{c_char, c_int};
use l4re::{Env, start};

/// As the GNU C library calls it; most take nothing.
type Constructor = unsafe extern "C" fn(c_int, *const *const c_char, *const *const c_char);
type Destructor = unsafe extern "C" fn();

unsafe extern "C" {
    // Defined by the target's link script, or else by the linker.
    static __preinit_array_start: Constructor;
    static __preinit_array_end: Constructor;
    static __init_array_start: Constructor;
    static __init_array_end: Constructor;
    static __fini_array_start: Destructor;
    static __fini_array_end: Destructor;
}

/// The functions from one address to another.
///
/// # Safety
/// Both are symbols of the linker's, of the start and the end of an array of such functions.
unsafe fn array<T>(first: *const T, end: *const T) -> &'static [T] {
    let len = (end.addr() - first.addr()) / size_of::<T>();
    // SAFETY: the linker has laid the array out, and nobody writes to it.
    unsafe { core::slice::from_raw_parts(first, len) }
}

/// Runs constructors, in their order, and has destructors run at the exit.
///
/// # Safety
/// To be called once, before `main`, when all else is ready.
#[inline(always)]
pub unsafe fn construct(env: &'static Env) {
    let (argv, envp) = (env.argv(), env.envp());
    // SAFETY: the symbols are the linker's.
    let arrays = unsafe {
        [
            array(
                &raw const __preinit_array_start,
                &raw const __preinit_array_end,
            ),
            array(&raw const __init_array_start, &raw const __init_array_end),
        ]
    };
    for constructor in arrays.into_iter().flatten() {
        // SAFETY: who has put the function there has it run now, once.
        unsafe { constructor(argv.len() as c_int, argv.as_ptr(), envp.as_ptr()) };
    }
    start::set_exit_hook(destruct);
}

/// Runs destructors, in reverse order.
fn destruct() {
    // SAFETY: the symbols are the linker's.
    let array = unsafe { array(&raw const __fini_array_start, &raw const __fini_array_end) };
    for destructor in array.iter().rev() {
        // SAFETY: who has put the function there has it run at the exit, once.
        unsafe { destructor() };
    }
}
