//! Backtraces of addresses.

use crate::tls;
use core::arch::asm;

/// The most frames that are shown.
const MAX_FRAMES: usize = 64;

/// The return addresses of the calling thread's frames, innermost first, by the chain of frame
/// pointers (the target keeps them).
pub fn frames() -> impl Iterator<Item = usize> {
    let mut frame: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack, preserves_flags)) };
    let end = tls::stack_end();
    let mut below = 0;
    core::iter::from_fn(move || {
        // A frame is two words on this thread's stack, above the one before. A chain that leads
        // elsewhere is at its end, or broken.
        let fits = frame > below && frame.is_multiple_of(8) && frame.checked_add(16)? <= end;
        if !fits {
            return None;
        }
        let words = core::ptr::with_exposed_provenance::<usize>(frame);
        below = frame;
        // SAFETY: the two words are on the stack of this thread, above where it stands: the
        // first frame is the caller's, each next one is higher, and all end below its end.
        let (next, ip) = unsafe { (words.read(), words.add(1).read()) };
        frame = next;
        (ip != 0).then_some(ip)
    })
    .take(MAX_FRAMES)
}
