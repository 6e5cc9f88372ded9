//! The system's output on its way to the terminal.
//!
//! What is harmless goes on at once, so prompts appear. At a line's end the line is read:
//! code addresses in reports of faults and panics get function, file and line.

use root_task::text::Filter;

use crate::symbols::{Kind, Symbols};

/// Name of the kernel's ELF file in [`Symbols`].
pub const KERNEL: &str = "[kernel]";
/// Name of the root task's.
pub const ROOT: &str = "[root]";

/// A line that is longer counts as several. The root task's lines are shorter.
const LONGEST_LINE: usize = 64 << 10;

/// Who wrote a line: the program whose name stands before a `|`, or what the root task tells
/// of a program. Two programs' lines come in any order, so what is due is held to one's only.
pub fn source(line: &str) -> &str {
    let end = if line.starts_with(ROOT) {
        line.find(':').unwrap_or(ROOT.len())
    } else {
        line.find('|').unwrap_or(0)
    };
    line[..end].trim_end()
}

/// Adds what the addresses mean, and collects whole lines.
pub struct Annotator<'a> {
    symbols: &'a Symbols,
    /// What programs wrote must not move the cursor, on the terminal and in the lines.
    filter: Filter,
    /// The terminal is a program's: it gets every byte as it is.
    raw: bool,
    line: Vec<u8>,
    /// The instruction of the fault that was reported last: the first of its frames.
    fault: Option<u64>,
}

impl<'a> Annotator<'a> {
    /// An annotator at the start of a line; if the terminal is a program's (`raw`), that gets
    /// every byte unchanged, and only what is told about lines stands behind.
    pub fn new(symbols: &'a Symbols, raw: bool) -> Self {
        Annotator {
            symbols,
            filter: Filter::default(),
            raw,
            line: Vec::new(),
            fault: None,
        }
    }

    /// Takes output; returns what to show, with line feeds alone at the ends of lines, and the
    /// lines that are now complete, with what was added.
    pub fn feed(&mut self, bytes: &[u8]) -> (Vec<u8>, Vec<String>) {
        let mut harmless = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            self.filter.feed(byte, &mut |byte| harmless.push(byte));
        }
        let mut shown = Vec::with_capacity(harmless.len());
        let mut notes_only = Vec::new();
        let mut lines = Vec::new();
        for piece in harmless.split_inclusive(|&byte| byte == b'\n') {
            let text = piece.strip_suffix(b"\n");
            self.line.extend_from_slice(text.unwrap_or(piece));
            shown.extend_from_slice(text.unwrap_or(piece));
            if text.is_none() && self.line.len() < LONGEST_LINE {
                continue;
            }
            if !self.line.is_empty() {
                let mut line = plain(&self.line);
                let notes = self.notes(&line).concat();
                if !notes.is_empty() && text.is_some() {
                    shown.extend_from_slice(notes.as_bytes());
                    notes_only.extend_from_slice(format!("       {notes}\r\n").as_bytes());
                }
                line += &notes;
                lines.push(line);
                self.line.clear();
            }
            if text.is_some() {
                shown.push(b'\n');
            }
        }
        if self.raw {
            shown = [bytes, &notes_only].concat();
        }
        (shown, lines)
    }

    /// The line that is not complete yet.
    pub fn rest(&self) -> String {
        plain(&self.line)
    }

    /// What to append to a line.
    fn notes(&mut self, line: &str) -> Vec<String> {
        let Some((name, text)) = speaker(line, self.symbols) else {
            return Vec::new();
        };
        let mut notes = Vec::new();
        for (address, mut kind) in code_addresses(text, name == KERNEL) {
            if kind == Kind::Instruction {
                self.fault = Some(address);
            } else if self.fault.take() == Some(address) {
                kind = Kind::Instruction;
            }
            for (depth, frame) in self.symbols.frames(name, address, kind).iter().enumerate() {
                if depth == 0 && notes.is_empty() {
                    notes.push(format!(" = {frame}"));
                } else if depth == 0 {
                    notes.push(format!("; {address:#x} = {frame}"));
                } else {
                    notes.push(format!("\n        inlined into {frame}"));
                }
            }
        }
        notes
    }
}

/// A line without colours and other control sequences.
fn plain(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    anstream::adapter::strip_str(&text).to_string()
}

/// Whose addresses a line holds, and the rest of the line.
fn speaker<'l>(line: &'l str, symbols: &Symbols) -> Option<(&'l str, &'l str)> {
    let line = line.trim_start();
    if let Some(text) = line.strip_prefix(KERNEL) {
        return Some((&line[..KERNEL.len()], text));
    }
    if let Some(text) = line.strip_prefix(ROOT) {
        return match text.trim_start().split_once(':') {
            Some((name, text)) if symbols.knows(name) => Some((name, text)),
            _ => Some((&line[..ROOT.len()], text)),
        };
    }
    let (name, text) = line.split_once('|')?;
    let name = name.trim_end();
    symbols.knows(name).then_some((name, text))
}

