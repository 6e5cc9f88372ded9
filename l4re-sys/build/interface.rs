//! The crate's modules once more, for the computer that builds: what `facts` lists.

#[macro_use]
#[path = "../src/abi.rs"]
mod abi;

#[path = "../src/auxv.rs"]
pub mod auxv;
#[path = "../src/bdr.rs"]
pub mod bdr;
#[path = "../src/cap.rs"]
pub mod cap;
#[path = "../src/consts.rs"]
pub mod consts;
#[path = "../src/elf.rs"]
pub mod elf;
#[path = "../src/elf_aux.rs"]
pub mod elf_aux;
#[path = "../src/env.rs"]
pub mod env;
#[path = "../src/err.rs"]
pub mod err;
#[path = "../src/exc_regs.rs"]
pub mod exc_regs;
#[path = "../src/facts.rs"]
pub mod facts;
#[path = "../src/fpage.rs"]
pub mod fpage;
#[path = "../src/ipc_error.rs"]
pub mod ipc_error;
#[path = "../src/item.rs"]
pub mod item;
#[path = "../src/kip.rs"]
pub mod kip;
#[path = "../src/l4mod.rs"]
pub mod l4mod;
#[path = "../src/memdesc.rs"]
pub mod memdesc;
#[path = "../src/msgtag.rs"]
pub mod msgtag;
#[path = "../src/multiboot.rs"]
pub mod multiboot;
#[path = "../src/op/mod.rs"]
pub mod op;
#[path = "../src/pf_trampoline.rs"]
pub mod pf_trampoline;
#[path = "../src/proto.rs"]
pub mod proto;
#[path = "../src/re/mod.rs"]
pub mod re;
#[path = "../src/sched.rs"]
pub mod sched;
#[path = "../src/sysf.rs"]
pub mod sysf;
#[path = "../src/timeout.rs"]
pub mod timeout;
#[path = "../src/unmap.rs"]
pub mod unmap;
#[path = "../src/utcb.rs"]
pub mod utcb;
#[path = "../src/util.rs"]
pub mod util;
#[path = "../src/varg.rs"]
pub mod varg;

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
pub use sysf::Sysf;
pub use timeout::{Timeout, TimeoutS};
pub use utcb::{Utcb, UtcbRef};
