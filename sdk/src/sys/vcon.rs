//! Virtual consoles and logs.

use crate::ctypes::*;
use crate::request::{call, get_bytes, ipc, put, put_bytes, result};
use core::ffi::c_char;
use l4re_sys::op::vcon as op;
use l4re_sys::proto::LOG;
use l4re_sys::{Sysf, TagFlags};

/// Writes at most `L4_VCON_WRITE_SIZE` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn l4_vcon_send_u(
    vcon: l4_cap_idx_t,
    buf: Str,
    size: c_uint,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let size = op::WRITE_SIZE.min(size as usize);
    put(utcb, 0, &[op::WRITE, size as u64]);
    let words = 2 + put_bytes(utcb, 2, buf.first(size));
    let tag = l4_msgtag_t::new(LOG, words, 0, TagFlags::SCHEDULE);
    ipc(vcon, Sysf::SEND, tag, l4_timeout_t::NEVER).0
}

/// Writes at most `L4_VCON_WRITE_SIZE` bytes. The number written, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4_vcon_write_u(
    vcon: l4_cap_idx_t,
    buf: Str,
    size: c_uint,
    utcb: UtcbRef,
) -> c_long {
    let size = size.min(op::WRITE_SIZE as c_uint);
    let tag = l4_vcon_send_u(vcon, buf, size, utcb);
    if tag.has_error() {
        return result(tag, utcb);
    }
    size.into()
}

/// Reads at most `size` bytes. The number read, `size + 1` if there is more, with
/// `L4_VCON_READ_STAT_BREAK` if a break came; or a negative error code. `buf` may be null.
#[unsafe(no_mangle)]
pub extern "C" fn l4_vcon_read_with_flags_u(
    vcon: l4_cap_idx_t,
    buf: *mut c_char,
    size: c_uint,
    utcb: UtcbRef,
) -> c_int {
    let request = u64::from(size) << op::READ_SIZE_SHIFT | op::READ;
    let result = result(call(vcon, LOG, &[request], utcb), utcb);
    if result < 0 {
        return result as c_int;
    }
    let status = utcb.mr(0) as u32;
    let len = size.min(status & op::READ_SIZE_MASK);
    get_bytes(utcb, 1, room(buf, len as usize));
    let read = if status & op::READ_STAT_DONE == 0 {
        size + 1
    } else {
        len
    };
    (read | status & op::READ_STAT_BREAK) as c_int
}

/// As `l4_vcon_read_with_flags`, without the flags.
#[unsafe(no_mangle)]
pub extern "C" fn l4_vcon_read_u(
    vcon: l4_cap_idx_t,
    buf: *mut c_char,
    size: c_uint,
    utcb: UtcbRef,
) -> c_int {
    let read = l4_vcon_read_with_flags_u(vcon, buf, size, utcb);
    if read < 0 {
        return read;
    }
    read & op::READ_SIZE_MASK as c_int
}

/// Sets the attributes.
#[unsafe(no_mangle)]
pub extern "C" fn l4_vcon_set_attr_u(
    vcon: l4_cap_idx_t,
    attr: &l4_vcon_attr_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let words = [op::SET_ATTR, attr.i_flags, attr.o_flags, attr.l_flags];
    call(vcon, LOG, &words, utcb)
}

/// Asks for the attributes.
#[unsafe(no_mangle)]
pub extern "C" fn l4_vcon_get_attr_u(
    vcon: l4_cap_idx_t,
    attr: &mut l4_vcon_attr_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = call(vcon, LOG, &[op::GET_ATTR], utcb);
    if result(tag, utcb) >= 0 {
        *attr = l4_vcon_attr_t {
            i_flags: utcb.mr(1),
            o_flags: utcb.mr(2),
            l_flags: utcb.mr(3),
        };
    }
    tag
}

/// Makes attributes such that nothing is changed on the way.
#[unsafe(no_mangle)]
pub extern "C" fn l4_vcon_set_attr_raw(attr: &mut l4_vcon_attr_t) {
    *attr = l4_vcon_attr_t {
        i_flags: 0,
        o_flags: 0,
        l_flags: 0,
    };
}
