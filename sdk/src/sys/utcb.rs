//! The UTCB.

use crate::ctypes::*;
use l4re_sys::{BufferDesc, bdr};

/// Whether the thread wants the sender's state of the floating-point unit with a message.
#[unsafe(no_mangle)]
pub extern "C" fn l4_utcb_inherit_fpu_u(utcb: UtcbRef, switch_on: c_int) {
    let BufferDesc(now) = utcb.bdr();
    utcb.set_bdr(BufferDesc(if switch_on != 0 {
        now | bdr::INHERIT_FPU
    } else {
        now & !bdr::INHERIT_FPU
    }));
}

/// A buffer descriptor: the numbers of the first buffers for memory, ports and capabilities, and
/// flags where they belong.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_bdr(
    mem: l4_umword_t,
    io: l4_umword_t,
    obj: l4_umword_t,
    flags: l4_umword_t,
) -> l4_umword_t {
    BufferDesc::new(mem as usize, io as usize, obj as usize).0 | flags
}

/// The timeout that ends at the point in time `val` (microseconds of the system's clock), which
/// is stored in buffer register `pos`.
#[unsafe(no_mangle)]
pub extern "C" fn l4_timeout_abs_u(
    val: l4_kernel_clock_t,
    pos: c_int,
    utcb: UtcbRef,
) -> l4_timeout_s {
    let timeout = l4_timeout_s::absolute(pos as usize);
    // What the timeout does not name, there is not.
    if let Some(at) = timeout
        .absolute_register()
        .filter(|at| *at < l4re_sys::utcb::BUF_REGS)
    {
        utcb.set_br(at, val);
    }
    timeout
}

/// The number of the 64-bit message register behind `idx` words.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_utcb_mr64_idx(idx: c_uint) -> c_uint {
    idx
}
