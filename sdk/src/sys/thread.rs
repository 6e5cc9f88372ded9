//! Threads.

use crate::ctypes::*;
use crate::request::{call, call_cap, ipc, object, put, result, tag};
use l4re_sys::op::thread as op;
use l4re_sys::proto::THREAD;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{Sysf, err};

/// Sets instruction and stack pointer (all ones: as it is) and does what `flags`
/// (`L4_THREAD_EX_REGS_*`) say.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_ex_regs_u(
    thread: l4_cap_idx_t,
    ip: l4_addr_t,
    sp: l4_addr_t,
    flags: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(thread, THREAD, &[op::EX_REGS | flags, ip, sp], utcb)
}

/// As `l4_thread_ex_regs`, and tells what all three were before.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_ex_regs_ret_u(
    thread: l4_cap_idx_t,
    ip: &mut l4_addr_t,
    sp: &mut l4_addr_t,
    flags: &mut l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = l4_thread_ex_regs_u(thread, *ip, *sp, *flags, utcb);
    if result(tag, utcb) == 0 {
        *flags = utcb.mr(0);
        *ip = utcb.mr(1);
        *sp = utcb.mr(2);
    }
    tag
}

fn control(utcb: UtcbRef, what: u64) {
    let at = op::CONTROL_MR_FLAGS;
    utcb.set_mr(at, utcb.mr(at) | what);
}

/// Starts a request to control a thread: nothing is set yet.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_control_start_u(utcb: UtcbRef) {
    utcb.set_mr(op::CONTROL_MR_FLAGS, op::CONTROL);
    utcb.set_mr(op::CONTROL_MR_FLAG_VALS, 0);
}

/// Adds to a request: who handles page faults (a selector of the thread's own task).
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_control_pager_u(pager: l4_cap_idx_t, utcb: UtcbRef) {
    control(utcb, op::CONTROL_SET_PAGER);
    utcb.set_mr(op::CONTROL_MR_PAGER, pager.0);
}

/// Adds to a request: who handles exceptions (a selector of the thread's own task).
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_control_exc_handler_u(exc_handler: l4_cap_idx_t, utcb: UtcbRef) {
    control(utcb, op::CONTROL_SET_EXC_HANDLER);
    utcb.set_mr(op::CONTROL_MR_EXC_HANDLER, exc_handler.0);
}

/// Adds to a request: the task, and the thread's UTCB in it.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_control_bind_u(
    thread_utcb: *mut l4_utcb_t,
    task: l4_cap_idx_t,
    utcb: UtcbRef,
) {
    control(utcb, op::CONTROL_BIND_TASK);
    utcb.set_mr(
        op::CONTROL_MR_BIND_UTCB,
        thread_utcb.expose_provenance() as u64,
    );
    put(utcb, op::CONTROL_MR_BIND_TASK, &object(task));
}

/// Adds to a request: whether the thread is an alien, whose system calls are exceptions.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_control_alien_u(utcb: UtcbRef, on: c_int) {
    control(utcb, op::CONTROL_ALIEN);
    let values = utcb.mr(op::CONTROL_MR_FLAG_VALS);
    let alien = if on != 0 { op::CONTROL_ALIEN } else { 0 };
    utcb.set_mr(op::CONTROL_MR_FLAG_VALS, values | alien);
}

/// Sends the request to control a thread.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_control_commit_u(thread: l4_cap_idx_t, utcb: UtcbRef) -> l4_msgtag_t {
    let binds = utcb.mr(op::CONTROL_MR_FLAGS) & op::CONTROL_BIND_TASK != 0;
    let tag = tag(THREAD, op::CONTROL_WORDS, usize::from(binds));
    ipc(thread, Sysf::CALL, tag, l4_timeout_t::NEVER).0
}

/// Lets other threads of the same priority run.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_yield() -> l4_msgtag_t {
    super::ipc::l4_ipc_sleep(l4_timeout_t::BOTH_ZERO);
    tag(0, 0, 0)
}

/// Gives the rest of the time slice to a thread.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_switch_u(to_thread: l4_cap_idx_t, utcb: UtcbRef) -> l4_msgtag_t {
    call(to_thread, THREAD, &[op::SWITCH], utcb)
}

/// The processor time that the thread has consumed, in microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_stats_time_u(
    thread: l4_cap_idx_t,
    us: &mut l4_kernel_clock_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = call(thread, THREAD, &[op::STATS], utcb);
    if !tag.has_error() {
        *us = utcb.mr(0);
    }
    tag
}

