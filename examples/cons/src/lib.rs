//! A multiplexer of consoles, for the clients of L4Re's `cons`: each client has a console of its
//! own, whose text goes to one terminal with the client's name in front. Who types there talks to
//! the multiplexer, or to the client that it is connected to.
//!
//! [`server`] is what clients see; the rest is the multiplexer, which knows nothing of messages:
//!
//! ```text
//!  clients ──► Console ──► History      what was written, for who comes later
//!              │     ◄──── Input        what was typed and not yet read
//!              ▼
//!             Mux ──► Screen ──► terminals
//!              ▲
//!              └── Prompt, commands ◄── terminals
//! ```

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod command;
mod complete;
mod console;
mod glob;
mod grep;
mod history;
mod input;
mod mux;
pub mod options;
mod prompt;
mod screen;
pub mod server;
#[cfg(test)]
mod tests;

pub use console::{Console, Id};
pub use mux::{Cons, Terminal};
