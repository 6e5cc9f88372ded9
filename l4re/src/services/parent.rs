//! Parents of programs.

use crate::error::Result;
use l4re_sys::proto;
use l4re_sys::re::parent;

/// The parent of a program (`L4Re::Parent`, `l4/re/parent`).
#[l4re::interface(server, protocol = proto::PARENT, name = "L4Re::Parent")]
pub trait Parent {
    /// A signal: [`SIGNAL_EXIT`](parent::SIGNAL_EXIT) tells that the program has ended, with
    /// the status `value`.
    ///
    /// # Errors
    /// The server's.
    #[op = parent::SIGNAL]
    fn signal(&self, signal: u64, value: u64) -> Result<()>;
}
