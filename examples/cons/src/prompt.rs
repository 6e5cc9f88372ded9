//! What is typed: at the prompt, and for a client.

use crate::command;
use crate::complete;
use crate::mux::Cons;
use alloc::format;
use alloc::string::String;
use l4re::sys::op::vcon::{I_ICRNL, I_IGNCR, I_INLCR, L_ECHO, O_ONLCR};

/// The key that commands begin with while a client is connected.
const CTRL_E: u8 = 5;
const CTRL_C: u8 = 3;
const CTRL_Z: u8 = 26;
const CTRL_L: u8 = 12;
const ESC: u8 = 27;
const BACKSPACE: [u8; 2] = [8, 127];
/// What is shown when that key was pressed.
const SEQUENCE: &[u8] = b"[Ctrl-E]";
/// The longest command.
const LONGEST: usize = 512;

/// How far into a sequence of characters that means one key.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Escape {
    #[default]
    No,
    /// After the escape.
    Begun,
    /// After the bracket.
    Bracket,
}

/// The line that is typed at the prompt.
#[derive(Default, Debug)]
pub struct Prompt {
    line: String,
    /// The last key was Ctrl-E.
    sequence: bool,
    escape: Escape,
}

impl Prompt {
    /// What was typed.
    pub fn text(&self) -> &str {
        &self.line
    }

    /// Replaces what was typed.
    pub fn set(&mut self, line: String) {
        if line.len() <= LONGEST {
            self.line = line;
        }
    }
}

impl Cons {
    /// Somebody typed at a screen.
    pub fn typed(&mut self, mux: usize, bytes: &[u8]) {
        for &byte in bytes {
            match self.muxes.get(mux).map(|mux| mux.connected) {
                Some(Some(_)) => self.typed_for_client(mux, byte),
                Some(None) => self.typed_at_prompt(mux, byte),
                None => return,
            }
        }
    }

    fn typed_at_prompt(&mut self, index: usize, byte: u8) {
        let Some(mux) = self.muxes.get_mut(index) else {
            return;
        };
        let prompt = &mut mux.prompt;
        if core::mem::take(&mut prompt.sequence) {
            self.global_key(index, byte);
            return;
        }
        if prompt.escape != Escape::No {
            // Keys that mean nothing here.
            prompt.escape = match (prompt.escape, byte) {
                (Escape::Begun, b'[') => Escape::Bracket,
                (Escape::Bracket, 0x20..=0x3f) => Escape::Bracket,
                _ => Escape::No,
            };
            return;
        }
        match byte {
            CTRL_E => prompt.sequence = true,
            ESC => prompt.escape = Escape::Begun,
            b'\t' => complete::complete(self, index),
            CTRL_L => {
                mux.put(command::CLEAR);
                mux.ask();
            }
            b'\r' => {
                let line = core::mem::take(&mut prompt.line);
                mux.screen.raw(b"\r\n");
                command::run(self, index, &line);
                if let Some(mux) = self.muxes.get_mut(index)
                    && mux.connected.is_none()
                {
                    mux.ask();
                }
            }
            _ if BACKSPACE.contains(&byte) => {
                if prompt.line.pop().is_some() {
                    mux.screen.raw(b"\x08 \x08");
                }
            }
            b' '..=b'~' if prompt.line.len() < LONGEST => {
                prompt.line.push(char::from(byte));
                mux.screen.raw(&[byte]);
            }
            _ => {}
        }
    }

    fn typed_for_client(&mut self, index: usize, byte: u8) {
        let Some(mux) = self.muxes.get_mut(index) else {
            return;
        };
        let Some(id) = mux.connected else { return };
        if !core::mem::take(&mut mux.prompt.sequence) {
            if byte == CTRL_E {
                mux.screen.raw(SEQUENCE);
                mux.prompt.sequence = true;
            } else {
                self.inject(index, byte);
            }
            return;
        }
        // The sequence is wiped off the screen.
        let back = |text: &str| text.repeat(SEQUENCE.len());
        mux.screen.raw(back("\x08 \x08").as_bytes());
        match byte {
            b'.' => self.disconnect(index, id, true),
            b'q' => self.inject(index, ESC),
            b'e' => self.inject(index, CTRL_E),
            b'z' => self.inject(index, CTRL_Z),
            b'c' => self.inject(index, CTRL_C),
            b'l' => {
                mux.screen.raw(b"[Break]");
                if let Some(console) = self.console(id)
                    && console.input.push_break()
                {
                    console.trigger();
                }
            }
            _ => {
                if !self.global_key(index, byte) {
                    self.inject(index, CTRL_E);
                }
            }
        }
    }

    /// Gives a character to the client that is connected.
    fn inject(&mut self, index: usize, byte: u8) {
        let Some(mux) = self.muxes.get_mut(index) else {
            return;
        };
        let connected = mux.connected;
        let console = self.consoles.iter_mut().find(|c| Some(c.id) == connected);
        let Some(console) = console else { return };
        let attr = console.attr;
        let has = |flag| attr.i_flags & flag != 0;
        let byte = match byte {
            b'\n' if has(I_INLCR) => b'\r',
            b'\r' if has(I_IGNCR) => return,
            b'\r' if has(I_ICRNL) => b'\n',
            byte => byte,
        };
        let first = console.input.push(byte);
        if attr.l_flags & L_ECHO != 0 {
            let echo: &[u8] = match byte {
                b'\n' if attr.o_flags & O_ONLCR != 0 => b"\r\n",
                _ => &[byte],
            };
            mux.screen.raw(echo);
        }
        if first {
            console.trigger();
        }
    }

    /// A key after Ctrl-E that means the same everywhere. Whether it means something.
    fn global_key(&mut self, index: usize, key: u8) -> bool {
        let connected = self.muxes.get(index).and_then(|mux| mux.connected);
        match key {
            b's' => {
                self.show_all(index);
                true
            }
            b'h' => {
                self.hide_all(index, connected);
                true
            }
            _ => {
                let key = Some(key);
                let Some(console) = self.consoles.iter().find(|c| c.style.key == key) else {
                    return false;
                };
                let (id, label) = (console.id, console.label());
                if connected != Some(id) {
                    if let Some(connected) = connected {
                        self.disconnect(index, connected, false);
                    }
                    if let Some(mux) = self.muxes.get_mut(index) {
                        mux.say(&format!("------------- {label} -------------\n"));
                    }
                    self.connect(index, id);
                }
                true
            }
        }
    }

    /// Shows all clients on a screen that are shown nowhere.
    pub fn show_all(&mut self, index: usize) {
        for console in self.consoles.iter_mut().filter(|c| c.shown_on.is_none()) {
            console.show_on(Some(index));
        }
    }

    /// Hides the clients that a screen shows, except one.
    pub fn hide_all(&mut self, index: usize, except: Option<u64>) {
        let shown = |c: &&crate::Console| c.shown_on == Some(index) && Some(c.id) != except;
        let ids: alloc::vec::Vec<u64> = self.consoles.iter().filter(shown).map(|c| c.id).collect();
        for id in ids {
            self.hide(id);
        }
    }
}