/// Starts a request to leave a virtual processor's handler.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_vcpu_resume_start_u(utcb: UtcbRef) -> l4_msgtag_t {
    utcb.set_mr(0, op::VCPU_RESUME);
    tag(THREAD, 1, 0)
}

/// Leaves a virtual processor's handler.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_vcpu_resume_commit_u(
    thread: l4_cap_idx_t,
    tag: l4_msgtag_t,
    _utcb: UtcbRef,
) -> l4_msgtag_t {
    ipc(thread, Sysf::CALL, tag, l4_timeout_t::NEVER).0
}

/// Makes the thread a virtual processor, whose state is at `vcpu_state`.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_vcpu_control_u(
    thread: l4_cap_idx_t,
    vcpu_state: l4_addr_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(thread, THREAD, &[op::VCPU_CONTROL, vcpu_state], utcb)
}

/// Makes the thread an extended virtual processor, whose state is at `ext_vcpu_state`.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_vcpu_control_ext_u(
    thread: l4_cap_idx_t,
    ext_vcpu_state: l4_addr_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(
        thread,
        THREAD,
        &[op::VCPU_CONTROL_EXT, ext_vcpu_state],
        utcb,
    )
}

/// Registers an interrupt that is triggered when a gate of the thread's is deleted.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_register_del_irq_u(
    thread: l4_cap_idx_t,
    irq: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_cap(thread, THREAD, &[op::REGISTER_DELETE_IRQ], irq, utcb)
}

/// Registers an interrupt that is triggered when a message waits for the thread.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_register_doorbell_irq_u(
    thread: l4_cap_idx_t,
    irq: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call_cap(thread, THREAD, &[op::REGISTER_DOORBELL_IRQ], irq, utcb)
}

/// Starts a request to change the labels of messages that wait for a thread.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_modify_sender_start_u(utcb: UtcbRef) -> l4_msgtag_t {
    utcb.set_mr(0, op::MODIFY_SENDER);
    tag(THREAD, 1, 0)
}

/// Adds a rule: of a label that is `match` under `match_mask`, the `del_bits` are cleared and the
/// `add_bits` added. 0, or `-L4_ENOMEM` if there is no room.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_modify_sender_add_u(
    match_mask: l4_umword_t,
    r#match: l4_umword_t,
    del_bits: l4_umword_t,
    add_bits: l4_umword_t,
    tag: &mut l4_msgtag_t,
    utcb: UtcbRef,
) -> c_int {
    let rule = [match_mask, r#match, del_bits, add_bits];
    let at = tag.words();
    if at + rule.len() >= MSG_REGS {
        return -(err::ENOMEM as c_int);
    }
    put(utcb, at, &rule);
    *tag = crate::request::tag(tag.label(), at + rule.len(), 0);
    0
}

/// Changes the labels.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_modify_sender_commit_u(
    thread: l4_cap_idx_t,
    tag: l4_msgtag_t,
    _utcb: UtcbRef,
) -> l4_msgtag_t {
    ipc(thread, Sysf::CALL, tag, l4_timeout_t::NEVER).0
}

/// Sets the place of the page-fault trampoline's state, and switches the trampoline on.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_pf_trampoline_setup_u(
    thread: l4_cap_idx_t,
    pf_tramp_state: l4_addr_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(thread, THREAD, &[op::PF_TRAMP_SETUP, pf_tramp_state], utcb)
}

/// Goes on where the fault was.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_pf_trampoline_resume_u(
    thread: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(thread, THREAD, &[op::PF_TRAMP_RESUME], utcb)
}

/// Makes an exception of the fault.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_pf_trampoline_reflect_u(
    thread: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(thread, THREAD, &[op::PF_TRAMP_REFLECT], utcb)
}

/// Switches the trampoline off; `was_enabled`, which may be null, becomes what it was.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_pf_trampoline_disable_u(
    thread: l4_cap_idx_t,
    was_enabled: Option<&mut c_int>,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = call(thread, THREAD, &[op::PF_TRAMP_DISABLE], utcb);
    if let Some(was_enabled) = was_enabled {
        *was_enabled = utcb.mr(0) as c_int;
    }
    tag
}

/// Switches the trampoline on again.
#[unsafe(no_mangle)]
pub extern "C" fn l4_thread_pf_trampoline_enable_u(
    thread: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(thread, THREAD, &[op::PF_TRAMP_ENABLE], utcb)
}