/// The code addresses in a report: after `ip=`, `pc=`, `rip=` the faulting
/// instruction's, after `at` a return address, in the kernel's lines any. So do the frames of
/// `std::backtrace` and of the crate `backtrace`: `3: 0x1014164 - <unknown>`.
fn code_addresses(text: &str, any: bool) -> Vec<(u64, Kind)> {
    let is_frame = text.trim_end().ends_with("- <unknown>");
    let mut found = Vec::new();
    let mut before = "";
    for word in text
        .split([' ', ',', ';', '(', ')', '\t'])
        .filter(|word| !word.is_empty())
    {
        let (key, value) = word.split_once(['=', '@']).unwrap_or((before, word));
        let kind = match key.trim_end_matches(':') {
            "ip" | "pc" | "rip" => Some(Kind::Instruction),
            "at" => Some(Kind::Return),
            number if is_frame && number.parse::<u32>().is_ok() => Some(Kind::Return),
            _ if any => Some(Kind::Return),
            _ => None,
        };
        if let Some(kind) = kind
            && let Some(address) = number(value)
        {
            found.push((address, kind));
        }
        before = word;
    }
    found
}

/// `0x…` as a number.
fn number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x")?.trim_end_matches(['.', ':']);
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_its_source() {
        assert_eq!(source("client  | 1 | 2"), "client");
        assert_eq!(source("[root] rtc: exited with 0"), "[root] rtc");
        assert_eq!(source("[root] 209 MiB free"), "[root]");
        assert_eq!(source("anything"), "");
    }

    #[test]
    fn prompts_pass_at_once_and_lines_are_collected() {
        let symbols = Symbols::default();
        let mut annotator = Annotator::new(&symbols, false);
        let (shown, lines) = annotator.feed(b"name? ");
        assert_eq!((shown.as_slice(), lines.len()), (&b"name? "[..], 0));
        assert_eq!(annotator.rest(), "name? ");
        let (shown, lines) = annotator.feed(b"\x1b[31mx\x1b[0m\r\n\r\ny\n");
        assert_eq!(shown, b"\x1b[31mx\x1b[0m\n\ny\n");
        assert_eq!(lines, ["name? x", "y"]);
    }

    #[test]
    fn a_line_begins_behind_a_line_feed_and_nowhere_else() {
        let symbols = Symbols::default();
        let mut annotator = Annotator::new(&symbols, false);
        let (shown, lines) = annotator.feed(b"p | x\r[kernel] panicked\x1b[2K\r\n");
        assert_eq!(lines, ["p | x^M[kernel] panicked^[[2K"]);
        assert_eq!(shown, b"p | x^M[kernel] panicked^[[2K\n");
    }

    #[test]
    fn a_line_without_end_is_not_kept_without_end() {
        let symbols = Symbols::default();
        let mut annotator = Annotator::new(&symbols, false);
        let text = vec![b'x'; LONGEST_LINE - 1];
        assert_eq!(annotator.feed(&text), (text.clone(), Vec::new()));
        let (shown, lines) = annotator.feed(b"xy");
        assert_eq!((shown.as_slice(), lines.len()), (&b"xy"[..], 1));
        assert_eq!(annotator.feed(b"z\n").1, ["z"]);
    }

    #[test]
    fn addresses_are_found_where_they_mean_code() {
        assert_eq!(
            code_addresses(" fault: null read at ip=0x1001234 addr=0x10", false),
            [(0x1001234, Kind::Instruction)]
        );
        assert_eq!(
            code_addresses("   at 0x0000000001001234", false),
            [(0x1001234, Kind::Return)]
        );
        assert_eq!(code_addresses(" buffer 0x1001234", false), []);
        assert_eq!(code_addresses(" x=0xf", true), [(15, Kind::Return)]);
        assert_eq!(code_addresses(" at noon, at 0xzz", false), []);
        let frame = "   12:          0x1014164 - <unknown>";
        assert_eq!(code_addresses(frame, false), [(0x1014164, Kind::Return)]);
        assert_eq!(code_addresses("  12: 0x1014164", false), []);
    }

    #[test]
    fn a_line_has_a_speaker() {
        let mut symbols = Symbols::default();
        symbols.add("hello", "/nowhere".as_ref());
        assert_eq!(
            speaker("hello   | at 0x1", &symbols),
            Some(("hello", " at 0x1"))
        );
        assert_eq!(
            speaker("[root] hello: fault", &symbols),
            Some(("hello", " fault"))
        );
        assert_eq!(
            speaker("[root] panicked", &symbols),
            Some((ROOT, " panicked"))
        );
        assert_eq!(speaker("[kernel] x", &symbols), Some((KERNEL, " x")));
        assert_eq!(speaker("other | at 0x1", &symbols), None);
        assert_eq!(speaker("text", &symbols), None);
    }
}
