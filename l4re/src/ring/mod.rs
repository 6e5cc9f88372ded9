//! Rings: bytes or messages from one program to another by memory that they share.
//!
//! One end writes and the other one reads, without a system call as long as there is room, and
//! something to read. An end that has to wait does so at a semaphore, which the other one
//! counts up. A pair of programs that talk in both directions uses two rings.
//!
//! ```
//! use l4re::ring::{self, Bells};
//!
//! # fn main() -> l4re::Result<()> {
//! // Between two programs each makes its end of a `Region`, of the same dataspace in both.
//! let (mut sender, mut receiver) = ring::channel(4096, Bells::NONE, Bells::NONE)?;
//!
//! assert_eq!(sender.try_write(b"hello")?, 5);
//! let mut text = [0; 16];
//! assert_eq!(receiver.try_read(&mut text)?, 5);
//! assert_eq!(&text[..5], b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! # The other end is not trusted
//! Each end keeps its own position where the other one cannot reach it, and takes what the other
//! one tells of its position for what it is: a number that may be any. If it makes no sense, the
//! ring is broken, and everything else is refused with [`BROKEN`]. Data are copied, never
//! referred to: what has been read does not change any more. What a hostile other end can do
//! is to send nonsense, to send nothing, and to wake this one for nothing.
//!
//! The memory has to be somebody's whom both trust: who provides a dataspace can take it away, and
//! an access to memory that is not there ends the program. So the program that is to survive the
//! other one makes the dataspace.

mod ends;
mod memory;
mod messages;

pub use ends::{Bells, Receiver, Sender, channel};
pub use memory::{Heap, Memory};
pub use messages::{MessageReceiver, MessageSender, message_channel};

use crate::error::{Error, ErrorCode, Malformed};
use l4re_sys::err;

/// The other end has broken the ring.
pub const BROKEN: Error = Error::Malformed(Malformed::BadValue);

/// The other end is gone: nobody reads any more.
pub const CLOSED: Error = Error::Service(ErrorCode(err::EIO));
