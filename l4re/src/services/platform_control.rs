//! Control of the machine.

use crate::error::{Error, Result};
use l4re_sys::op::platform_ctl as op;
use l4re_sys::proto;

/// Control of the machine (`L4::Platform_control`, `l4/sys/platform_control`).
#[l4re::interface(server, protocol = proto::PLATFORM_CTL, opcode = u64, name = "L4::Platform_control")]
pub trait PlatformControl {
    /// Has the machine sleep; `extras` is the machine's.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`] if it cannot.
    #[op = op::SYS_SUSPEND]
    fn system_suspend(&self, _extras: u64) -> Result<()> {
        Err(Error::NO_OPERATION)
    }

    /// Switches the machine off, or with 1 starts it anew.
    ///
    /// # Errors
    /// The server's.
    #[op = op::SYS_SHUTDOWN]
    fn system_shutdown(&self, reboot: u64) -> Result<()>;

    /// Whether a processor may be switched off when it has nothing to do.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`] if none can.
    #[op = op::CPU_ALLOW_SHUTDOWN]
    fn cpu_allow_shutdown(&self, _cpu: u64, _enable: u64) -> Result<()> {
        Err(Error::NO_OPERATION)
    }

    /// Switches a processor on.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`] if it cannot.
    #[op = op::CPU_ENABLE]
    fn cpu_enable(&self, _cpu: u64) -> Result<()> {
        Err(Error::NO_OPERATION)
    }

    /// Switches a processor off.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`] if it cannot.
    #[op = op::CPU_DISABLE]
    fn cpu_disable(&self, _cpu: u64) -> Result<()> {
        Err(Error::NO_OPERATION)
    }
}
