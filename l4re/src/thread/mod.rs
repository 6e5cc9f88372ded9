//! Threads.
//!
//! [`spawn`] runs a closure in a thread of its own, with a stack that has a guard, and thread-local
//! data; [`Builder`] says more about it; [`scope`] lets threads borrow. [`Thread`] is the kernel's
//! object, by which a thread is controlled and servers are bound to it.
//!
//! ```no_run
//! # fn main() -> l4re::Result<()> {
//! use l4re::thread;
//!
//! let sum = thread::Builder::new()
//!     .name("adder")
//!     .prio(5)
//!     .spawn(|| (1..=100).sum::<u32>())?;
//! assert_eq!(sum.join()?, 5050);
//!
//! let mut words = vec!["a", "b"];
//! thread::scope(|scope| {
//!     scope.spawn(|| words.push("c")).map(drop)
//! })?;
//! assert_eq!(words.len(), 3);
//! # Ok(())
//! # }
//! ```
//!
//! A thread that has ended gives everything back: when it is [joined](JoinHandle::join), or, if
//! nobody joins it, when the next thread is made.

mod builder;
mod current;
mod end;
mod local;
mod object;
mod scope;
mod segment;
mod stack;
mod start;
mod trampoline;
mod utcb;
mod vcpu;

pub use builder::{Builder, JoinHandle, STACK_SIZE, spawn};
pub use current::{Handle, current, park, park_timeout};
pub use local::Local;
pub use object::{Control, OldControl, OldRegs, Thread};
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use segment::SegmentInfo;
pub use start::{TlsBlocks, set_tls_blocks};
pub use utcb::new_utcbs;

pub(crate) use current::{current_cap, own_prio};
