//! The serial line: the kernel's log.

use crate::util::global::Global;
use core::fmt;
use uart_16550::SerialPort;

const COM1: u16 = 0x3f8;

// SAFETY: the first serial port of a PC stands there.
static PORT: Global<SerialPort> = Global::new(unsafe { SerialPort::new(COM1) });

/// Sets the line up.
pub fn init() {
    PORT.borrow().init();
}

/// Writes a byte; a line's end becomes what a terminal wants.
pub fn put(byte: u8) {
    let mut port = PORT.borrow();
    if byte == b'\n' {
        port.send_raw(b'\r');
    }
    port.send_raw(byte);
}

/// Reads a byte, if one has come.
pub fn get() -> Option<u8> {
    PORT.borrow().try_receive().ok()
}

/// Writes text by `core::fmt`.
pub struct Log;

impl fmt::Write for Log {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(put);
        Ok(())
    }
}

/// Writes to the log.
#[macro_export]
macro_rules! log {
    ($($arg:tt)*) => {{
        use core::fmt::Write;
        let _ = write!($crate::arch::serial::Log, $($arg)*);
    }};
}
