//! Factories.

use crate::ctypes::*;
use crate::request::{ipc, object, put, put_bytes, tag};
use l4re_sys::op::factory::GATE;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::varg::{self, VargTag};
use l4re_sys::{BufferDesc, RcvItem, Sysf, proto};

/// Starts a request to create an object of a protocol, whose capability goes to `target_cap`.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_start_u(
    obj: c_long,
    target_cap: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    utcb.set_mr(0, obj as u64);
    utcb.set_bdr(BufferDesc::default());
    utcb.set_br(0, RcvItem::single(target_cap).0);
    utcb.set_br(1, RcvItem::VOID.0);
    tag(proto::FACTORY, 1, 0)
}

/// Adds an argument: 1, or 0 if there is no room.
fn add(kind: u8, bytes: &[u8], tag: &mut l4_msgtag_t, utcb: UtcbRef) -> c_int {
    let at = tag.words();
    let words = 1 + bytes.len().div_ceil(size_of::<u64>());
    if at + words > MSG_REGS {
        return 0;
    }
    utcb.set_mr(at, VargTag::new(kind, bytes.len()).0);
    put_bytes(utcb, at + 1, bytes);
    *tag = l4_msgtag_t::new(tag.label(), at + words, tag.items(), tag.flags());
    1
}

/// Adds an argument, a flexpage: 1, or 0 if there is no room.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_add_fpage_u(
    d: l4_fpage_t,
    tag: &mut l4_msgtag_t,
    utcb: UtcbRef,
) -> c_int {
    add(varg::FPAGE, &d.raw().to_le_bytes(), tag, utcb)
}

/// Adds an argument, a number: 1, or 0 if there is no room.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_add_int_u(
    d: l4_mword_t,
    tag: &mut l4_msgtag_t,
    utcb: UtcbRef,
) -> c_int {
    add(varg::MWORD, &d.to_le_bytes(), tag, utcb)
}

/// Adds an argument, a number without sign: 1, or 0 if there is no room.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_add_uint_u(
    d: l4_umword_t,
    tag: &mut l4_msgtag_t,
    utcb: UtcbRef,
) -> c_int {
    add(varg::UMWORD, &d.to_le_bytes(), tag, utcb)
}

/// Adds an argument, a string with its end: 1, or 0 if there is no room.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_add_str_u(
    s: Str,
    tag: &mut l4_msgtag_t,
    utcb: UtcbRef,
) -> c_int {
    add(varg::STRING, s.first(s.bytes().len() + 1), tag, utcb)
}

/// Adds an argument, `len` bytes: 1, or 0 if there is no room.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_add_lstr_u(
    s: Str,
    len: c_uint,
    tag: &mut l4_msgtag_t,
    utcb: UtcbRef,
) -> c_int {
    add(varg::STRING, s.first(len as usize), tag, utcb)
}

/// Adds an argument that is nothing: 1, or 0 if there is no room.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_add_nil_u(tag: &mut l4_msgtag_t, utcb: UtcbRef) -> c_int {
    add(varg::NIL, &[], tag, utcb)
}

/// Sends the request to create an object.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_commit_u(
    factory: l4_cap_idx_t,
    tag: l4_msgtag_t,
    _utcb: UtcbRef,
) -> l4_msgtag_t {
    ipc(factory, Sysf::CALL, tag, l4_timeout_t::NEVER).0
}

/// Creates an object that needs no arguments.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_u(
    factory: l4_cap_idx_t,
    obj: c_long,
    target: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let tag = l4_factory_create_start_u(obj, target, utcb);
    l4_factory_create_commit_u(factory, tag, utcb)
}

/// Creates an object with a number as its argument.
fn create_with(
    factory: l4_cap_idx_t,
    obj: c_long,
    target: l4_cap_idx_t,
    argument: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let mut tag = l4_factory_create_start_u(obj, target, utcb);
    l4_factory_create_add_uint_u(argument, &mut tag, utcb);
    l4_factory_create_commit_u(factory, tag, utcb)
}

/// Creates a task. `utcb_area` is where its UTCBs are to be, and becomes where they are.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_task_u(
    factory: l4_cap_idx_t,
    target_cap: l4_cap_idx_t,
    utcb_area: &mut l4_fpage_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let mut tag = l4_factory_create_start_u(proto::TASK, target_cap, utcb);
    l4_factory_create_add_fpage_u(*utcb_area, &mut tag, utcb);
    let tag = l4_factory_create_commit_u(factory, tag, utcb);
    if !tag.has_error() {
        *utcb_area = l4_fpage_t::from_raw(utcb.mr(0));
    }
    tag
}

/// Creates a thread.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_thread_u(
    factory: l4_cap_idx_t,
    target_cap: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    l4_factory_create_u(factory, proto::THREAD, target_cap, utcb)
}

/// Creates a factory with a quota of `limit` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_factory_u(
    factory: l4_cap_idx_t,
    target_cap: l4_cap_idx_t,
    limit: c_ulong,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    create_with(factory, proto::FACTORY, target_cap, limit, utcb)
}

/// Creates an IPC gate with a label, bound to a thread if `snd_dst_cap` is valid.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_gate_u(
    factory: l4_cap_idx_t,
    target_cap: l4_cap_idx_t,
    snd_dst_cap: l4_cap_idx_t,
    label: l4_umword_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    let mut tag = l4_factory_create_start_u(GATE, target_cap, utcb);
    l4_factory_create_add_uint_u(label, &mut tag, utcb);
    if snd_dst_cap.is_valid() {
        put(utcb, tag.words(), &object(snd_dst_cap));
        tag = l4_msgtag_t::new(tag.label(), tag.words(), 1, tag.flags());
    }
    l4_factory_create_commit_u(factory, tag, utcb)
}

/// Creates an interrupt.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_irq_u(
    factory: l4_cap_idx_t,
    target_cap: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    l4_factory_create_u(factory, proto::IRQ_SENDER, target_cap, utcb)
}

/// Creates a virtual machine.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_vm_u(
    factory: l4_cap_idx_t,
    target_cap: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    l4_factory_create_u(factory, proto::VM, target_cap, utcb)
}

/// Creates the context of a virtual processor in hardware.
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_vcpu_context_u(
    factory: l4_cap_idx_t,
    target_cap: l4_cap_idx_t,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    l4_factory_create_u(factory, proto::VCPU_CONTEXT, target_cap, utcb)
}

/// Creates a thread group of a policy (`L4_THREAD_GROUP_POLICY_*`).
#[unsafe(no_mangle)]
pub extern "C" fn l4_factory_create_thread_group_u(
    factory: l4_cap_idx_t,
    target_cap: l4_cap_idx_t,
    policy: c_uint,
    utcb: UtcbRef,
) -> l4_msgtag_t {
    create_with(
        factory,
        proto::THREAD_GROUP,
        target_cap,
        policy.into(),
        utcb,
    )
}
