//! Control of the machine.

use crate::ctypes::*;
use crate::request::call;
use l4re_sys::op::platform_ctl as op;
use l4re_sys::proto::PLATFORM_CTL;

/// Suspends the machine.
#[unsafe(no_mangle)]
pub extern "C" fn l4_platform_ctl_system_suspend_u(
    pfc: l4_cap_idx_t,
    extras: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(pfc, PLATFORM_CTL, &[op::SYS_SUSPEND, extras], utcb)
}

/// Switches the machine off (0) or starts it anew (1).
#[unsafe(no_mangle)]
pub extern "C" fn l4_platform_ctl_system_shutdown_u(
    pfc: l4_cap_idx_t,
    reboot: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(pfc, PLATFORM_CTL, &[op::SYS_SHUTDOWN, reboot], utcb)
}

/// Whether a processor may be switched off.
#[unsafe(no_mangle)]
pub extern "C" fn l4_platform_ctl_cpu_allow_shutdown_u(
    pfc: l4_cap_idx_t,
    phys_id: l4_umword_t,
    enable: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(
        pfc,
        PLATFORM_CTL,
        &[op::CPU_ALLOW_SHUTDOWN, phys_id, enable],
        utcb,
    )
}

/// Switches a processor on.
#[unsafe(no_mangle)]
pub extern "C" fn l4_platform_ctl_cpu_enable_u(
    pfc: l4_cap_idx_t,
    phys_id: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(pfc, PLATFORM_CTL, &[op::CPU_ENABLE, phys_id], utcb)
}

/// Switches a processor off.
#[unsafe(no_mangle)]
pub extern "C" fn l4_platform_ctl_cpu_disable_u(
    pfc: l4_cap_idx_t,
    phys_id: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(pfc, PLATFORM_CTL, &[op::CPU_DISABLE, phys_id], utcb)
}
