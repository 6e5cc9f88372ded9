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

    fn request(self, operation: u64, args: &[u64]) -> Result<()> {
        let mut w = Writer::new();
        w.put(operation);
        for arg in args {
            w.put(*arg);
        }
        ipc::transact(self.idx(), w.tag(proto::PLATFORM_CTL)?, Buffers::None).map(drop)
    }

    /// Has the machine sleep; `extras` is the machine's. Returns when it is awake again.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn system_suspend(self, extras: u64) -> Result<()> {
        self.request(op::SYS_SUSPEND, &[extras])
    }

    /// Switches the machine off, or starts it anew. Returns only if that failed.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn system_shutdown(self, reboot: bool) -> Result<()> {
        self.request(op::SYS_SHUTDOWN, &[reboot.into()])
    }

    /// Whether a processor, by its physical number, may be switched off when it has nothing to
    /// do.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn cpu_allow_shutdown(self, cpu: u64, allow: bool) -> Result<()> {
        self.request(op::CPU_ALLOW_SHUTDOWN, &[cpu, allow.into()])
    }

    /// Switches a processor on, by its physical number.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn cpu_enable(self, cpu: u64) -> Result<()> {
        self.request(op::CPU_ENABLE, &[cpu])
    }

    /// Switches a processor off, by its physical number.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn cpu_disable(self, cpu: u64) -> Result<()> {
        self.request(op::CPU_DISABLE, &[cpu])
    }
}
