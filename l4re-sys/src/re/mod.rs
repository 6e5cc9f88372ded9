//! Operations of L4Re's services, a module for each.
//!
//! L4Re's protocols pack: the operation takes the first 4 bytes, and each argument stands at
//! the next multiple of its alignment. A module tells what stands where, in bytes from the
//! first message register, in request (`in`) and reply (`out`).

pub mod cmd_control;
pub mod dataspace;
pub mod dbg_events;
pub mod dma_space;
pub mod event;
pub mod goos;
pub mod inhibitor;
pub mod itas;
pub mod log;
pub mod mem_alloc;
pub mod mmio_space;
pub mod namespace;
pub mod parent;
pub mod random;
pub mod remote_access;
pub mod rm;
