//! Interrupts.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::msg::Writer;
use crate::thread::Thread;
use l4re_sys::op::irq as op;
use l4re_sys::{MapItem, MsgTag, ObjRights, TagFlags, Timeout, proto};

/// An interrupt, a device's or one triggered by programs (`L4::Irq`, `l4/sys/irq`). It is bound
/// to a thread by [`Cap::bind_thread`].
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// use l4re::sys::Timeout;
///
/// let irq = env.factory().create_irq()?;
/// irq.bind_thread(env.main_thread(), 0)?;
/// // As a rule somebody else does this, by a capability of their own.
/// irq.trigger()?;
/// irq.receive(Timeout::NEVER)?;
/// # Ok(())
/// # }
/// ```
///
/// A server has it handled by [`Registry::serve_irq`](crate::server::Registry::serve_irq).
#[derive(Debug)]
pub enum Irq {}

impl Object for Irq {
    const PROTOCOL: i64 = proto::IRQ;
}

impl Cap<Irq> {
    /// Triggers the interrupt. It is remembered until the thread receives it; several until
    /// then are one.
    ///
    /// # Errors
    /// An IPC error.
    pub fn trigger(self) -> Result<()> {
        let tag = MsgTag::new(proto::IRQ, 0, 0, TagFlags::empty());
        ipc::post(self.idx(), tag, Timeout::BOTH_ZERO)
    }

    /// Detaches the interrupt from its thread.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn detach(self) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::SENDER_DETACH);
        ipc::transact(self.idx(), w.tag(proto::IRQ_SENDER)?, Buffers::None).map(drop)
    }

    /// Binds the interrupt to a virtual processor: it comes into the virtual machine by itself,
    /// as `config` says (the machine's).
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`](crate::Error::NO_OPERATION) where the kernel has none; an IPC error.
    pub fn bind_vcpu(self, thread: Cap<Thread>, config: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::SENDER_BIND_VCPU).put(config);
        w.item(MapItem::cap(thread.idx(), ObjRights::RWS));
        ipc::transact(self.idx(), w.tag(proto::IRQ_SENDER)?, Buffers::None).map(drop)
    }

    /// Lets the interrupt come again.
    ///
    /// # Errors
    /// An IPC error.
    pub fn unmask(self) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::EOI);
        ipc::post(self.idx(), w.tag(proto::IRQ)?, Timeout::NEVER)
    }

    /// Waits until the interrupt, which the calling thread is bound to, is triggered.
    ///
    /// # Errors
    /// An IPC error: a timeout, for one.
    pub fn receive(self, timeout: Timeout) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::EOI);
        let tag = w.tag(proto::IRQ)?;
        ipc::transact_timeout(self.idx(), tag, Buffers::None, timeout).map(drop)
    }
}
