//! The interrupt controllers, and platform control beside them.

use super::invoke::{Call, Reply};
use super::irq::Irq;
use super::{Handle, Object};
use crate::arch::ioapic::{self, Trigger};
use crate::arch::{self, apic};
use crate::stays;
use core::cell::Cell;
use l4re_sys::err;
use l4re_sys::op::{icu as op, platform_ctl};

/// Lines of the I/O APIC that the kernel knows of.
const LINES: usize = 24;
/// Messages that devices may signal by.
const MSIS: usize = 32;
/// Vector of the first message-signalled interrupt.
const FIRST_MSI_VECTOR: u8 = 0x60;

/// Where interrupts come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// `trigger` alone.
    Software,
    /// A line of the I/O APIC.
    Line(u8),
    /// A message-signalled interrupt.
    Msi(u8),
    /// The single source of an object that is an ICU beside (scheduler, log).
    Object,
}

/// What a source is bound to.
struct Binding {
    irq: Cell<Handle<Irq>>,
    level: Cell<bool>,
    low: Cell<bool>,
}

impl Binding {
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "every use is a new value's first state"
    )]
    const NONE: Self = Self {
        irq: Cell::new(Handle::NONE),
        level: Cell::new(false),
        low: Cell::new(false),
    };
}

struct Table {
    lines: [Binding; LINES],
    msis: [Binding; MSIS],
}
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Table {}
static TABLE: Table = Table {
    lines: [Binding::NONE; LINES],
    msis: [Binding::NONE; MSIS],
};

fn lines() -> usize {
    ioapic::lines().min(LINES)
}

fn binding(source: Source) -> Option<&'static Binding> {
    match source {
        Source::Line(n) => TABLE.lines.get(usize::from(n)),
        Source::Msi(n) => TABLE.msis.get(usize::from(n)),
        Source::Software | Source::Object => None,
    }
}

impl Source {
    /// The source of a number as the ICU protocol has it; the serial line is the
    /// kernel's own.
    fn of(number: u64) -> Option<Self> {
        let msi = number & op::FLAG_MSI != 0;
        let n = u8::try_from(number & !op::FLAG_MSI).ok()?;
        let known = if msi {
            usize::from(n) < MSIS
        } else {
            usize::from(n) < lines() && n != arch::SERIAL_LINE
        };
        known.then_some(if msi { Self::Msi(n) } else { Self::Line(n) })
    }

    /// Keeps the source from interrupting, or lets it.
    pub fn set_masked(self, masked: bool) {
        if let Self::Line(n) = self {
            ioapic::set_masked(usize::from(n), masked);
        }
    }

    /// Forgets that the source is bound to this IRQ. One that has been bound to another
    /// since, because this one was dead and not yet taken apart, stays so.
    pub fn unbind(self, irq: &Irq) {
        let Some(binding) = binding(self) else { return };
        if binding.irq.get().is_at(irq) {
            self.set_masked(true);
            binding.irq.set(Handle::NONE);
        }
    }
}

/// A device interrupted by this vector. False if no source has it.
pub fn interrupt(vector: u8) -> bool {
    let number = |first: u8, count: usize| {
        vector
            .checked_sub(first)
            .filter(|n| usize::from(*n) < count)
    };
    let source = match (
        number(ioapic::FIRST_VECTOR, LINES),
        number(FIRST_MSI_VECTOR, MSIS),
    ) {
        (Some(n), _) => Source::Line(n),
        (_, Some(n)) => Source::Msi(n),
        _ => return false,
    };
    if source == Source::Line(arch::SERIAL_LINE) {
        apic::end_of_interrupt();
        super::vcon::input();
        return true;
    }
    let Some(binding) = binding(source) else {
        return false;
    };
    // A level stays until the driver has spoken to its device: it unmasks then.
    if binding.level.get() {
        source.set_masked(true);
    }
    apic::end_of_interrupt();
    match binding.irq.get().get() {
        Some(irq) => irq.trigger(),
        None => source.set_masked(true),
    }
    true
}

fn irq_of(call: &Call) -> Result<&'static Irq, i64> {
    match call.item(0).ok_or(err::EINVAL)?.object() {
        Object::Irq(irq) => Ok(irq),
        _ => Err(err::EINVAL),
    }
}

