//! Interfaces: traits whose methods are requests.
//!
//! The attribute [`interface`](macro@crate::interface) on a trait makes both ends of a protocol of
//! it, with the messages of L4Re's C++ framework (`L4_RPC`, `l4/sys/cxx/ipc_iface`): a
//! [`Cap<dyn Trait>`](crate::Cap) implements the trait by IPC, and whatever else implements the
//! trait can be [served](crate::server::Registry::serve).
//!
//! ```
//! use l4re::{Cap, Result};
//!
//! #[l4re::interface(protocol = 0x44)]
//! pub trait Calc {
//!     /// The difference of two numbers.
//!     fn sub(&self, a: u32, b: u32) -> Result<i32>;
//!     /// The negative of a number.
//!     fn neg(&self, a: u32) -> Result<i32>;
//! }
//!
//! // The server's side: any type of one's own.
//! struct Calculator;
//! impl Calc for Calculator {
//!     fn sub(&self, a: u32, b: u32) -> Result<i32> {
//!         Ok(a.wrapping_sub(b) as i32)
//!     }
//!     fn neg(&self, a: u32) -> Result<i32> {
//!         Ok((a as i32).wrapping_neg())
//!     }
//! }
//!
//! // The client's side: a capability.
//! fn eight_minus_five(calc: Cap<dyn Calc>) -> Result<i32> {
//!     calc.sub(8, 5)
//! }
//! ```
//!
//! # The trait
//! Methods take `&self` (an object has many clients; a server that changes keeps its state in
//! cells), arguments of the types of [`In`], and return a `Result` of the types of [`Out`]. Its
//! error is [`Error`](crate::Error), or any type that converts from and to it.
//!
//! `#[interface(...)]` takes
//!
//! * `protocol = N`: the label of requests. Without one, the trait has no methods of its own
//!   and stands for those that it inherits.
//! * `opcode = T`: the type of operations: `i32` unless said; `u64` as the kernel's protocols
//!   (`Rpcs_sys`), another integer, or `none`: a single method, without operation.
//! * `unsafe`: the protocol is the kernel's or L4Re's own. Its operations must not change
//!   memory that safe code relies on.
//! * `name = "NAME"`: what it is named in C++, with the name spaces, as `"L4::Factory"`: the
//!   trait's own name unless said. ned asks for the names of L4Re's own.
//! * `server`: only the server's side is made; the client's is something else.
//!
//! Supertraits are interfaces that it inherits: their requests are answered by the same object.
//!
//! Attributes of a method:
//!
//! * `#[op = N]`: its operation; otherwise one more than that of the method before, from 0.
//! * `#[rights(W)]`, `#[rights(S)]`, `#[rights(WS)]`: what the client's capability needs to have;
//!   `#[rights(W if CONDITION)]`: if a condition of the arguments holds. (An argument of the type
//!   [`Rights`] tells a method what the capability has.)
//! * `#[send_only]`: it is not answered, and the client does not wait.
//! * `#[label]`: the (first) result is the reply's label, 0 to 32767.
//! * `#[len(T)]`: the type of lengths of `String`s and `Vec`s that it returns.
//!
//! Attributes of a parameter:
//!
//! * `#[len(T)]`: the type of the length of a slice or string: `u16`, of strings `u64` unless said.
//! * `#[rights(RWS)]`: the rights to a capability that the server gets: `R` unless said.
//! * `#[default(VALUE)]`: what the server takes if the request ends before.
//! * `#[out]`: of a `&mut T`: it comes back with the reply, and is not sent.
//! * `#[window(ORDER)]`: of [`Memory`]: up to `1 << ORDER` bytes.
//!
//! # Requests that are wrong
//! are answered as the C++ framework does, and never reach a method: an unknown protocol with
//! the error "does not have this interface", an unknown operation with "has no such operation",
//! a request that lacks data or a capability with "too short" (what is in excess is ignored), a
//! missing right with "the right is missing". Text that is not UTF-8 is an invalid argument.

mod arg;
pub mod client;
mod demand;
mod elements;
mod incoming;
mod memory;
mod meta;
mod out;
pub(crate) mod reception;
mod rights;
mod varg;
mod wire;

pub use arg::{In, Length, Slice, Str};
pub use client::Protocol;
pub use demand::Demand;
pub use elements::Elements;
pub use incoming::{Incoming, failed, label_of, refuse};
pub use memory::{Memory, Pages, Receive};
pub use out::{Array, Buffers, List, Out, Text};
pub use reception::{Lent, Reception};
pub use rights::Rights;
pub use varg::Varg;
pub use wire::{Copied, Decoder, Encoder};

use crate::cap::Object;
use l4re_sys::MsgTag;

/// An interface: `dyn Trait` of a trait with the attribute [`interface`](macro@crate::interface).
pub trait Interface: Object + 'static {
    /// Its name, as in C++.
    const NAME: &'static str;
    /// What its requests, and those that it inherits, can bring.
    const DEMAND: Demand;

    /// Tells protocol and name of each interface that the object has: this one, then those that
    /// it inherits. The names are those that C++ has at run time: `N2L47FactoryE` is
    /// `L4::Factory`.
    fn interfaces(each: &mut dyn FnMut(i64, &'static str));

    /// Whether requests of the protocol are answered.
    fn speaks(protocol: i64) -> bool;
}

/// An interface that a `T` implements.
#[diagnostic::on_unimplemented(
    message = "`{T}` does not implement the interface `{Self}`",
    label = "this object does not implement the interface of the gate",
    note = "the gate's type names the interface: `env.named::<dyn Trait>(..)`"
)]
pub trait ServedBy<T: ?Sized>: Interface {
    /// Answers a request: returns the tag of the reply that now stands in the registers.
    fn dispatch(object: &T, request: &Incoming<'_>) -> MsgTag;
}
