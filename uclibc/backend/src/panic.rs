//! What happens if the backend itself is wrong.

use crate::text::Line;
use core::panic::PanicInfo;

/// The exit status of a program that has panicked.
const PANIC_STATUS: i32 = 101;

// The place says enough; the message would need all of `core`'s formatting in each program.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut line = Line::new();
    line.text("libc: panicked");
    if let Some(place) = info.location() {
        line.text(" at ");
        line.text(place.file());
        line.text(":");
        line.number(place.line().into());
    }
    line.print();
    l4re::exit(PANIC_STATUS)
}