/// An operation of the ICU protocol.
pub fn invoke(call: &Call) -> Result<Reply, i64> {
    let operation = call.arg(0)?;
    if operation == op::INFO {
        call.set_word(0, op::FLAG_MSI);
        call.set_word(1, lines() as u64);
        call.set_word(2, MSIS as u64);
        return Ok(Reply::words(3));
    }
    if !matches!(
        operation,
        op::BIND | op::UNBIND | op::MSI_INFO | op::UNMASK | op::MASK | op::SET_MODE
    ) {
        return Err(err::ENOSYS);
    }
    let source = Source::of(call.arg(1)?).ok_or(err::EINVAL)?;
    let binding = binding(source).ok_or(err::EINVAL)?;
    match operation {
        op::BIND => {
            let irq = irq_of(call)?;
            if binding
                .irq
                .get()
                .get()
                .is_some_and(|old| !core::ptr::eq(old, irq))
            {
                return Err(err::EPERM);
            }
            irq.set_source(source);
            binding.irq.set(Handle::of(irq));
            if let Source::Line(n) = source {
                ioapic::set_up(usize::from(n), binding.trigger());
            }
        }
        op::UNBIND => {
            let irq = irq_of(call)?;
            if !binding.irq.get().is(irq) {
                return Err(err::ENOENT);
            }
            irq.set_source(Source::Software);
        }
        op::MSI_INFO => {
            let Source::Msi(n) = source else {
                return Err(err::EINVAL);
            };
            // Fixed delivery to the first processor's local APIC.
            call.set_word(0, apic::MSI_ADDRESS);
            call.set_word(1, u64::from(FIRST_MSI_VECTOR) + u64::from(n));
            return Ok(Reply::words(2));
        }
        op::SET_MODE => {
            let mode = call.arg(2)?;
            // Without the bit that makes it valid, a mode changes nothing.
            if mode & op::F_POS_EDGE != 0 {
                binding
                    .level
                    .set(mode & op::F_LEVEL_HIGH & !op::F_POS_EDGE != 0);
                binding
                    .low
                    .set(mode & op::F_NEG_EDGE & !op::F_POS_EDGE != 0);
                if let Source::Line(n) = source {
                    ioapic::set_up(usize::from(n), binding.trigger());
                }
            }
        }
        _ => source.set_masked(operation == op::MASK),
    }
    Ok(Reply::ok())
}

impl Binding {
    fn trigger(&self) -> Trigger {
        Trigger {
            level: self.level.get(),
            low: self.low.get(),
        }
    }
}

/// The ICU side of an object with a single source (scheduler, log), bound to `slot`.
pub fn invoke_single(call: &Call, slot: &Cell<Handle<Irq>>) -> Result<Reply, i64> {
    match call.arg(0)? {
        op::INFO => {
            call.set_word(0, 0);
            call.set_word(1, 1);
            call.set_word(2, 0);
            Ok(Reply::words(3))
        }
        op::BIND => {
            let irq = irq_of(call)?;
            if call.arg(1)? != 0 {
                return Err(err::EINVAL);
            }
            if slot.get().get().is_some_and(|old| !core::ptr::eq(old, irq)) {
                return Err(err::EPERM);
            }
            irq.set_source(Source::Object);
            slot.set(Handle::of(irq));
            Ok(Reply::ok())
        }
        op::UNBIND => {
            let irq = irq_of(call)?;
            if call.arg(1)? != 0 || !slot.get().is(irq) {
                return Err(err::EINVAL);
            }
            slot.set(Handle::NONE);
            irq.set_source(Source::Software);
            Ok(Reply::ok())
        }
        op::UNMASK | op::MASK | op::SET_MODE => Ok(Reply::ok()),
        op::MSI_INFO => Err(err::EINVAL),
        _ => Err(err::ENOSYS),
    }
}

/// An operation of platform control.
pub fn platform_control(call: &Call) -> Result<Reply, i64> {
    match call.arg(0)? {
        platform_ctl::SYS_SHUTDOWN => match call.arg(1)? {
            0 => {
                stays::report();
                arch::power_off()
            }
            _ => arch::reboot(),
        },
        _ => Err(err::ENOSYS),
    }
}
