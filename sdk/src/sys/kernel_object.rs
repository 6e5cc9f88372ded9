//! Any kernel object.

use crate::ctypes::*;
use crate::request::{call, ipc};
use l4re_sys::op::debugger::GROUP_KOBJ;
use l4re_sys::op::kobject::DEC_REFCNT;
use l4re_sys::proto::{DEBUGGER, KOBJECT};
use l4re_sys::{CapIdx, Sysf, item};

/// Subtracts from the count of references; the label of the result tells whether more are left.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kobject_dec_refcnt_u(
    obj: l4_cap_idx_t,
    diff: l4_mword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(obj, KOBJECT, &[DEC_REFCNT, diff as u64], utcb)
}

/// Sends the kernel debugger a request about an object: its words are in the message registers,
/// the operation first.
#[unsafe(no_mangle)]
pub extern "C" fn l4_invoke_debugger(
    obj: l4_cap_idx_t,
    tag: l4_msgtag_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let words = tag.words().min(l4re_sys::utcb::MSG_REGS - item::WORDS);
    let tag = crate::request::tag(DEBUGGER, words, 1);
    utcb.set_mr(0, utcb.mr(0) + GROUP_KOBJ);
    crate::request::put(utcb, words, &crate::request::object(obj));
    ipc(CapIdx::DEBUGGER, Sysf::CALL, tag, l4_timeout_t::NEVER).0
}
