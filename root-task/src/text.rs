//! Text of programs on its way to a console.
//!
//! What a program writes must not look like something that another one wrote. A carriage
//! return, a cursor movement or a change of direction would let it write over lines that are not
//! its own, so all of that is made visible instead. Text, tabs and colours pass.

/// The longest escape sequence that passes.
const HELD: usize = 16;
const ESCAPE: u8 = 0x1b;
/// What stands in the place of characters that cannot be shown.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Takes bytes as they come, in any pieces, and passes on what is harmless:
///
/// * valid UTF-8 without control characters, and tabs;
/// * line feeds, also with a carriage return before them;
/// * sequences that choose colours and weights (`ESC [ … m`).
///
/// Null bytes are left out. Other control characters become `^` and a letter, what is not UTF-8
/// and what changes the direction of text becomes U+FFFD.
#[derive(Default)]
pub struct Filter {
    /// Bytes whose meaning the next one decides.
    held: [u8; HELD],
    len: usize,
}

impl Filter {
    /// Takes one byte; passes on what is now decided, in order.
    #[inline]
    pub fn feed(&mut self, byte: u8, out: &mut impl FnMut(u8)) {
        if self.len == 0 && matches!(byte, b' '..=b'~' | b'\n' | b'\t') {
            return out(byte);
        }
        self.feed_other(byte, out);
    }

    /// Passes on what is held back, as text that is not complete.
    pub fn flush(&mut self, out: &mut impl FnMut(u8)) {
        let (held, len) = (self.held, core::mem::take(&mut self.len));
        match held.first() {
            _ if len == 0 => {}
            Some(&first) if first < 0x80 => {
                caret(first, out);
                held.iter().take(len).skip(1).for_each(|&byte| out(byte));
            }
            _ => pass(REPLACEMENT, out),
        }
    }

    /// Whether bytes are held back.
    pub fn is_pending(&self) -> bool {
        self.len != 0
    }

    fn feed_other(&mut self, byte: u8, out: &mut impl FnMut(u8)) {
        let held = self.held;
        let Some(held) = held.get(..self.len).filter(|held| !held.is_empty()) else {
            return self.begin(byte, out);
        };
        match held {
            [b'\r'] => {
                if byte == b'\n' {
                    self.len = 0;
                    return out(byte);
                }
            }
            [ESCAPE] => {
                if byte == b'[' {
                    return self.hold(byte);
                }
            }
            [ESCAPE, ..] => match byte {
                b'0'..=b'9' | b';' | b':' if held.len() < HELD - 1 => return self.hold(byte),
                b'm' => {
                    self.len = 0;
                    pass(held, out);
                    return out(byte);
                }
                _ => {}
            },
            [lead, ..] => {
                if byte & 0xc0 == 0x80 {
                    self.hold(byte);
                    if self.len == sequence(*lead) {
                        self.character(out);
                    }
                    return;
                }
            }
            [] => {}
        }
        self.flush(out);
        self.feed(byte, out);
    }

    fn begin(&mut self, byte: u8, out: &mut impl FnMut(u8)) {
        match byte {
            0 => {}
            b'\n' | b'\t' | b' '..=b'~' => out(byte),
            b'\r' | ESCAPE => self.hold(byte),
            0x01..=0x7f => caret(byte, out),
            _ if sequence(byte) != 0 => self.hold(byte),
            _ => pass(REPLACEMENT, out),
        }
    }

    fn hold(&mut self, byte: u8) {
        if let Some(place) = self.held.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// What is held is as long as one character.
    fn character(&mut self, out: &mut impl FnMut(u8)) {
        let (held, len) = (self.held, core::mem::take(&mut self.len));
        let held = held.get(..len).unwrap_or(&[]);
        let harmless = core::str::from_utf8(held)
            .ok()
            .filter(|text| !text.chars().any(moves_text));
        pass(harmless.map_or(REPLACEMENT, str::as_bytes), out);
    }
}

/// The length of the UTF-8 sequence that starts with this byte; 0 if none does.
fn sequence(lead: u8) -> usize {
    match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 0,
    }
}

/// Whether a character is a control, ends lines, or changes the direction of text.
fn moves_text(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn caret(control: u8, out: &mut impl FnMut(u8)) {
    out(b'^');
    out(control ^ 0x40);
}

fn pass(bytes: &[u8], out: &mut impl FnMut(u8)) {
    bytes.iter().for_each(|&byte| out(byte));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn filtered(bytes: &[u8]) -> String {
        let mut shown = Vec::new();
        let mut filter = Filter::default();
        for &byte in bytes {
            filter.feed(byte, &mut |byte| shown.push(byte));
        }
        filter.flush(&mut |byte| shown.push(byte));
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn text_and_colours_pass() {
        for text in [
            "plain, \ttabs\n",
            "Grüße, 日本 🦀\n",
            "\x1b[1;31mred\x1b[0m \x1b[38:5:17m\x1b[m",
        ] {
            assert_eq!(filtered(text.as_bytes()), text);
        }
        assert_eq!(filtered(b"line\r\nnext\n"), "line\nnext\n");
    }

    #[test]
    fn nothing_writes_over_other_lines() {
        for (bytes, shown) in [
            (&b"\r[root] x"[..], "^M[root] x"),
            (b"\r\r\n", "^M\n"),
            (b"a\x08b\x07\x0b\x7f", "a^Hb^G^K^?"),
            (b"\x1b[2K\x1b[A", "^[[2K^[[A"),
            (b"\x1b]0;title\x07", "^[]0;title^G"),
            (b"\x1b\x1b[31m", "^[\x1b[31m"),
            (b"\x1b[1111111111111111111m", "^[[1111111111111111111m"),
            ("\u{9b}2J\u{85}".as_bytes(), "\u{fffd}2J\u{fffd}"),
            ("\u{202e}abc\u{2028}".as_bytes(), "\u{fffd}abc\u{fffd}"),
            (b"\x9b2J\xff\xc3", "\u{fffd}2J\u{fffd}\u{fffd}"),
            (b"\xc3\r[root]", "\u{fffd}^M[root]"),
            (b"\xed\xa0\x80", "\u{fffd}"),
            (b"a\0b", "ab"),
            (b"\x1b", "^["),
        ] {
            assert_eq!(filtered(bytes), shown, "{bytes:x?}");
        }
    }

    /// Whatever comes: valid UTF-8, no control character but line feeds, tabs and colours.
    #[test]
    fn random_bytes_become_harmless() {
        let mut seed = 5u64;
        let bytes: Vec<u8> = (0..if cfg!(miri) { 2000 } else { 200_000 })
            .map(|_| {
                seed = seed
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                let byte = (seed >> 40) as u8;
                match seed >> 61 {
                    0..=3 => b"\x1b[;0m\r\n\xe2\x80\xae\xc2\x9b\0"[usize::from(byte) % 13],
                    _ => byte,
                }
            })
            .collect();
        let shown = filtered(&bytes);
        let mut rest = shown.as_str();
        while let Some(at) = rest.find(|c: char| moves_text(c) && c != '\n' && c != '\t') {
            let sequence = rest[at..].strip_prefix("\x1b[").unwrap();
            let end = sequence.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'));
            rest = sequence[end.unwrap()..].strip_prefix('m').unwrap();
        }
    }
}
