//! Semaphores.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::Writer;
use l4re_sys::op::semaphore as op;
use l4re_sys::{MsgTag, TagFlags, Timeout, proto};

/// A semaphore (`L4::Semaphore`, `l4/sys/semaphore`).
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// use core::time::Duration;
/// use l4re::sys::{Timeout, TimeoutS};
///
/// let places = env.factory().create_semaphore()?;
/// places.up()?;
/// places.down(Timeout::NEVER)?;
/// // None is left: this ends after a millisecond.
/// let soon = Timeout::new(TimeoutS::NEVER, Duration::from_millis(1).into());
/// assert!(places.down(soon).is_err_and(|error| error.is_timeout()));
/// # Ok(())
/// # }
/// ```
///
/// Threads of one program wait for each other by [`sync`](crate::sync), which asks the kernel only
/// where somebody has to wait.
#[derive(Debug)]
pub enum Semaphore {}

impl Object for Semaphore {
    const PROTOCOL: i64 = proto::SEMAPHORE;
}

impl Cap<Semaphore> {
    /// Adds one, and wakes a thread that waits.
    ///
    /// # Errors
    /// An IPC error.
    pub fn up(self) -> Result<()> {
        let tag = MsgTag::new(proto::IRQ, 0, 0, TagFlags::empty());
        ipc::post(self.idx(), tag, Timeout::BOTH_ZERO)
    }

    /// Subtracts one, waiting until there is one.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error: a timeout, for one.
    pub fn down(self, timeout: Timeout) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::DOWN);
        let tag = w.tag(proto::SEMAPHORE)?;
        ipc::transact_timeout(self.idx(), tag, Buffers::None, timeout).map(drop)
    }
}
