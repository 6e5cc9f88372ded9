//! Lines of several programs on one console.
//!
//! A program's text is held back until its line is whole, and goes out in one piece with the
//! program's name in front, so that the lines of different programs never mix. What could write
//! over other lines is made visible ([`crate::text`]).

use crate::error::Result;
use crate::fallible::List;
use crate::text::Filter;

/// The column at which a program's text starts, if its name is not longer.
const NAME_WIDTH: usize = 8;
/// A line longer than this goes out in pieces; one that there is no memory for, too.
const MAX_LINE: usize = 16 << 10;
/// Bytes of a line that goes out in pieces if there is no memory.
const PIECE: usize = 128;

/// Colours of the foreground that can be read on dark and on light.
const COLOURS: [u8; 6] = [2, 6, 3, 5, 4, 1];

/// What one program has written since its last line's end.
pub struct LogLine {
    name: List<u8>,
    /// What the program calls this log, if it made it itself.
    tag: List<u8>,
    colour: Option<u8>,
    filter: Filter,
    text: List<u8>,
    /// In its place where there is no memory.
    piece: [u8; PIECE],
    piece_len: usize,
}

impl LogLine {
    /// Lines with `name` in front; `colour` is any number, programs with different ones differ
    /// (as far as there are colours). `None`: no colour.
    ///
    /// # Errors
    /// [`crate::error::Error::ENOMEM`].
    pub fn new(name: &[u8], colour: Option<usize>) -> Result<Self> {
        Ok(LogLine {
            name: harmless(name)?,
            tag: List::new(),
            colour: colour.and_then(|n| COLOURS.get(n % COLOURS.len()).copied()),
            filter: Filter::default(),
            text: List::new(),
            piece: [0; PIECE],
            piece_len: 0,
        })
    }

    /// Lines of a log that the program `name` made and calls `tag`, in one of the terminal's
    /// eight colours (`0..8`, bright from 8 on) if any.
    ///
    /// # Errors
    /// [`crate::error::Error::ENOMEM`].
    pub fn with_tag(name: &[u8], tag: &[u8], colour: Option<u8>) -> Result<Self> {
        let mut tag = harmless(tag)?;
        tag.extend(b": ")?;
        Ok(LogLine {
            tag,
            colour: colour.map(|colour| colour & 15),
            ..Self::new(name, None)?
        })
    }

    /// Takes what the program writes; calls `out` with pieces of whole lines.
    pub fn write(&mut self, bytes: &[u8], out: &mut impl FnMut(&[u8])) {
        for &byte in bytes {
            let mut filter = core::mem::take(&mut self.filter);
            filter.feed(byte, &mut |byte| self.put(byte, out));
            self.filter = filter;
        }
    }

    /// Brings out what is held back, as a line. For a program's end, or when it waits for input.
    pub fn flush(&mut self, out: &mut impl FnMut(&[u8])) {
        let mut filter = core::mem::take(&mut self.filter);
        filter.flush(&mut |byte| self.put(byte, out));
        if !self.text.is_empty() || self.piece_len != 0 {
            self.line(out);
        }
    }

    fn put(&mut self, byte: u8, out: &mut impl FnMut(&[u8])) {
        if byte == b'\n' {
            return self.line(out);
        }
        if self.piece_len == 0 && self.text.len() < MAX_LINE && self.text.push(byte).is_ok() {
            return;
        }
        if self.text.len() >= MAX_LINE || self.piece_len == PIECE {
            self.line(out);
        }
        if let Some(place) = self.piece.get_mut(self.piece_len) {
            *place = byte;
            self.piece_len += 1;
        }
    }

    fn line(&mut self, out: &mut impl FnMut(&[u8])) {
        let piece = self.piece.get(..self.piece_len).unwrap_or(&[]);
        let coloured = self.text.contains(&0x1b) || piece.contains(&0x1b);
        let mut line = Line::new(out);
        if let Some(colour) = self.colour {
            let bright: &[u8] = if colour & 8 != 0 {
                b"\x1b[01;3"
            } else {
                b"\x1b[3"
            };
            line.put(bright);
            line.put(&[b'0' + (colour & 7), b'm']);
        }
        line.put(&self.name);
        for _ in self.name.len()..NAME_WIDTH {
            line.put(b" ");
        }
        line.put(b"| ");
        line.put(&self.tag);
        line.put(&self.text);
        line.put(piece);
        if self.colour.is_some() || coloured {
            line.put(b"\x1b[0m");
        }
        line.put(b"\n");
        line.end();
        // A long line's memory is not kept.
        match self.text.len() {
            ..=MAX_KEPT => self.text.clear(),
            _ => self.text = List::new(),
        }
        self.piece_len = 0;
    }
}

/// As much of a line's memory stays for the next one.
const MAX_KEPT: usize = 1024;
/// What goes out in one go.
const OUT: usize = 256;

