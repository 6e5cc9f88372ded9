//! Interrupt controllers.

use crate::cap::{Cap, OwnedCap};
use crate::error::{Error, Result};
use crate::irq::Irq;
use alloc::vec::Vec;
use core::cell::RefCell;
use l4re_sys::op::icu;
use l4re_sys::op::icu::MsiInfo;
use l4re_sys::proto;

/// An interrupt controller, or a source of events (`L4::Icu`, `l4/sys/icu`).
#[l4re::interface(unsafe, protocol = proto::IRQ, opcode = u64, name = "L4::Icu")]
pub trait Icu {
    /// Binds the interrupt `number` to an object, which the server has to
    /// [take](Cap::take).
    ///
    /// # Errors
    /// [`Error::INVALID`] if there is no such interrupt.
    #[op = icu::BIND]
    fn bind(&self, number: u64, #[rights(RWS)] irq: Cap<Irq>) -> Result<()>;

    /// Unbinds the interrupt `number`.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    #[op = icu::UNBIND]
    fn unbind(&self, number: u64, #[rights(RWS)] irq: Cap<Irq>) -> Result<()>;

    /// Features, number of interrupts, and of message-signalled ones.
    ///
    /// # Errors
    /// The server's.
    #[op = icu::INFO]
    fn info(&self) -> Result<(u64, u64, u64)>;

    /// How a device, `source`, signals the interrupt `number`.
    ///
    /// # Errors
    /// [`Error::INVALID`] if it cannot.
    #[op = icu::MSI_INFO]
    fn msi_info(&self, _number: u64, _source: u64) -> Result<MsiInfo> {
        Err(Error::INVALID)
    }

    /// Lets the interrupt `number` through.
    ///
    /// # Errors
    /// Nobody hears of one.
    #[op = icu::UNMASK]
    #[send_only]
    fn unmask(&self, _number: u64) -> Result<()> {
        Ok(())
    }

    /// Holds the interrupt `number` back.
    ///
    /// # Errors
    /// Nobody hears of one.
    #[op = icu::MASK]
    #[send_only]
    fn mask(&self, _number: u64) -> Result<()> {
        Ok(())
    }

    /// Sets what triggers the interrupt `number`: of one that is no device's, nothing.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    #[op = icu::SET_MODE]
    fn set_mode(&self, _number: u64, _mode: u64) -> Result<()> {
        Ok(())
    }
}

/// Interrupts of a server's own: what clients bind, the server triggers.
///
/// Objects that are interrupt controllers hold one and hand their requests on:
///
/// ```
/// use l4re::services::{Icu, VirtualIcu};
/// use l4re::{Cap, Result, irq::Irq};
///
/// struct Timer {
///     irqs: VirtualIcu,
/// }
///
/// impl Icu for Timer {
///     fn bind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
///         self.irqs.bind(number, irq)
///     }
///     fn unbind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
///         self.irqs.unbind(number, irq)
///     }
///     fn info(&self) -> Result<(u64, u64, u64)> {
///         self.irqs.info()
///     }
/// }
///
/// impl Timer {
///     fn tick(&self) {
///         self.irqs.trigger(0);
///     }
/// }
/// ```
#[derive(Debug)]
pub struct VirtualIcu {
    irqs: RefCell<Vec<Option<OwnedCap<Irq>>>>,
}

impl VirtualIcu {
    /// As many interrupts, bound to nothing.
    pub fn new(count: usize) -> Self {
        let none = (0..count).map(|_| None);
        VirtualIcu {
            irqs: RefCell::new(none.collect()),
        }
    }

    /// Triggers an interrupt. Whether somebody is told: not if it is bound to nothing, or to
    /// what is gone.
    pub fn trigger(&self, number: usize) -> bool {
        let irqs = self.irqs.borrow();
        let irq = irqs.get(number).and_then(Option::as_ref);
        irq.is_some_and(|irq| irq.trigger().is_ok())
    }

    fn set(&self, number: u64, irq: Option<OwnedCap<Irq>>) -> Result<()> {
        let number = usize::try_from(number).map_err(|_| Error::INVALID)?;
        let mut irqs = self.irqs.borrow_mut();
        let place = irqs.get_mut(number).ok_or(Error::INVALID)?;
        let before = core::mem::replace(place, irq);
        drop(irqs);
        drop(before);
        Ok(())
    }
}

impl Icu for VirtualIcu {
    fn bind(&self, number: u64, irq: Cap<Irq>) -> Result<()> {
        if number >= self.irqs.borrow().len() as u64 {
            return Err(Error::INVALID);
        }
        self.set(number, Some(irq.take()?))
    }

    fn unbind(&self, number: u64, _: Cap<Irq>) -> Result<()> {
        self.set(number, None)
    }

    fn info(&self) -> Result<(u64, u64, u64)> {
        Ok((0, self.irqs.borrow().len() as u64, 0))
    }
}
