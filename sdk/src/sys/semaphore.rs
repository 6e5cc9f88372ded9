//! Semaphores.

use crate::ctypes::*;
use crate::request::call_with;
use l4re_sys::op::semaphore::DOWN;
use l4re_sys::proto::SEMAPHORE;

/// Adds one. It has no answer.
#[unsafe(no_mangle)]
pub extern "C" fn l4_semaphore_up_u(sem: l4_cap_idx_t, utcb: UtcbRef) -> l4_msgtag_t {
    super::irq::l4_irq_trigger_u(sem, utcb)
}

/// Subtracts one, waiting until it is possible or the receive timeout ends.
#[unsafe(no_mangle)]
pub extern "C" fn l4_semaphore_down_u(
    sem: l4_cap_idx_t,
    to: l4_timeout_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_with(sem, SEMAPHORE, &[DOWN], None, to, utcb)
}
