//! What drivers ask for: I/O ports, as of sigma0, and interrupts, as of an interrupt controller.

use l4re_sys::op::icu as op;
use l4re_sys::{Fpage, FpageType, MapItem, ReturnItem, proto};

use super::Server;
use crate::error::{Error, Result};
use crate::kernel;
use crate::message::{Outcome, Reply, Request};

impl Server {
    /// Gives ports to a program that may have those from first to last of each pair.
    pub(super) fn ports(
        &self,
        allowed: &[(u16, u16)],
        request: &Request,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        if request.proto != proto::IO_PAGE_FAULT {
            return Err(Error::EBADPROTO);
        }
        let ports = Fpage::from_raw(request.word(0)?);
        if ports.kind() != FpageType::Io || !may_have(allowed, ports) {
            return Err(Error::EPERM);
        }
        kernel::io_ports(ports)?;
        reply.set_item(MapItem::map(0, ports));
        Ok(Outcome::Reply(0))
    }

    /// Lets a program use the interrupts with these numbers, and no others.
    pub(super) fn interrupts(
        &mut self,
        allowed: &[u32],
        request: &Request,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        if request.proto != proto::IRQ {
            return Err(Error::EBADPROTO);
        }
        let operation = request.word(0)?;
        if operation == op::INFO {
            let count = allowed.iter().max().map_or(0, |most| u64::from(*most) + 1);
            for (i, value) in [0, count, 0].into_iter().enumerate() {
                reply.set_u64(i * 8, value);
            }
            return Ok(Outcome::Reply(0));
        }
        let sent = matches!(operation, op::MASK | op::UNMASK);
        let number = request.word(1);
        let known = |number: &u64| allowed.iter().any(|irq| u64::from(*irq) == *number);
        let number = match number.and_then(|n| Some(n).filter(known).ok_or(Error::EINVAL)) {
            Ok(number) => number,
            // Who sends does not wait for an answer.
            Err(_) if sent => return Ok(Outcome::NoReply),
            Err(error) => return Err(error),
        };
        match operation {
            op::BIND | op::UNBIND => {
                let Some(ReturnItem::Mapped { .. }) = request.item(0) else {
                    return Err(Error::EINVAL);
                };
                // The kernel keeps the interrupt; this capability is of no more use.
                let irq = self.keep_received()?;
                kernel::icu(&[operation, number], Some(irq.cap())).map(Outcome::Reply)
            }
            op::SET_MODE => {
                let mode = request.word(2)?;
                kernel::icu(&[operation, number, mode], None).map(Outcome::Reply)
            }
            op::MASK | op::UNMASK => {
                kernel::icu_send(operation, number);
                Ok(Outcome::NoReply)
            }
            _ => Err(Error::ENOSYS),
        }
    }
}

/// Whether all of the ports are allowed.
fn may_have(allowed: &[(u16, u16)], ports: Fpage) -> bool {
    let first = ports.page_number();
    let last = match 1u64.checked_shl(ports.order()) {
        Some(count) => first.saturating_add(count - 1),
        None => u64::MAX,
    };
    let within = |(from, to): &(u16, u16)| u64::from(*from) <= first && last <= u64::from(*to);
    allowed.iter().any(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_those_of_the_plan() {
        let allowed = [(0x70, 0x71), (0x80, 0x80)];
        for (port, order, may) in [
            (0x70, 0, true),
            (0x70, 1, true),
            (0x71, 0, true),
            (0x70, 2, false),
            (0x72, 0, false),
            (0x80, 0, true),
            (0x80, 1, false),
            (0, 16, false),
        ] {
            let ports = Fpage::io(port, order);
            assert_eq!(may_have(&allowed, ports), may, "{port:#x} {order}");
        }
        let huge = Fpage::from_raw(Fpage::io(0x70, 63).raw());
        assert!(!may_have(&[(0, u16::MAX)], huge));
        assert!(!may_have(&[], Fpage::io(0x70, 0)));
    }
}