/// A line on its way out.
struct Line<'a, F: FnMut(&[u8])> {
    buffer: [u8; OUT],
    len: usize,
    out: &'a mut F,
}

impl<'a, F: FnMut(&[u8])> Line<'a, F> {
    fn new(out: &'a mut F) -> Self {
        Line {
            buffer: [0; OUT],
            len: 0,
            out,
        }
    }

    fn put(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = self.buffer.get_mut(self.len..).unwrap_or(&mut []);
            let count = room.len().min(bytes.len());
            let (piece, rest) = bytes.split_at(count);
            room.iter_mut()
                .zip(piece)
                .for_each(|(to, from)| *to = *from);
            self.len += count;
            bytes = rest;
            if self.len == OUT {
                self.end();
            }
        }
    }

    fn end(&mut self) {
        (self.out)(self.buffer.get(..self.len).unwrap_or(&[]));
        self.len = 0;
    }
}

/// A name without anything that could end its line, or move its text.
fn harmless(name: &[u8]) -> Result<List<u8>> {
    let mut text = List::with_room(name.len())?;
    let mut filter = Filter::default();
    let mut result = Ok(());
    let mut put = |byte| {
        if result.is_ok() {
            result = text.push(byte);
        }
    };
    for &byte in name {
        let byte = if byte == b'\n' || byte == b'|' {
            b' '
        } else {
            byte
        };
        filter.feed(byte, &mut put);
    }
    filter.flush(&mut put);
    result.map(|()| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{Heap, pays};
    use crate::pool::tests::pool;
    use crate::quota::Quota;
    use std::borrow::ToOwned;
    use std::string::String;
    use std::vec::Vec;

    fn written(line: &mut LogLine, texts: &[&str]) -> Vec<String> {
        let mut all = Vec::new();
        for text in texts {
            line.write(text.as_bytes(), &mut |piece| all.extend_from_slice(piece));
        }
        let all = String::from_utf8(all).unwrap();
        all.split_inclusive('\n').map(str::to_owned).collect()
    }

    #[test]
    fn lines_come_out_whole() {
        let mut line = LogLine::new(b"hello", None).unwrap();
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
        let mut line = LogLine::new(b"calc-server", Some(0)).unwrap();
        assert_eq!(
            written(&mut line, &["x\n"]),
            ["\x1b[32mcalc-server| x\x1b[0m\n"]
        );
        let mut line = LogLine::with_tag(b"v", b"t", Some(9)).unwrap();
        assert_eq!(
            written(&mut line, &["x\n"]),
            ["\x1b[01;31mv       | t: x\x1b[0m\n"]
        );
    }

    #[test]
    fn every_line_bears_the_programs_name() {
        let tag = b"\n[root] all is well\n[root]\r\x1b[A|";
        let mut line = LogLine::with_tag(b"p", tag, None).unwrap();
        assert_eq!(
            written(&mut line, &["x\n", "\r[root] y\r\n"]),
            [
                "p       |  [root] all is well [root]^M^[[A : x\n",
                "p       |  [root] all is well [root]^M^[[A : ^M[root] y\n"
            ]
        );
        let mut line = LogLine::new(b"a\nb", None).unwrap();
        assert_eq!(written(&mut line, &["\n"]), ["a b     | \n"]);
        // A colour ends with its line.
        assert_eq!(
            written(&mut line, &["\x1b[8mz\n"]),
            ["a b     | \x1b[8mz\x1b[0m\n"]
        );
    }

    #[test]
    fn long_lines_stay_whole_and_endless_ones_end() {
        let mut line = LogLine::new(b"n", None).unwrap();
        let text = "y".repeat(300);
        let lines = written(&mut line, &[&text, &text, &text, &text, "\n"]);
        assert_eq!(lines.iter().map(|l| l.len() - 11).sum::<usize>(), 1200);
        assert_eq!(lines.len(), 1);
        let text = "z".repeat(3 * MAX_LINE);
        let lines = written(&mut line, &[&text, "\n"]);
        assert_eq!(
            lines.iter().map(|l| l.len() - 11).sum::<usize>(),
            3 * MAX_LINE
        );
        assert!(lines.iter().all(|l| l.starts_with("n       | ")));
    }

    #[test]
    fn what_is_not_paid_for_goes_out_in_pieces() {
        let quota = Quota::of(4096, None);
        let heap = Heap::new(pool(8), quota).unwrap();
        pays(Some(&heap), || {
            let mut line = LogLine::new(b"n", None).unwrap();
            let mut lines = 0;
            let mut text = 0;
            let mut out = |piece: &[u8]| {
                lines += piece.iter().filter(|&&byte| byte == b'\n').count();
                text += piece.iter().filter(|&&byte| byte == b'y').count();
            };
            line.write(&[b'y'; 5000], &mut out);
            line.flush(&mut out);
            assert_eq!(text, 5000);
            assert!((2..=5000 / PIECE + 1).contains(&lines));
        });
    }
}
