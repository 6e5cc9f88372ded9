//! Schedulers.

use crate::ctypes::*;
use crate::request::{call, call_cap, succeeded};
use l4re_sys::op::scheduler as op;
use l4re_sys::proto::SCHEDULER;

/// A set of processors: bit `i` of `map` stands for the `1 << granularity` processors from
/// `offset + (i << granularity)` on.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_sched_cpu_set(
    offset: l4_umword_t,
    granularity: c_uchar,
    map: l4_umword_t,
) -> l4_sched_cpu_set_t {
    l4_sched_cpu_set_t::new(offset as u32, granularity, map)
}

/// A priority and a time slice (microseconds; 0: the default), on any processor.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_sched_param(prio: c_uint, quantum: l4_umword_t) -> l4_sched_param_t {
    l4_sched_param_t {
        quantum,
        ..l4_sched_param_t::prio(prio as u64)
    }
}

/// The processors from `cpus` on: which there are, the largest number (`cpu_max`) and the
/// classes of scheduling; both may be null.
#[unsafe(no_mangle)]
pub extern "C" fn l4_scheduler_info_u(
    scheduler: l4_cap_idx_t,
    cpu_max: Option<&mut l4_umword_t>,
    cpus: &mut l4_sched_cpu_set_t,
    sched_classes: Option<&mut l4_umword_t>,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = call(scheduler, SCHEDULER, &[op::INFO, cpus.gran_offset], utcb);
    if tag.has_error() {
        return tag;
    }
    cpus.map = utcb.mr(0);
    if let Some(cpu_max) = cpu_max {
        *cpu_max = utcb.mr(1);
    }
    if let Some(classes) = sched_classes {
        *classes = utcb.mr(2);
    }
    tag
}

/// Runs a thread.
#[unsafe(no_mangle)]
pub extern "C" fn l4_scheduler_run_thread_u(
    scheduler: l4_cap_idx_t,
    thread: l4_cap_idx_t,
    sp: &l4_sched_param_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let words = [
        op::RUN_THREAD,
        sp.affinity.gran_offset,
        sp.affinity.map,
        sp.prio,
        sp.quantum,
    ];
    call_cap(scheduler, SCHEDULER, &words, thread, utcb)
}

/// The idle time of processors in microseconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4_scheduler_idle_time_u(
    scheduler: l4_cap_idx_t,
    cpus: &l4_sched_cpu_set_t,
    us: &mut l4_kernel_clock_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let words = [op::IDLE_TIME, cpus.gran_offset, cpus.map];
    let tag = call(scheduler, SCHEDULER, &words, utcb);
    if !tag.has_error() {
        *us = utcb.mr(0);
    }
    tag
}

/// Whether there is a processor, and it is on.
#[unsafe(no_mangle)]
pub extern "C" fn l4_scheduler_is_online_u(
    scheduler: l4_cap_idx_t,
    cpu: l4_umword_t,
    utcb: UtcbRef,
) -> c_int {
    let mut cpus = l4_sched_cpu_set_t {
        gran_offset: cpu,
        map: 0,
    };
    let tag = l4_scheduler_info_u(scheduler, None, &mut cpus, None, utcb);
    (succeeded(tag) && cpus.map & 1 != 0).into()
}
