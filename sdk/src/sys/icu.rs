//! Interrupt controllers.

use crate::ctypes::*;
use crate::request::{call, call_cap, put, send_and_wait, tag};
use l4re_sys::op::icu as op;
use l4re_sys::proto::IRQ;

/// Binds an interrupt object to the interrupt `irqnum`.
#[unsafe(no_mangle)]
pub extern "C" fn l4_icu_bind_u(
    icu: l4_cap_idx_t,
    irqnum: c_uint,
    irq: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_cap(icu, IRQ, &[op::BIND, irqnum.into()], irq, utcb)
}

/// Unbinds an interrupt object.
#[unsafe(no_mangle)]
pub extern "C" fn l4_icu_unbind_u(
    icu: l4_cap_idx_t,
    irqnum: c_uint,
    irq: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_cap(icu, IRQ, &[op::UNBIND, irqnum.into()], irq, utcb)
}

/// What the controller has.
#[unsafe(no_mangle)]
pub extern "C" fn l4_icu_info_u(
    icu: l4_cap_idx_t,
    info: &mut l4_icu_info_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = call(icu, IRQ, &[op::INFO], utcb);
    *info = l4_icu_info_t {
        features: utcb.mr(0) as u32,
        nr_irqs: utcb.mr(1) as u32,
        nr_msis: utcb.mr(2) as u32,
    };
    tag
}

/// How a device (`source`) signals a message-signalled interrupt.
#[unsafe(no_mangle)]
pub extern "C" fn l4_icu_msi_info_u(
    icu: l4_cap_idx_t,
    irqnum: c_uint,
    source: l4_uint64_t,
    msi_info: &mut l4_icu_msi_info_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = call(icu, IRQ, &[op::MSI_INFO, irqnum.into(), source], utcb);
    if !tag.has_error() && tag.words() * size_of::<u64>() >= size_of::<l4_icu_msi_info_t>() {
        *msi_info = l4_icu_msi_info_t {
            addr: utcb.mr(0),
            data: utcb.mr(1) as u32,
            ..l4_icu_msi_info_t::default()
        };
    }
    tag
}

/// What triggers the interrupt (`L4_IRQ_F_*`).
#[unsafe(no_mangle)]
pub extern "C" fn l4_icu_set_mode_u(
    icu: l4_cap_idx_t,
    irqnum: c_uint,
    mode: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(icu, IRQ, &[op::SET_MODE, irqnum.into(), mode], utcb)
}

/// Masks or unmasks (`L4_ICU_CTL_*`) the interrupt, and waits for a message from anyone if
/// `label` is not null.
#[unsafe(no_mangle)]
pub extern "C" fn l4_icu_control_u(
    icu: l4_cap_idx_t,
    irqnum: c_uint,
    op: c_uint,
    label: Option<&mut l4_umword_t>,
    to: l4_timeout_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    put(utcb, 0, &[op::UNMASK + u64::from(op), irqnum.into()]);
    send_and_wait(icu, tag(IRQ, 2, 0), label, to)
}

/// Holds the interrupt back, and waits for a message from anyone if `label` is not null.
#[unsafe(no_mangle)]
pub extern "C" fn l4_icu_mask_u(
    icu: l4_cap_idx_t,
    irqnum: c_uint,
    label: Option<&mut l4_umword_t>,
    to: l4_timeout_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    l4_icu_control_u(icu, irqnum, op::CTL_MASK, label, to, utcb)
}

/// Lets the interrupt through, and waits for a message from anyone if `label` is not null.
#[unsafe(no_mangle)]
pub extern "C" fn l4_icu_unmask_u(
    icu: l4_cap_idx_t,
    irqnum: c_uint,
    label: Option<&mut l4_umword_t>,
    to: l4_timeout_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    l4_icu_control_u(icu, irqnum, op::CTL_UNMASK, label, to, utcb)
}
