//! Control of the machine.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::Writer;
use l4re_sys::op::platform_ctl as op;
use l4re_sys::{CapIdx, proto};

/// Control of the machine (`L4::Platform_control`, `l4/sys/platform_control`).
#[derive(Debug)]
pub enum PlatformControl {}

impl Object for PlatformControl {
    const PROTOCOL: i64 = proto::PLATFORM_CTL;
}

impl Cap<PlatformControl> {
    /// The kernel's, which the root task has: the interrupt controller's capability answers.
    pub const ROOT: Cap<PlatformControl> = Cap::new(CapIdx::ICU);

    /// Switches the machine off, or starts it anew. Returns only if that failed.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn system_shutdown(self, reboot: bool) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::SYS_SHUTDOWN).put(u64::from(reboot));
        ipc::transact(self.idx(), w.tag(proto::PLATFORM_CTL)?, Buffers::None).map(drop)
    }
}
