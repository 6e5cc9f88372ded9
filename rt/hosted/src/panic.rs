//! The panic handler.

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

unsafe extern "C" {
    fn abort() -> !;
}

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
    }
    // SAFETY: it may be called at any time.
    unsafe { abort() }
}
