//! Kernel objects by hand, of any factory and at any slot: what the programs that press the
//! kernel share.

#![no_std]

mod cells;
mod memory;
mod message;
mod object;
mod outpost;
mod paged;
mod thread;

pub use cells::Cells;
pub use memory::{image, is_writable, reserve, touch};
pub use message::{code, mr, now_us, raw, receive, sleep_us, timeout_us};
pub use object::{
    Capacity, bind, create, create_factory, create_gate, create_owner, create_task, delete,
    delete_range, give, is_valid, map, run, slots, trigger, unmap,
};
pub use outpost::Outpost;
pub use paged::serve as serve_faults;
pub use thread::{Bind, Crew, bind_thread, ex_regs, put_words};
