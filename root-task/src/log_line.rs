//! Lines of several programs on one console.
//!
//! A program's text is held back until its line is whole, and goes out in one piece with the
//! program's name in front, so that the lines of different programs never mix.

use alloc::string::String;
use alloc::vec::Vec;

/// The column at which a program's text starts, if its name is not longer.
const NAME_WIDTH: usize = 8;
/// A line longer than this goes out in pieces.
const MAX_LINE: usize = 1024;

/// Colours of the foreground that can be read on dark and on light.
const COLOURS: [u8; 6] = [2, 6, 3, 5, 4, 1];

/// What one program has written since its last line's end.
pub struct LogLine {
    name: String,
    colour: Option<u8>,
    text: Vec<u8>,
}

impl LogLine {
    /// Lines with `name` in front; `colour` is any number, programs with different ones differ
    /// (as far as there are colours). `None`: no colour.
    pub fn new(name: String, colour: Option<usize>) -> Self {
        let colour = colour.map(|n| COLOURS[n % COLOURS.len()]);
        LogLine {
            name,
            colour,
            text: Vec::new(),
        }
    }

    /// Lines in one of the terminal's eight colours (`0..8`, bright from 8 on).
    pub fn with_terminal_colour(name: String, colour: u8) -> Self {
        LogLine {
            name,
            colour: Some(colour & 15),
            text: Vec::new(),
        }
    }

    /// The name in front of each line.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes what the program writes; calls `out` once for each whole line.
    pub fn write(&mut self, bytes: &[u8], out: &mut impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|&b| b == b'\n') {
            let text = piece.strip_suffix(b"\n").unwrap_or(piece);
            for part in text.split(|&b| b == 0) {
                self.text.extend_from_slice(part);
            }
            if piece.len() != text.len() || self.text.len() >= MAX_LINE {
                self.line(out);
            }
        }
    }

    /// Brings out what is held back, as a line. For a program's end, or when it waits for input.
    pub fn flush(&mut self, out: &mut impl FnMut(&[u8])) {
        if !self.text.is_empty() {
            self.line(out);
        }
    }

    fn line(&mut self, out: &mut impl FnMut(&[u8])) {
        let mut line = Vec::with_capacity(self.text.len() + self.name.len().max(NAME_WIDTH) + 16);
        if let Some(colour) = self.colour {
            let bright: &[u8] = if colour & 8 != 0 {
                b"\x1b[01;3"
            } else {
                b"\x1b[3"
            };
            line.extend_from_slice(bright);
            line.extend_from_slice(&[b'0' + (colour & 7), b'm']);
        }
        line.extend_from_slice(self.name.as_bytes());
        line.resize(
            line.len() + NAME_WIDTH.saturating_sub(self.name.len()),
            b' ',
        );
        line.extend_from_slice(b"| ");
        line.append(&mut self.text);
        if self.colour.is_some() {
            line.extend_from_slice(b"\x1b[0m");
        }
        line.push(b'\n');
        out(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &mut LogLine, texts: &[&str]) -> Vec<String> {
        let mut lines = Vec::new();
        for text in texts {
            line.write(text.as_bytes(), &mut |l| {
                lines.push(String::from_utf8(l.to_vec()).unwrap());
            });
        }
        lines
    }

    #[test]
    fn lines_come_out_whole() {
        let mut line = LogLine::new("hello".into(), None);
        assert_eq!(
            written(&mut line, &["a", "b\nc\0d", "\n\n", "rest"]),
            ["hello   | ab\n", "hello   | cd\n", "hello   | \n"]
        );
        let mut last = Vec::new();
        line.flush(&mut |l| last.extend_from_slice(l));
        line.flush(&mut |_| panic!("nothing is held back"));
        assert_eq!(last, b"hello   | rest\n");
    }

    #[test]
    fn colours_and_long_names() {
        let mut line = LogLine::new("calc-server".into(), Some(0));
        assert_eq!(
            written(&mut line, &["x\n"]),
            ["\x1b[32mcalc-server| x\x1b[0m\n"]
        );
        let mut line = LogLine::with_terminal_colour("v".into(), 9);
        assert_eq!(
            written(&mut line, &["x\n"]),
            ["\x1b[01;31mv       | x\x1b[0m\n"]
        );
    }

    #[test]
    fn endless_lines_end() {
        let mut line = LogLine::new("n".into(), None);
        let text = "y".repeat(300);
        let lines = written(&mut line, &[&text, &text, &text, &text, "\n"]);
        assert_eq!(lines.iter().map(|l| l.len() - 11).sum::<usize>(), 1200);
        assert!(lines.iter().all(|l| l.ends_with('\n')));
    }
}
