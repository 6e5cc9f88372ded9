//! The interrupt controllers, and platform control beside them.

use super::invoke::{Call, Reply};
use crate::arch;
use l4re_sys::err;
use l4re_sys::op::{icu as op, platform_ctl};

/// An operation of the ICU protocol. There are no interrupt lines to bind yet.
pub fn invoke(call: &Call) -> Result<Reply, i64> {
    match call.arg(0)? {
        op::INFO => {
            for n in 0..3 {
                call.set_word(n, 0);
            }
            Ok(Reply::words(3))
        }
        op::BIND | op::UNBIND | op::MSI_INFO | op::UNMASK | op::MASK | op::SET_MODE => {
            Err(err::EINVAL)
        }
        _ => Err(err::ENOSYS),
    }
}

/// An operation of platform control.
pub fn platform_control(call: &Call) -> Result<Reply, i64> {
    match call.arg(0)? {
        platform_ctl::SYS_SHUTDOWN => match call.arg(1)? {
            0 => arch::power_off(),
            _ => arch::reboot(),
        },
        platform_ctl::SYS_SUSPEND | platform_ctl::CPU_ENABLE | platform_ctl::CPU_DISABLE => {
            Err(err::ENOSYS)
        }
        _ => Err(err::ENOSYS),
    }
}
