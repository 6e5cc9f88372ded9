//! `stdio.h`: what writes.

use super::format::{VaList, format};
use crate::ctypes::{Str, c_int};
use core::ffi::c_char;
use core::fmt::Write;

weak!(putchar, puts, vprintf, vsnprintf);

/// Collects pieces for the log: a call for each character would be slow.
struct Log {
    text: [u8; 128],
    len: usize,
}

impl Log {
    fn new() -> Self {
        Log {
            text: [0; 128],
            len: 0,
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.len == self.text.len() {
                self.flush();
            }
            if let Some(place) = self.text.get_mut(self.len) {
                *place = *byte;
                self.len += 1;
            }
        }
    }

    fn flush(&mut self) {
        if let Some(env) = l4re::start::try_env() {
            let text = self.text.get(..self.len).unwrap_or(&[]);
            // Printing must not disturb a message that is being written; there is nowhere to
            // tell that the log does not work.
            l4re::msg::preserve(|| env.log().write(text)).unwrap_or(());
        }
        self.len = 0;
    }
}

impl Write for Log {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

extern "C" fn putchar(c: c_int) -> c_int {
    let mut log = Log::new();
    log.put(&[c as u8]);
    log.flush();
    (c as u8).into()
}

extern "C" fn puts(text: Str) -> c_int {
    let mut log = Log::new();
    log.put(text.bytes());
    log.put(b"\n");
    log.flush();
    0
}

extern "C" fn vprintf(text: Str, arguments: &mut VaList) -> c_int {
    let mut log = Log::new();
    let len = format(text, arguments, &mut |bytes| log.put(bytes));
    log.flush();
    len as c_int
}

extern "C" fn vsnprintf(to: *mut c_char, size: usize, text: Str, arguments: &mut VaList) -> c_int {
    let room = crate::ctypes::room(to, size);
    let last = room.len().saturating_sub(1);
    let mut at = 0;
    let len = format(text, arguments, &mut |bytes| {
        for byte in bytes {
            if let Some(place) = room.get_mut(at).filter(|_| at < last) {
                *place = *byte;
                at += 1;
            }
        }
    });
    if let Some(end) = room.get_mut(at) {
        *end = 0;
    }
    len as c_int
}
