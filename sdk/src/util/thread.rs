//! Threads.

use crate::ctypes::*;
use crate::request::result;
use crate::sys::*;

/// Creates a thread in the slot `id`, bound to a task and to its UTCB there, and lets it run from
/// `pc` on with the stack pointer `sp`, as `scp` says; an invalid scheduler leaves that out. 0,
/// or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4util_create_thread(
    id: l4_cap_idx_t,
    thread_utcb: *mut l4_utcb_t,
    factory: l4_cap_idx_t,
    pc: l4_umword_t,
    sp: l4_umword_t,
    pager: l4_cap_idx_t,
    task: l4_cap_idx_t,
    scheduler: l4_cap_idx_t,
    scp: l4_sched_param_t,
) -> c_long {
    let utcb = l4re_sys::utcb();
    let steps: [&dyn Fn() -> l4_msgtag_t; 4] = [
        &|| l4_factory_create_thread_u(factory, id, utcb),
        &|| {
            l4_thread_control_start_u(utcb);
            l4_thread_control_pager_u(pager, utcb);
            l4_thread_control_bind_u(thread_utcb, task, utcb);
            l4_thread_control_commit_u(id, utcb)
        },
        &|| l4_thread_ex_regs_u(id, pc, sp, 0, utcb),
        &|| l4_scheduler_run_thread_u(scheduler, id, &scp, utcb),
    ];
    let steps = if scheduler.is_valid() {
        &steps[..]
    } else {
        &steps[..3]
    };
    for step in steps {
        let result = result(step(), utcb);
        if result != 0 {
            return result;
        }
    }
    0
}
