//! Consoles: a frame buffer and its input.

use super::{Event, Goos};

/// A frame buffer with its input devices (`L4Re::Console`, `l4/re/console`).
#[l4re::interface]
pub trait Console: Goos + Event {}
