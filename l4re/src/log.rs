//! Output to the program's log.

use crate::start;
use core::fmt::{self, Write};
use l4re_sys::op::vcon::WRITE_SIZE;

/// Prints to the program's log, and a newline behind. Where the log is missing or fails, the
/// text is lost.
#[macro_export]
macro_rules! println {
    () => { $crate::log::print_line(::core::format_args!("")) };
    ($($args:tt)*) => { $crate::log::print_line(::core::format_args!($($args)*)) };
}

/// Prints to the program's log.
#[macro_export]
macro_rules! print {
    ($($args:tt)*) => { $crate::log::print(::core::format_args!($($args)*)) };
}

/// Collects text and writes it in messages as large as possible, so that a line of the usual
/// length arrives in one piece, whatever other threads print.
struct Buffer {
    text: [u8; WRITE_SIZE],
    len: usize,
}

impl Buffer {
    fn new() -> Self {
        Buffer {
            text: [0; WRITE_SIZE],
            len: 0,
        }
    }

    #[inline(never)]
    fn flush(&mut self) {
        if self.len == 0 {
            return;
        }
        // Sending to no capability would be sending to this thread.
        let log = start::try_env().map(|env| env.log());
        let log = log.filter(|log| log.is_valid());
        if let (Some(log), Some(text)) = (log, self.text.get(..self.len)) {
            // Who prints has no use for an error of the log.
            let _ = log.write(text);
        }
        self.len = 0;
    }
}

impl Write for Buffer {
    // One copy of the code, however many places of the formatting code call it.
    #[inline(never)]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut bytes = text.as_bytes();
        while !bytes.is_empty() {
            if self.len == WRITE_SIZE {
                self.flush();
            }
            let n = bytes.len().min(WRITE_SIZE - self.len);
            let (now, rest) = bytes.split_at(n);
            if let Some(to) = self.text.get_mut(self.len..self.len + n) {
                to.copy_from_slice(now);
            }
            self.len += n;
            bytes = rest;
        }
        Ok(())
    }

    #[inline(never)]
    fn write_char(&mut self, c: char) -> fmt::Result {
        self.write_str(c.encode_utf8(&mut [0; 4]))
    }
}

/// Prints to the program's log; [`print!`](crate::print) is made of it.
pub fn print(text: fmt::Arguments<'_>) {
    let mut buffer = Buffer::new();
    let _ = buffer.write_fmt(text);
    buffer.flush();
}

/// Prints to the program's log, and a newline; [`println!`](crate::println) is made of it.
pub fn print_line(text: fmt::Arguments<'_>) {
    let mut buffer = Buffer::new();
    let _ = buffer.write_fmt(text);
    let _ = buffer.write_str("\n");
    buffer.flush();
}
