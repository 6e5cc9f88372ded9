//! Operations of L4Re's services, a module for each.
//!
//! L4Re's protocols pack: the operation takes the first 4 bytes, and each argument stands at
//! the next multiple of its alignment. A module tells what stands where, in bytes from the
//! first message register, in request (`in`) and reply (`out`).

pub mod dataspace;
pub mod itas;
pub mod log;
pub mod mem_alloc;
pub mod namespace;
pub mod parent;
pub mod rm;
