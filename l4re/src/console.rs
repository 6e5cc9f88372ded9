//! Consoles: a frame buffer with its input.

use crate::cap::{Cap, Object};
use crate::event::Event;
use crate::goos::Goos;
use l4re_sys::proto;

/// A frame buffer with its input devices (`L4Re::Console`, `l4/re/console`).
#[derive(Debug)]
pub enum Console {}

impl Object for Console {
    const PROTOCOL: i64 = proto::EMPTY;
}

impl Cap<Console> {
    /// The frame buffer.
    pub fn goos(self) -> Cap<Goos> {
        self.cast()
    }

    /// The input.
    pub fn event(self) -> Cap<Event> {
        self.cast()
    }
}
