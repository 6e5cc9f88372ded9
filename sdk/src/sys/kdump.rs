//! The kernel's memory.

use super::kdebug::__l4_kdebug_op;
use crate::ctypes::*;
use l4re_sys::op::debugger::GROUP_DUMP;

/// Writes how the kernel uses its memory to the kernel's console. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn fiasco_dump_kmem_stats() -> c_long {
    let tag = __l4_kdebug_op(GROUP_DUMP as c_uint);
    crate::request::result(tag, l4re_sys::utcb())
}
