//! Operations of the kernel's objects, a module for each kind of object.
//!
//! The kernel's protocols use whole words: the operation in message register 0, arguments
//! behind it, items behind the arguments; the reply has results from register 0 on. A module
//! tells what stands where; who calls whom by which protocol is in [`proto`](crate::proto).

pub mod debugger;
pub mod factory;
pub mod icu;
pub mod iommu;
pub mod ipc_gate;
pub mod irq;
pub mod kobject;
pub mod meta;
pub mod pager;
pub mod platform_ctl;
pub mod rcv_endpoint;
pub mod scheduler;
pub mod semaphore;
pub mod sigma0;
pub mod task;
pub mod thread;
pub mod thread_group;
pub mod vcon;
