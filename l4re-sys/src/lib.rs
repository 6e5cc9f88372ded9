//! The binary interface of L4Re, as of June 2026, on amd64.
//!
//! Every number of the interface that this project uses stands here and nowhere else: types
//! and constants with their C names (search for `l4_msgtag_t` and you land on [`MsgTag`]), and
//! the one system call. There is no allocation and no policy.
//!
//! Three kinds of target use the crate:
//!
//! * `os = "l4re"`: a program. [`ipc`] is the `syscall` instruction, [`utcb()`] the thread's own.
//! * `os = "none"`: a kernel. Types and constants only; the system-call layer does not exist.
//! * anything else: a test. The system-call layer is a fake kernel (`fake`), where the UTCB is
//!   ordinary memory and a closure answers the calls.
//!
//! `check-abi` holds each constant, size and offset to what a compiler reads from L4Re's
//! headers (`data/`). A definition that stands outside of the macros of `src/abi.rs` fails it.

#![no_std]

#[cfg(not(any(target_os = "l4re", target_os = "none")))]
extern crate std;

#[macro_use]
mod abi;

pub mod auxv;
pub mod bdr;
#[cfg(all(feature = "tree", target_os = "l4re"))]
pub mod c;
pub mod cap;
pub mod consts;
pub mod elf;
pub mod elf_aux;
pub mod env;
pub mod err;
pub mod exc_regs;
pub mod fpage;
pub mod ipc_error;
pub mod item;
pub mod kip;
pub mod l4mod;
pub mod memdesc;
pub mod msgtag;
pub mod multiboot;
pub mod op;
pub mod pf_trampoline;
pub mod proto;
pub mod re;
pub mod sched;
pub mod sysf;
pub mod timeout;
pub mod unmap;
pub mod utcb;
pub mod util;
pub mod varg;

#[cfg(not(any(target_os = "l4re", target_os = "none")))]
pub mod facts;
#[cfg(not(any(target_os = "l4re", target_os = "none")))]
pub mod fake;
#[cfg(not(target_os = "none"))]
mod syscall;

pub use bdr::BufferDesc;
pub use cap::CapIdx;
pub use env::{Env, EnvCapEntry};
pub use exc_regs::ExcRegs;
pub use fpage::{Fpage, FpageType, MemRights, ObjRights};
pub use item::{MapItem, RcvItem, ReturnItem};
pub use kip::KernelInfo;
pub use memdesc::MemDesc;
pub use msgtag::{MsgTag, TagFlags};
pub use sched::{CpuSet, SchedParam};
#[cfg(not(target_os = "none"))]
pub use syscall::{ipc, kip_clock_ns, kip_clock_us, utcb};
pub use sysf::Sysf;
pub use timeout::{Timeout, TimeoutS};
pub use utcb::{Utcb, UtcbRef};
