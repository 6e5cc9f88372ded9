//! Interrupt controllers.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::irq::Irq;
use crate::msg::{Reader, Writer};
use l4re_sys::op::icu as op;
use l4re_sys::{MapItem, ObjRights, Timeout, proto};

pub use op::MsiInfo;

/// An interrupt controller (`L4::Icu`, `l4/sys/icu`).
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// use l4re::icu::Icu;
/// use l4re::sys::Timeout;
///
/// // The keyboard's line, of a program that was given the interrupt controller.
/// let icu = env.named::<Icu>("icu")?;
/// let irq = env.factory().create_irq()?;
/// irq.bind_thread(env.main_thread(), 0)?;
/// icu.bind(1, irq.cap())?;
/// icu.unmask(1)?;
/// irq.receive(Timeout::NEVER)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub enum Icu {}

impl Object for Icu {
    const PROTOCOL: i64 = proto::IRQ;
}

/// What an interrupt controller has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Info {
    /// Whether it has message-signalled interrupts.
    pub has_msi: bool,
    /// The number of interrupts.
    pub irqs: u64,
    /// The number of message-signalled interrupts.
    pub msis: u64,
}

impl Cap<Icu> {
    fn with_irq(self, operation: u64, number: u64, irq: Cap<Irq>) -> Result<i64> {
        let mut w = Writer::new();
        w.put(operation).put(number);
        w.item(MapItem::cap(irq.idx(), ObjRights::RWS));
        let tag = ipc::transact(self.idx(), w.tag(proto::IRQ)?, Buffers::None)?;
        Ok(tag.label())
    }

    /// Binds the interrupt `number` to an object. Returns whether it is to be unmasked at this
    /// controller instead of at the object.
    ///
    /// # Errors
    /// What the controller answers, or an IPC error.
    pub fn bind(self, number: u64, irq: Cap<Irq>) -> Result<bool> {
        Ok(self.with_irq(op::BIND, number, irq)? != 0)
    }

    /// Unbinds the interrupt `number` from an object.
    ///
    /// # Errors
    /// What the controller answers, or an IPC error.
    pub fn unbind(self, number: u64, irq: Cap<Irq>) -> Result<()> {
        self.with_irq(op::UNBIND, number, irq).map(drop)
    }

    /// What the controller has.
    ///
    /// # Errors
    /// What the controller answers, or an IPC error.
    pub fn info(self) -> Result<Info> {
        let mut w = Writer::new();
        w.put(op::INFO);
        let tag = ipc::transact(self.idx(), w.tag(proto::IRQ)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        Ok(Info {
            has_msi: r.get::<u64>()? & op::FLAG_MSI != 0,
            irqs: r.get()?,
            msis: r.get()?,
        })
    }

    /// How a device, which identifies itself as `source`, signals the message-signalled interrupt
    /// `number` (with [`FLAG_MSI`](op::FLAG_MSI)): what it writes where.
    ///
    /// # Errors
    /// What the controller answers, or an IPC error.
    pub fn msi_info(self, number: u64, source: u64) -> Result<MsiInfo> {
        let mut w = Writer::new();
        w.put(op::MSI_INFO).put(number).put(source);
        let tag = ipc::transact(self.idx(), w.tag(proto::IRQ)?, Buffers::None)?;
        Reader::new(tag).get()
    }

    /// Sets what triggers the interrupt `number`: one of the modes of [`op`].
    ///
    /// # Errors
    /// What the controller answers, or an IPC error.
    pub fn set_mode(self, number: u64, mode: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::SET_MODE).put(number).put(mode);
        ipc::transact(self.idx(), w.tag(proto::IRQ)?, Buffers::None).map(drop)
    }

    /// Lets the interrupt `number` through.
    ///
    /// # Errors
    /// An IPC error.
    pub fn unmask(self, number: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::UNMASK).put(number);
        ipc::post(self.idx(), w.tag(proto::IRQ)?, Timeout::NEVER)
    }

    /// Holds the interrupt `number` back.
    ///
    /// # Errors
    /// An IPC error.
    pub fn mask(self, number: u64) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::MASK).put(number);
        ipc::post(self.idx(), w.tag(proto::IRQ)?, Timeout::NEVER)
    }
}
