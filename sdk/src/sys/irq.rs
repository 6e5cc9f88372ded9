//! Interrupts.

use crate::ctypes::*;
use crate::request::{call, call_cap, call_with, ipc, send_and_wait, tag};
use l4re_sys::Sysf;
use l4re_sys::op::irq as op;
use l4re_sys::proto::{IRQ, IRQ_SENDER};

/// Detaches the interrupt from its thread.
#[unsafe(no_mangle)]
pub extern "C" fn l4_irq_detach_u(irq: l4_cap_idx_t, utcb: UtcbRef) -> l4_msgtag_t {
    call(irq, IRQ_SENDER, &[op::SENDER_DETACH], utcb)
}

/// Binds the interrupt to a virtual processor.
#[unsafe(no_mangle)]
pub extern "C" fn l4_irq_bind_vcpu_u(
    irq: l4_cap_idx_t,
    thread: l4_cap_idx_t,
    cfg: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_cap(irq, IRQ_SENDER, &[op::SENDER_BIND_VCPU, cfg], thread, utcb)
}

/// Triggers the interrupt. It has no answer.
#[unsafe(no_mangle)]
pub extern "C" fn l4_irq_trigger_u(irq: l4_cap_idx_t, _utcb: UtcbRef) -> l4_msgtag_t {
    ipc(irq, Sysf::SEND, tag(IRQ, 0, 0), l4_timeout_t::BOTH_ZERO).0
}

/// Acknowledges the interrupt, and waits for it.
#[unsafe(no_mangle)]
pub extern "C" fn l4_irq_receive_u(
    irq: l4_cap_idx_t,
    to: l4_timeout_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_with(irq, IRQ, &[op::EOI], None, to, utcb)
}

/// Acknowledges the interrupt, and waits for a message from anyone if `label` is not null.
#[unsafe(no_mangle)]
pub extern "C" fn l4_irq_wait_u(
    irq: l4_cap_idx_t,
    label: Option<&mut l4_umword_t>,
    to: l4_timeout_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    utcb.set_mr(0, op::EOI);
    send_and_wait(irq, tag(IRQ, 1, 0), label, to)
}

/// Acknowledges the interrupt.
#[unsafe(no_mangle)]
pub extern "C" fn l4_irq_unmask_u(irq: l4_cap_idx_t, utcb: UtcbRef) -> l4_msgtag_t {
    utcb.set_mr(0, op::EOI);
    ipc(irq, Sysf::SEND, tag(IRQ, 1, 0), l4_timeout_t::NEVER).0
}
