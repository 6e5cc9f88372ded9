//! The multiplexer: consoles, and screens that show them.

use crate::console::{Console, Id};
use crate::input::Taken;
use crate::options::{Options, Style};
use crate::prompt::Prompt;
use crate::screen::{Screen, Tag, Who};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Lines that are shown again when somebody connects.
const SHOWN_AGAIN: usize = 10;
/// The most consoles there can be, and the most bytes that all of them keep together: so that
/// clients who ask for ever more find an end.
const MOST_CONSOLES: usize = 1024;
const MOST_BYTES: usize = 64 << 20;

/// Something that shows text.
pub trait Terminal {
    /// Shows text.
    fn write(&mut self, text: &[u8]);
}

/// One screen with its keyboard.
pub struct Mux {
    /// What its prompt says.
    pub name: String,
    /// Its screen.
    pub screen: Screen,
    /// The client that has it; none: the prompt.
    pub connected: Option<Id>,
    /// Where that client was shown before.
    before: Option<usize>,
    /// What is typed at the prompt.
    pub prompt: Prompt,
    /// Clients that get it when they come.
    auto: Vec<String>,
    prompt_open: bool,
}

impl Mux {
    /// Says something, as the multiplexer itself.
    pub fn say(&mut self, text: &str) {
        let cooked = text.replace('\n', "\r\n");
        self.put(cooked.as_bytes());
    }

    /// Shows text as its own, as it is.
    pub fn put(&mut self, text: &[u8]) {
        let tag = self.connected.map(|_| Tag {
            name: "CONS",
            colour: 0,
        });
        self.screen
            .put(Who::Prompt, tag, &mut self.prompt_open, text);
        self.screen.flush();
    }

    /// Asks for a command.
    pub fn ask(&mut self) {
        let text = format!("{}> {}", self.name, self.prompt.text());
        self.say(&text);
    }
}

/// All consoles and screens.
pub struct Cons {
    /// The consoles, in the order in which they came.
    pub consoles: Vec<Console>,
    /// The screens.
    pub muxes: Vec<Mux>,
    /// What clients get that ask for nothing.
    pub style: Style,
    clock: Box<dyn Fn() -> u64>,
    next: Id,
}

impl Cons {
    /// Consoles and screens as the command line says, without terminals. `clock` tells the
    /// seconds since the start of 1970.
    pub fn new(options: &Options, clock: impl Fn() -> u64 + 'static) -> Self {
        let muxes = options.muxes.iter().map(|mux| Mux {
            name: mux.name.clone(),
            screen: Screen::default(),
            connected: None,
            before: None,
            prompt: Prompt::default(),
            auto: mux.connect.clone(),
            prompt_open: false,
        });
        Cons {
            consoles: Vec::new(),
            muxes: muxes.collect(),
            style: options.style.clone(),
            clock: Box::new(clock),
            next: 1,
        }
    }

    /// Gives a screen a terminal.
    pub fn add_terminal(&mut self, mux: usize, terminal: Box<dyn Terminal>) {
        if let Some(mux) = self.muxes.get_mut(mux) {
            mux.screen.add(terminal);
        }
    }

    /// Shows the prompts.
    pub fn start(&mut self) {
        self.muxes.iter_mut().for_each(Mux::ask);
    }

    /// Says something on all screens.
    fn tell_all(&mut self, text: &str) {
        for mux in &mut self.muxes {
            mux.say(&format!("\n{text}\n"));
            if mux.connected.is_none() {
                mux.ask();
            }
        }
    }

    /// Makes a console for a client; none if there is no room.
    pub fn create(&mut self, name: &str, colour: u8, style: Style) -> Option<Id> {
        let kept: usize = self.consoles.iter().map(|c| c.history.size()).sum();
        if self.consoles.len() >= MOST_CONSOLES || kept + style.buffer > MOST_BYTES {
            return None;
        }
        let name = if name.is_empty() { "<noname>" } else { name };
        let key = style.key;
        let same_key = key.is_some() && self.consoles.iter().any(|c| c.style.key == key);
        let twin = self.consoles.iter().rev().find(|c| c.name == name);
        let number = twin.map_or(0, |twin| twin.number + 1);
        let id = self.next;
        let show = style.show;
        let console = Console::new(id, name.into(), number, colour, style)?;
        self.next += 1;
        self.consoles.push(console);
        if let Some(key) = key.filter(|_| same_key) {
            let key = char::from(key);
            self.tell_all(&format!("Several clients have the key '{key}'."));
        }
        if number > 0 {
            self.tell_all(&format!("Several clients are named {name}."));
        }
        self.tell_all(&format!("New client: {name}"));
        // As L4Re's, on the screen that was made last.
        if show && let Some(last) = self.muxes.len().checked_sub(1) {
            self.show(last, id);
        }
        let wants = |mux: &Mux| mux.auto.iter().any(|auto| auto == name);
        if let Some(mux) = self.muxes.iter().rposition(wants) {
            self.connect(mux, id);
        }
        Some(id)
    }

