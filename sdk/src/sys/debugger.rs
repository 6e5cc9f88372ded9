//! The kernel debugger's requests about objects.

use super::kernel_object::l4_invoke_debugger;
use crate::ctypes::*;
use crate::request::{get_bytes, put, put_string, result, tag};
use core::ffi::c_char;
use l4re_sys::item;
use l4re_sys::op::debugger as op;
use l4re_sys::utcb::MSG_REGS;

/// The most bytes of the name of a kind of log entries, with its end.
const LOG_NAME: usize = 32;

/// A request of `words`, and a string behind them that takes `room` bytes at most.
fn ask(
    cap: l4_cap_idx_t,
    words: &[u64],
    string: Option<(Str, usize)>,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    put(utcb, 0, words);
    let more = match string {
        Some((string, room)) => put_string(utcb, words.len(), string, room),
        None => 0,
    };
    l4_invoke_debugger(cap, tag(0, words.len() + more, 0), utcb)
}

/// How many bytes there is room for behind so many words, with the item that follows.
const fn room_behind(words: usize) -> usize {
    (MSG_REGS - item::WORDS - words) * size_of::<u64>()
}

/// The strings of a reply.
fn answer(utcb: UtcbRef) -> [u8; MSG_REGS * size_of::<u64>()] {
    let mut bytes = [0; _];
    get_bytes(utcb, 0, &mut bytes);
    bytes
}

/// Names an object.
#[unsafe(no_mangle)]
pub extern "C" fn l4_debugger_set_object_name_u(
    cap: l4_cap_idx_t,
    name: Str,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    ask(cap, &[op::SET_NAME], Some((name, room_behind(1))), utcb)
}

/// The number of an object; all ones: it has none.
#[unsafe(no_mangle)]
pub extern "C" fn l4_debugger_global_id_u(cap: l4_cap_idx_t, utcb: UtcbRef) -> c_ulong {
    let tag = ask(cap, &[op::GET_GLOBAL_ID], None, utcb);
    number(tag, utcb)
}

/// The number of the object at an address of the kernel's; all ones: there is none.
#[unsafe(no_mangle)]
pub extern "C" fn l4_debugger_kobj_to_id_u(
    cap: l4_cap_idx_t,
    kobjp: l4_addr_t,
    utcb: UtcbRef,
) -> c_ulong {
    let tag = ask(cap, &[op::PTR_GET_GLOBAL_ID, kobjp], None, utcb);
    number(tag, utcb)
}

fn number(tag: l4_msgtag_t, utcb: UtcbRef) -> c_ulong {
    if result(tag, utcb) == 0 {
        utcb.mr(0)
    } else {
        u64::MAX
    }
}

/// The number of the `idx`-th kind of log entries of a name, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4_debugger_query_log_typeid_u(
    cap: l4_cap_idx_t,
    name: Str,
    idx: c_uint,
    utcb: UtcbRef,
) -> l4_ret_t {
    let words = [op::LOG_QUERY_TYPEID, idx.into()];
    let tag = ask(cap, &words, Some((name, LOG_NAME)), utcb);
    match result(tag, utcb) {
        0.. => utcb.mr(0) as l4_ret_t,
        error => error as l4_ret_t,
    }
}

/// The names of the `idx`-th kind of log entries. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4_debugger_query_log_name_u(
    cap: l4_cap_idx_t,
    idx: c_uint,
    name: *mut c_char,
    namelen: c_uint,
    shortname: *mut c_char,
    shortnamelen: c_uint,
    utcb: UtcbRef,
) -> l4_ret_t {
    let tag = ask(cap, &[op::LOG_QUERY_NAME, idx.into()], None, utcb);
    let result = result(tag, utcb);
    if result < 0 {
        return result as l4_ret_t;
    }
    let answer = answer(utcb);
    let mut names = answer.split(|b| *b == 0);
    copy_string(room(name, namelen as usize), names.next().unwrap_or(&[]));
    copy_string(
        room(shortname, shortnamelen as usize),
        names.next().unwrap_or(&[]),
    );
    0
}

/// Switches a kind of log entries on or off (`L4_DEBUGGER_SWITCH_LOG_*`).
#[unsafe(no_mangle)]
pub extern "C" fn l4_debugger_switch_log_u(
    cap: l4_cap_idx_t,
    name: Str,
    on_off: c_int,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let words = [op::LOG_SWITCH, i64::from(on_off) as u64];
    ask(cap, &words, Some((name, LOG_NAME)), utcb)
}

/// The name of the object of a number. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4_debugger_query_object_name_u(
    cap: l4_cap_idx_t,
    id: c_uint,
    name: *mut c_char,
    size: c_uint,
    utcb: UtcbRef,
) -> l4_ret_t {
    let tag = ask(cap, &[op::GLOBAL_ID_GET_NAME, id.into()], None, utcb);
    named(tag, name, size, utcb)
}

/// The name of an object. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4_debugger_get_object_name_u(
    cap: l4_cap_idx_t,
    name: *mut c_char,
    size: c_uint,
    utcb: UtcbRef,
) -> l4_ret_t {
    let tag = ask(cap, &[op::GET_NAME], None, utcb);
    named(tag, name, size, utcb)
}

fn named(tag: l4_msgtag_t, name: *mut c_char, size: c_uint, utcb: UtcbRef) -> l4_ret_t {
    let result = result(tag, utcb);
    if result < 0 {
        return result as l4_ret_t;
    }
    copy_string(room(name, size as usize), &answer(utcb));
    0
}

/// Tells of an image in a task: where it starts, and its name.
#[unsafe(no_mangle)]
pub extern "C" fn l4_debugger_add_image_info_u(
    cap: l4_cap_idx_t,
    base: l4_addr_t,
    name: Str,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let string = Some((name, room_behind(2)));
    ask(cap, &[op::ADD_IMAGE_INFO, base], string, utcb)
}
