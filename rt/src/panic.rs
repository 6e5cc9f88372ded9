//! The panic handler.

use crate::backtrace;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

/// The exit status of a program that has panicked.
pub const PANIC_STATUS: i32 = 101;

/// Set by the first panic: one more, of printing or of another thread, prints nothing.
static PANICKING: AtomicBool = AtomicBool::new(false);

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if !PANICKING.swap(true, Ordering::Relaxed) {
        match info.location() {
            Some(place) => l4re::println!("panicked at {place}:"),
            None => l4re::println!("panicked:"),
        }
        l4re::println!("{}", info.message());
        for ip in backtrace::frames() {
            l4re::println!("  at {ip:#018x}");
        }
    }
    l4re::start::end(PANIC_STATUS)
}
