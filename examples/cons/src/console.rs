//! A client's console.

use crate::history::History;
use crate::input::Input;
use crate::options::Style;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use l4re::OwnedCap;
use l4re::irq::Irq;
use l4re::sys::op::vcon::{I_ICRNL, L_ECHO, O_OCRNL, O_ONLCR, O_ONLRET, VconAttr};
use rtc::Date;

/// What identifies a console, for as long as the multiplexer runs.
pub type Id = u64;

/// A line that is longer is shown before it is whole.
const LONG_LINE: usize = 1024;

/// A client's console: what it has written, what was typed for it, and how both are treated.
#[derive(Debug)]
pub struct Console {
    /// What identifies it.
    pub id: Id,
    /// The client's name.
    pub name: String,
    /// How many of the same name there were before.
    pub number: usize,
    /// The colour of its lines: 0 to 7, bright from 8 on.
    pub colour: u8,
    /// What it is like.
    pub style: Style,
    /// What is done to text on its way.
    pub attr: VconAttr,
    /// What was written.
    pub history: History,
    /// What was typed.
    pub input: Input,
    /// Tells the client that something was typed.
    pub irq: Option<OwnedCap<Irq>>,
    /// The multiplexer that shows it.
    pub shown_on: Option<usize>,
    /// Whether the client is gone.
    pub dead: bool,
    /// Whether a line of it on the screen is not ended.
    pub open: bool,
    /// What was written and not yet shown.
    unshown: Vec<u8>,
    at_line_start: bool,
}

impl Console {
    /// A console; none if there is no memory for what it keeps.
    pub fn new(id: Id, name: String, number: usize, colour: u8, style: Style) -> Option<Self> {
        Some(Console {
            id,
            name,
            number,
            colour,
            history: History::new(style.buffer)?,
            style,
            attr: VconAttr {
                i_flags: I_ICRNL,
                o_flags: O_ONLRET | O_ONLCR,
                l_flags: L_ECHO,
            },
            input: Input::default(),
            irq: None,
            shown_on: None,
            dead: false,
            open: false,
            unshown: Vec::new(),
            at_line_start: true,
        })
    }

    /// The name by which commands call it.
    pub fn label(&self) -> String {
        match self.number {
            0 => self.name.clone(),
            number => format!("{}:{number}", self.name),
        }
    }

    /// Takes text from the client. `now` are seconds since the start of 1970.
    pub fn write(&mut self, text: &[u8], now: u64) {
        let has = |flag| self.attr.o_flags & flag != 0;
        let (newline, carriage, without) = (has(O_ONLCR), has(O_OCRNL), has(O_ONLRET));
        let mut cooked = Vec::with_capacity(text.len() + 16);
        // Nothing on the screen is meant by a 0.
        for &byte in text.iter().filter(|byte| **byte != 0) {
            if self.at_line_start && self.style.timestamp {
                let stamp = format!("[{}] ", Date::from_seconds(now));
                cooked.extend_from_slice(stamp.as_bytes());
            }
            let byte = if carriage && byte == b'\r' {
                b'\n'
            } else {
                byte
            };
            if without && byte == b'\r' {
                self.at_line_start = false;
                continue;
            }
            if newline && byte == b'\n' {
                cooked.push(b'\r');
            }
            cooked.push(byte);
            self.at_line_start = byte == b'\n';
        }
        self.history.push(&cooked);
        if self.shown_on.is_some() {
            self.unshown.extend_from_slice(&cooked);
        }
    }

    /// Takes what is to be shown now: whole lines, or with `all` what there is.
    pub fn take_unshown(&mut self, all: bool) -> Vec<u8> {
        let lines = self.unshown.iter().rposition(|byte| *byte == b'\n');
        let whole = lines.map_or(0, |at| at + 1);
        let all = all || !self.style.line_buffering || self.unshown.len() - whole > LONG_LINE;
        let len = if all { self.unshown.len() } else { whole };
        self.unshown.drain(..len).collect()
    }

    /// Whether there is something to be shown later.
    pub fn has_unshown(&self) -> bool {
        !self.unshown.is_empty()
    }

    /// Is shown on a multiplexer, or not any more: from here on.
    pub fn show_on(&mut self, mux: Option<usize>) {
        self.unshown.clear();
        self.shown_on = mux;
    }

    /// Tells the client that there is something to read.
    pub fn trigger(&self) {
        if let Some(irq) = &self.irq {
            // A client that deleted its interrupt is not told.
            let _ = irq.trigger();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console() -> Console {
        let mut console = Console::new(1, "c".into(), 0, 0, Style::default()).unwrap();
        console.show_on(Some(0));
        console
    }

    #[test]
    fn lines_are_shown_when_they_are_whole() {
        let mut console = console();
        console.write(b"one\ntw", 0);
        assert_eq!(console.take_unshown(false), b"one\r\n");
        console.write(b"o\0", 0);
        assert_eq!(console.take_unshown(false), b"");
        assert!(console.has_unshown());
        assert_eq!(console.take_unshown(true), b"two");
        console.write(&[b'x'; 2000], 0);
        assert_eq!(console.take_unshown(false).len(), 2000);
        console.style.line_buffering = false;
        console.write(b"y", 0);
        assert_eq!(console.take_unshown(false), b"y");
    }

    #[test]
    fn attributes_change_text() {
        let mut console = console();
        console.write(b"a\r\n", 0);
        assert_eq!(console.take_unshown(true), b"a\r\n");
        console.attr.o_flags = O_OCRNL;
        console.write(b"a\rb\n", 0);
        assert_eq!(console.take_unshown(true), b"a\nb\n");
        console.attr.o_flags = 0;
        console.style.timestamp = true;
        console.write(b"a\nb\n", 86_400);
        let stamped = "[1970-01-02 00:00:00] a\n[1970-01-02 00:00:00] b\n";
        assert_eq!(console.take_unshown(true), stamped.as_bytes());
    }

    #[test]
    fn what_nobody_sees_is_kept_in_the_history_only() {
        let mut console = console();
        console.show_on(None);
        console.write(b"x\n", 0);
        assert!(!console.has_unshown());
        assert_eq!(console.history.tail(1), b"x\r\n");
    }
}
