//! The kernel's last words.

use crate::arch;

/// Prints where and why, and the way there.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    crate::log!("\n[kernel] {info}\n");
    let rbp: u64;
    // SAFETY: reads a register.
    unsafe { core::arch::asm!("mov {}, rbp", out(reg) rbp, options(nomem, nostack)) };
    backtrace(rbp);
    arch::stop_after_panic()
}

/// Prints the return addresses that the frame pointers lead to.
pub fn backtrace(rbp: u64) {
    let top = arch::stack_top();
    let bottom = top - 64 * 1024;
    let mut frame = rbp;
    for _ in 0..32 {
        // Frames lie in the kernel's stack, each above the one before.
        if frame < bottom || frame + 16 > top || !frame.is_multiple_of(8) {
            return;
        }
        // SAFETY: checked to lie in the stack.
        let (next, ip) = unsafe { (*(frame as *const u64), *((frame + 8) as *const u64)) };
        crate::log!("[kernel]   at 0x{ip:016x}\n");
        if next <= frame {
            return;
        }
        frame = next;
    }
}