    /// A console.
    pub fn console(&mut self, id: Id) -> Option<&mut Console> {
        self.consoles.iter_mut().find(|console| console.id == id)
    }

    /// A client writes. Whether its line is not ended: then it is to be
    /// [shown](Self::show_rest) in a while.
    pub fn write(&mut self, id: Id, text: &[u8]) -> bool {
        let now = (self.clock)();
        let Some(console) = self.console(id) else {
            return false;
        };
        console.write(text, now);
        self.show_text(id, false);
        self.console(id)
            .is_some_and(|console| console.has_unshown())
    }

    /// Shows what a client has written of a line that is not ended.
    pub fn show_rest(&mut self, id: Id) {
        self.show_text(id, true);
    }

    fn show_text(&mut self, id: Id, all: bool) {
        let Some(console) = self.consoles.iter_mut().find(|console| console.id == id) else {
            return;
        };
        let text = console.take_unshown(all);
        let mux = console.shown_on.and_then(|mux| self.muxes.get_mut(mux));
        let Some(mux) = mux.filter(|_| !text.is_empty()) else {
            return;
        };
        let alone = mux.connected == Some(id);
        let tag = (!alone).then_some(Tag {
            name: &console.name,
            colour: console.colour,
        });
        mux.screen
            .put(Who::Client(id), tag, &mut console.open, &text);
        if console.attr.l_flags & l4re::sys::op::vcon::L_ICANON == 0 {
            mux.screen.flush();
        }
    }

    /// A client reads.
    pub fn read(&mut self, id: Id, size: usize) -> Option<Taken> {
        let console = self.console(id)?;
        let taken = console.input.take(size);
        if taken.at_break {
            // To the client it looks as if there were no more: it is told again.
            console.trigger();
        }
        Some(taken)
    }

    /// A client is gone. Whether its console is, too.
    pub fn gone(&mut self, id: Id) -> bool {
        self.show_rest(id);
        let Some(console) = self.console(id) else {
            return true;
        };
        console.dead = true;
        console.irq = None;
        if console.style.keep {
            return false;
        }
        self.remove(id);
        true
    }

    /// Removes a console.
    pub fn remove(&mut self, id: Id) {
        for mux in 0..self.muxes.len() {
            self.disconnect(mux, id, true);
        }
        self.consoles.retain(|console| console.id != id);
    }

    /// Shows a client's text on a screen, from here on.
    pub fn show(&mut self, mux: usize, id: Id) {
        let shown_on = self.console(id).and_then(|console| console.shown_on);
        if shown_on == Some(mux) {
            return;
        }
        if let Some(other) = shown_on {
            self.disconnect(other, id, true);
        }
        if let Some(console) = self.console(id) {
            console.show_on(Some(mux));
        }
    }

    /// Shows a client's text nowhere.
    pub fn hide(&mut self, id: Id) {
        if let Some(mux) = self.console(id).and_then(|console| console.shown_on) {
            self.disconnect(mux, id, true);
        }
        if let Some(console) = self.console(id) {
            console.show_on(None);
        }
    }

    /// Gives a client a screen and its keyboard.
    pub fn connect(&mut self, mux: usize, id: Id) {
        if let Some(connected) = self.muxes.get(mux).and_then(|mux| mux.connected) {
            self.disconnect(mux, connected, false);
        }
        let Some(console) = self.consoles.iter_mut().find(|console| console.id == id) else {
            return;
        };
        let before = console.shown_on;
        console.show_on(before);
        let tail = console.history.tail(SHOWN_AGAIN);
        if let Some(before) = before {
            self.disconnect(before, id, true);
        }
        let (Some(console), Some(mux_state)) = (
            self.consoles.iter_mut().find(|console| console.id == id),
            self.muxes.get_mut(mux),
        ) else {
            return;
        };
        mux_state.put(&tail);
        mux_state.screen.continue_as(Who::Client(id));
        mux_state.connected = Some(id);
        mux_state.before = before;
        console.shown_on = Some(mux);
    }

    /// Takes a screen from a client, if it has it.
    pub fn disconnect(&mut self, mux: usize, id: Id, ask: bool) {
        let Some(mux) = self.muxes.get_mut(mux) else {
            return;
        };
        if mux.connected != Some(id) {
            return;
        }
        mux.connected = None;
        let before = mux.before.take();
        if let Some(console) = self.consoles.iter_mut().find(|console| console.id == id) {
            console.shown_on = before;
        }
        if ask {
            mux.ask();
        }
    }
}
