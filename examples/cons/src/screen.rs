//! Lines of several writers on one screen.

use crate::console::Id;
use crate::mux::Terminal;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

/// The column at which text begins, behind a name and a bar.
const NAME_WIDTH: usize = 8;
/// As much is held back at most until a line ends.
const LONG: usize = 1024;

const PLAIN: &[u8] = b"\x1b[0m";

/// Who writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// The multiplexer itself.
    Prompt,
    /// A client.
    Client(Id),
}

/// What stands before a line.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    /// Whose it is.
    pub name: &'a str,
    /// In which colour.
    pub colour: u8,
}

/// A screen: the terminals of a multiplexer, which all show the same.
#[derive(Default)]
pub struct Screen {
    terminals: Vec<Box<dyn Terminal>>,
    held: Vec<u8>,
    /// Whose line is not ended, and whether it is coloured.
    last: Option<(Who, bool)>,
}

impl Screen {
    /// Adds a terminal.
    pub fn add(&mut self, terminal: Box<dyn Terminal>) {
        self.terminals.push(terminal);
    }

    /// Writes. A line has a `tag` before it unless the writer has the screen for itself. `open`
    /// is whether a line of the writer was not ended.
    pub fn put(&mut self, who: Who, tag: Option<Tag<'_>>, open: &mut bool, text: &[u8]) {
        let coloured = tag.is_some_and(|tag| tag.colour != 0);
        for piece in text.split_inclusive(|byte| *byte == b'\n') {
            if !matches!(self.last, Some((last, _)) if last == who) {
                self.change(tag, *open);
            }
            let (line, ends) = match piece.strip_suffix(b"\n") {
                Some(line) => (line, true),
                None => (piece, false),
            };
            self.held.extend_from_slice(line);
            if ends {
                if coloured {
                    self.held.extend_from_slice(PLAIN);
                }
                self.held.push(b'\n');
                self.last = None;
            } else {
                self.last = Some((who, coloured));
            }
            *open = !ends;
            if ends || self.held.len() > LONG {
                self.flush();
            }
        }
    }

    /// Begins a line of another writer.
    fn change(&mut self, tag: Option<Tag<'_>>, open: bool) {
        match tag {
            Some(tag) if tag.colour != 0 => {
                if matches!(self.last, Some((_, true))) {
                    self.held.extend_from_slice(PLAIN);
                }
                let bright = if tag.colour & 8 != 0 { "01;" } else { "" };
                let escape = format!("\x1b[{bright}3{}m", tag.colour & 7);
                self.held.extend_from_slice(escape.as_bytes());
            }
            _ => self.held.extend_from_slice(PLAIN),
        }
        if self.last.is_some() {
            self.held.extend_from_slice(b"\r\n");
        }
        if let Some(tag) = tag {
            let mut name = tag.name.as_bytes();
            name = name.get(..NAME_WIDTH).unwrap_or(name);
            self.held.extend_from_slice(name);
            let width = self.held.len() + NAME_WIDTH - name.len();
            self.held.resize(width, b' ');
            // A line that goes on behind another's is marked.
            let bar: &[u8] = if open { b": " } else { b"| " };
            self.held.extend_from_slice(bar);
        }
    }

    /// Makes `who` the one whose line is not ended.
    pub fn continue_as(&mut self, who: Who) {
        self.last = Some((who, false));
    }

    /// Shows what is held back.
    pub fn flush(&mut self) {
        if !self.held.is_empty() {
            for terminal in &mut self.terminals {
                terminal.write(&self.held);
            }
            self.held.clear();
        }
    }

    /// Shows text as it is: the echo of what is typed.
    pub fn raw(&mut self, text: &[u8]) {
        self.flush();
        for terminal in &mut self.terminals {
            terminal.write(text);
        }
    }
}
