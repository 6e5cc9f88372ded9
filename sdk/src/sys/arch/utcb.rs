//! The registers of an exception.

use crate::ctypes::*;
use l4re_sys::op::pager;

/// The instruction pointer.
#[unsafe(no_mangle)]
pub extern "C" fn l4_utcb_exc_pc(u: &l4_exc_regs_t) -> l4_umword_t {
    u.ip
}

/// Sets the instruction pointer.
#[unsafe(no_mangle)]
pub extern "C" fn l4_utcb_exc_pc_set(u: &mut l4_exc_regs_t, pc: l4_addr_t) {
    u.ip = pc;
}

/// The number of the exception.
#[unsafe(no_mangle)]
pub extern "C" fn l4_utcb_exc_typeval(u: &l4_exc_regs_t) -> l4_umword_t {
    u.trapno
}

/// Whether it is a page fault.
#[unsafe(no_mangle)]
pub extern "C" fn l4_utcb_exc_is_pf(u: &l4_exc_regs_t) -> c_int {
    (u.trapno == l4_exc_regs_t::PAGE_FAULT_TRAP).into()
}

/// The address of the page fault, its lowest bits replaced by its kind, as a pager gets it.
#[unsafe(no_mangle)]
pub extern "C" fn l4_utcb_exc_pfa(u: &l4_exc_regs_t) -> l4_addr_t {
    (u.pfa & !pager::FAULT_MASK) | (u.err & pager::FAULT_WRITE)
}

/// Whether `l4_thread_ex_regs` has raised the exception.
#[unsafe(no_mangle)]
pub extern "C" fn l4_utcb_exc_is_ex_regs_exception(u: &l4_exc_regs_t) -> c_int {
    (u.trapno == l4_exc_regs_t::EX_REGS_TRAP).into()
}
