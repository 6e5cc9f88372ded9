//! The unwinder below `std` and C++: the `_Unwind_*` functions of the Itanium C++ ABI, by the crate
//! `unwinding`.
//!
//! L4Re takes them from GCC's `libgcc_eh`, so upstream's `std` leaves them to whoever links the
//! program. Here they are a part of the C library, and nobody needs a C compiler's libraries.
//! The crate finds a program's tables by `__GNU_EH_FRAME_HDR`, `__executable_start` and `__etext`,
//! symbols of the target's link script.

#![cfg(target_os = "l4re")]
#![no_std]

// Its functions are found by their names in C.
extern crate unwinding as _;

/// The unwinder has no way to tell of its own faults: a stop that a debugger shows.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: an undefined instruction does nothing but raise an exception, which ends the task.
    unsafe { core::arch::asm!("ud2", options(noreturn, nomem, nostack)) }
}
