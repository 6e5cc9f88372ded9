//! Segments.

use crate::ctypes::*;
use crate::request::{call, ipc, put, put_bytes, result, tag};
use l4re_sys::op::{task, thread};
use l4re_sys::proto::{TASK, THREAD};
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{Sysf, err};

/// A descriptor's bytes.
const DESCRIPTOR: usize = size_of::<u64>();

/// Sends descriptors from an entry on.
fn set(
    object: l4_cap_idx_t,
    protocol: i64,
    head: [u64; 2],
    descriptors: &[u8],
    utcb: UtcbRef,
) -> c_long {
    if descriptors.len() > (MSG_REGS - head.len()) * DESCRIPTOR {
        return -err::EINVAL;
    }
    put(utcb, 0, &head);
    let words = head.len() + put_bytes(utcb, head.len(), descriptors);
    let tag = ipc(
        object,
        Sysf::CALL,
        tag(protocol, words, 0),
        l4_timeout_t::NEVER,
    );
    result(tag.0, utcb)
}

/// The bytes that C's caller names.
fn bytes<'a>(at: *mut c_void, size: usize) -> &'a [u8] {
    if at.is_null() || size == 0 {
        return &[];
    }
    // SAFETY: C's caller passes this many bytes (the crate's documentation).
    unsafe { core::slice::from_raw_parts(at.cast(), size) }
}

/// Sets entries of the task's local descriptor table. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn fiasco_ldt_set(
    task: l4_cap_idx_t,
    ldt: *mut c_void,
    num_desc: c_uint,
    entry_number_start: c_uint,
    utcb: UtcbRef,
) -> c_long {
    let head = [task::LDT_SET_X86, entry_number_start.into()];
    let ldt = bytes(ldt, num_desc as usize * DESCRIPTOR);
    set(task, TASK, head, ldt, utcb)
}

/// Sets entries of the thread's part of the global descriptor table. What is negative is an
/// error code.
#[unsafe(no_mangle)]
pub extern "C" fn fiasco_gdt_set(
    thread: l4_cap_idx_t,
    desc: *mut c_void,
    size: c_uint,
    entry_number_start: c_uint,
    utcb: UtcbRef,
) -> c_long {
    let head = [thread::X86_GDT, entry_number_start.into()];
    set(thread, THREAD, head, bytes(desc, size as usize), utcb)
}

/// The number of the thread's first entry in the global descriptor table; all ones: an error.
#[unsafe(no_mangle)]
pub extern "C" fn fiasco_gdt_get_entry_offset(thread: l4_cap_idx_t, utcb: UtcbRef) -> c_uint {
    match result(call(thread, THREAD, &[thread::X86_GDT], utcb), utcb) {
        0 => utcb.mr(0) as c_uint,
        _ => c_uint::MAX,
    }
}

/// Sets the base of the thread's segment fs. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn fiasco_amd64_set_fs(
    thread: l4_cap_idx_t,
    base: l4_umword_t,
    utcb: UtcbRef,
) -> c_long {
    fiasco_amd64_set_segment_base(thread, thread::SEGMENT_FS as c_uint, base, utcb)
}

/// Sets the base of a segment of the thread's. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn fiasco_amd64_set_segment_base(
    thread: l4_cap_idx_t,
    segr: enum_L4_sys_segment,
    base: l4_umword_t,
    utcb: UtcbRef,
) -> c_long {
    let op = thread::AMD64_SET_SEGMENT_BASE | u64::from(segr) << thread::SEGMENT_SHIFT;
    result(call(thread, THREAD, &[op, base], utcb), utcb)
}

/// The user's segment selectors. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn fiasco_amd64_segment_info(
    thread: l4_cap_idx_t,
    user_ds: &mut c_uint,
    user_cs: &mut c_uint,
    user32_cs: &mut c_uint,
    utcb: UtcbRef,
) -> c_long {
    let tag = call(thread, THREAD, &[thread::AMD64_GET_SEGMENT_INFO], utcb);
    let result = result(tag, utcb);
    if result < 0 {
        return result;
    }
    *user_ds = utcb.mr(0) as c_uint;
    *user_cs = utcb.mr(1) as c_uint;
    *user32_cs = utcb.mr(2) as c_uint;
    0
}
