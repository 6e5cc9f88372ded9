//! L4Re's services as traits, for servers that speak their protocols.
//!
//! A type that implements one of these is [served](crate::server::Registry::serve) to clients
//! that ask by L4Re's own libraries, in C, C++ or Rust. The clients in Rust are the methods of
//! capabilities: of [`Cap<Dataspace>`](crate::dataspace::Dataspace) and so on.
//!
//! A method's arguments and results are what the message holds. What a service is for, and what
//! its operations do, is told with the client.

mod cmd_control;
mod console;
mod dataspace;
mod debug;
mod dma_space;
mod event;
mod factory;
mod goos;
mod icu;
mod inhibitor;
mod itas;
mod mem_alloc;
mod mmio_space;
mod namespace;
mod pager;
mod parent;
mod platform_control;
mod random;
mod remote_access;
mod rm;
mod rtc;
mod scheduler;
mod vcon;

pub use cmd_control::CmdControl;
pub use console::Console;
pub use dataspace::Dataspace;
pub use debug::{DbgEvents, DebugObj};
pub use dma_space::{DmaSpace, DmaSpaceMgr};
pub use event::Event;
pub use factory::Factory;
pub use goos::Goos;
pub use icu::{Icu, VirtualIcu};
pub use inhibitor::Inhibitor;
pub use itas::Itas;
pub use mem_alloc::MemAlloc;
pub use mmio_space::MmioSpace;
pub use namespace::Namespace;
pub use pager::{ExceptionHandler, IoPager, Pager};
pub use parent::Parent;
pub use platform_control::PlatformControl;
pub use random::Random;
pub use remote_access::RemoteAccess;
pub use rm::Rm;
pub use rtc::Rtc;
pub use scheduler::Scheduler;
pub use vcon::{Log, Vcon};
