//! What happens if the backend itself is wrong.

use core::panic::PanicInfo;

/// The exit status of a program that has panicked.
const PANIC_STATUS: i32 = 101;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    match info.location() {
        Some(place) => l4re::println!("libc: panicked at {place}: {}", info.message()),
        None => l4re::println!("libc: panicked: {}", info.message()),
    }
    l4re::exit(PANIC_STATUS)
}
