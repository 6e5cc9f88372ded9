//! Tasks.

use crate::ctypes::*;
use crate::request::{call, call_cap, ipc, put, tag};
use l4re_sys::op::task as op;
use l4re_sys::proto::TASK;
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::{ObjRights, Sysf};

/// Maps `snd_fpage` of one task into another, as `snd_base` (`l4_map_control`) says.
#[unsafe(no_mangle)]
pub extern "C" fn l4_task_map_u(
    dst_task: l4_cap_idx_t,
    src_task: l4_cap_idx_t,
    snd_fpage: l4_fpage_t,
    snd_base: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let words = [op::MAP, snd_base, snd_fpage.raw()];
    call_cap(dst_task, TASK, &words, src_task, utcb)
}

/// Unmaps a flexpage from where `map_mask` (`L4_FP_*`) says.
#[unsafe(no_mangle)]
pub extern "C" fn l4_task_unmap_u(
    task: l4_cap_idx_t,
    fpage: l4_fpage_t,
    map_mask: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(task, TASK, &[op::UNMAP, map_mask, fpage.raw()], utcb)
}

/// Unmaps several flexpages; those that do not fit into a message are left out.
#[unsafe(no_mangle)]
pub extern "C" fn l4_task_unmap_batch_u(
    task: l4_cap_idx_t,
    fpages: *const l4_fpage_t,
    num_fpages: c_uint,
    map_mask: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let head = [op::UNMAP, map_mask];
    let room = l4re_sys::utcb::MSG_REGS - head.len();
    let num = room.min(num_fpages as usize);
    put(utcb, 0, &head);
    for i in 0..num {
        // SAFETY: C's caller passes as many flexpages as it says (the crate's documentation).
        let fpage = unsafe { fpages.add(i).read() };
        utcb.set_mr(head.len() + i, fpage.raw());
    }
    let tag = tag(TASK, head.len() + num, 0);
    ipc(task, Sysf::CALL, tag, l4_timeout_t::NEVER).0
}

/// Deletes an object, if the capability has the right to.
#[unsafe(no_mangle)]
pub extern "C" fn l4_task_delete_obj_u(
    task: l4_cap_idx_t,
    obj: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    unmap_cap(task, obj, UnmapFlags::DELETE_OBJ, utcb)
}

/// Takes a capability away from the task.
#[unsafe(no_mangle)]
pub extern "C" fn l4_task_release_cap_u(
    task: l4_cap_idx_t,
    cap: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    unmap_cap(task, cap, UnmapFlags::ALL_SPACES, utcb)
}

fn unmap_cap(
    task: l4_cap_idx_t,
    cap: l4_cap_idx_t,
    flags: UnmapFlags,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let fpage = l4_fpage_t::obj(cap, 0, ObjRights::RWSD);
    l4_task_unmap_u(task, fpage, flags.bits(), utcb)
}

/// Whether there is a capability in a slot: the label of the result is more than 0 if so.
#[unsafe(no_mangle)]
pub extern "C" fn l4_task_cap_valid_u(
    task: l4_cap_idx_t,
    cap: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    // The lowest bit marks an object that is about to be deleted; a slot has none.
    call(task, TASK, &[op::CAP_INFO, cap.0 & !1], utcb)
}

/// Whether two slots hold capabilities to one object with the same rights: the label of the
/// result is more than 0 if so.
#[unsafe(no_mangle)]
pub extern "C" fn l4_task_cap_equal_u(
    task: l4_cap_idx_t,
    cap_a: l4_cap_idx_t,
    cap_b: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    call(task, TASK, &[op::CAP_INFO, cap_a.0, cap_b.0], utcb)
}

/// Adds memory that is shared with the kernel, for UTCBs; `ku_mem` becomes what was added.
#[unsafe(no_mangle)]
pub extern "C" fn l4_task_add_ku_mem_u(
    task: l4_cap_idx_t,
    ku_mem: &mut l4_fpage_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = call(task, TASK, &[op::ADD_KU_MEM, ku_mem.raw()], utcb);
    if !tag.has_error() {
        *ku_mem = l4_fpage_t::from_raw(utcb.mr(0));
    }
    tag
}
