//! Lines for the log. Formatting as `core` has it is several times as large as all of them.

/// A line that is being put together; what does not fit is left out.
pub struct Line {
    text: [u8; 160],
    len: usize,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Line {
            text: [0; 160],
            len: 0,
        }
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            if let Some(place) = self.text.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) {
        if number >= 10 {
            self.number(number / 10);
        }
        let digit = [b'0' + (number % 10) as u8];
        self.text(core::str::from_utf8(&digit).unwrap_or("?"));
    }

    /// Prints it.
    pub fn print(mut self) {
        let len = self.len.min(self.text.len() - 1);
        if let Some(end) = self.text.get_mut(len) {
            *end = b'\n';
        }
        // Who prints has no use for an error of the log.
        let _ = crate::fs::print(self.text.get(..=len).unwrap_or(&[]));
    }
}
