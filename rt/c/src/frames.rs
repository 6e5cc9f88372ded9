//! Frames for the exceptions of C++ libraries.

use core::arch::asm;

unsafe extern "C" {
    /// Where the frames of the program begin: the target's link script says it.
    static __eh_frame_start: u8;
}

/// Tells the unwinder of the compiler's library where the program's frames are, if that is
/// linked in. L4Re's programs do so in `crtbeginT.o`, which asks for an order of sections that
/// the link of a Rust program does not have.
pub fn register() {
    let place: usize;
    // SAFETY: loads an address that the linker knows; 0 if nobody defines the name.
    unsafe {
        asm!(
            ".weak __register_frame",
            "movabs {}, offset __register_frame",
            out(reg) place,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    if place == 0 {
        return;
    }
    // SAFETY: a function of this type has the name (libgcc's `unwind-dw2-fde.h`).
    let register: extern "C" fn(*const u8) = unsafe { core::mem::transmute(place) };
    register(&raw const __eh_frame_start);
}
