//! The kernel debugger's own requests. What the message registers hold, they keep.

use crate::ctypes::*;
use crate::request::{ipc, put, put_bytes, tag};
use core::ffi::c_char;
use l4re_sys::op::debugger as op;
use l4re_sys::proto::DEBUGGER;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{CapIdx, Sysf};

/// Calls with `words` and `text` behind them, and puts the registers back.
fn ask(words: &[u64], text: &[u8]) -> l4_msgtag_t {
    let utcb = l4re_sys::utcb();
    let kept: [u64; MSG_REGS] = core::array::from_fn(|i| utcb.mr(i));
    put(utcb, 0, words);
    let len = words.len() + put_bytes(utcb, words.len(), text);
    let tag = ipc(
        CapIdx::DEBUGGER,
        Sysf::CALL,
        tag(DEBUGGER, len, 0),
        l4_timeout_t::NEVER,
    );
    put(utcb, 0, &kept);
    tag.0
}

/// A request without arguments.
#[unsafe(no_mangle)]
pub extern "C" fn __l4_kdebug_op(op: c_uint) -> l4_msgtag_t {
    ask(&[op.into()], &[])
}

/// A request with a text, cut to what fits.
#[unsafe(no_mangle)]
pub extern "C" fn __l4_kdebug_text(op: c_uint, text: Str, len: c_uint) -> l4_msgtag_t {
    let text = text.first(((MSG_REGS - 2) * size_of::<u64>()).min(len as usize));
    ask(&[op.into(), text.len() as u64], text)
}

/// A request with three numbers and a text, cut to what fits.
#[unsafe(no_mangle)]
pub extern "C" fn __l4_kdebug_3_text(
    op: c_uint,
    text: Str,
    len: c_uint,
    v1: l4_umword_t,
    v2: l4_umword_t,
    v3: l4_umword_t,
) -> l4_msgtag_t {
    let text = text.first(((MSG_REGS - 5) * size_of::<u64>()).min(len as usize));
    ask(&[op.into(), v1, v2, v3, text.len() as u64], text)
}

/// A request with a number.
#[unsafe(no_mangle)]
pub extern "C" fn __l4_kdebug_op_1(op: c_uint, val: l4_mword_t) -> l4_msgtag_t {
    ask(&[op.into(), val as u64], &[])
}

fn number(op: u64, number: u64) {
    ask(&[op, number], &[]);
}

/// Enters the kernel debugger, which shows the text (null: none).
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_enter(text: Str) {
    if text.is_null() {
        ask(&[], &[]);
    } else {
        let bytes = text.bytes();
        __l4_kdebug_text(op::ENTER as c_uint, text, bytes.len() as c_uint);
    }
}

/// Writes `len` bytes to the kernel's console.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outnstring(text: Str, len: c_uint) {
    __l4_kdebug_text(op::OUTNSTRING as c_uint, text, len);
}

/// Writes a string to the kernel's console.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outstring(text: Str) {
    l4_kd_outnstring(text, text.bytes().len() as c_uint);
}

/// Writes a character to the kernel's console.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outchar(c: c_char) {
    number(op::OUTCHAR, i64::from(c) as u64);
}

/// Writes a word to the kernel's console, in hexadecimal.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outumword(number: l4_umword_t) {
    l4_kd_outhex64(number);
}

/// Writes a number of 64 bits to the kernel's console, in hexadecimal.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outhex64(number: l4_uint64_t) {
    l4_kd_outhex32((number >> u32::BITS) as u32);
    l4_kd_outhex32(number as u32);
}

/// Writes a number of 32 bits to the kernel's console, in hexadecimal.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outhex32(number: l4_uint32_t) {
    self::number(op::OUTHEX32, number.into());
}

/// Writes a number of 20 bits to the kernel's console, in hexadecimal.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outhex20(number: l4_uint32_t) {
    self::number(op::OUTHEX20, number.into());
}

/// Writes a number of 16 bits to the kernel's console, in hexadecimal.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outhex16(number: l4_uint16_t) {
    self::number(op::OUTHEX16, number.into());
}

/// Writes a number of 12 bits to the kernel's console, in hexadecimal.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outhex12(number: l4_uint16_t) {
    self::number(op::OUTHEX12, number.into());
}

/// Writes a number of 8 bits to the kernel's console, in hexadecimal.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outhex8(number: l4_uint8_t) {
    self::number(op::OUTHEX8, number.into());
}

/// Writes a number to the kernel's console, in decimal.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kd_outdec(number: l4_mword_t) {
    self::number(op::OUTDEC, number as u64);
}
