//! The log, as a virtual console; questions about interfaces; the kernel information page.

use crate::kit::*;
use crate::same;
use l4re::sys::op::{meta, vcon};
use l4re::sys::{CapIdx, TagFlags, consts, err, ipc_error as ie, kip, proto};
use test_services::check;

pub const CASES: &[Case] = &[
    case(
        "vcon/write-nothing (l4/sys/vcon.h: l4_vcon_write)",
        write_nothing,
    ),
    case(
        "meta/kernel-objects (l4/sys/types.h: L4_PROTO_META)",
        meta_objects,
    ),
    case(
        "meta/empty-slot (l4/sys/ipc.h: L4_IPC_ENOT_EXISTENT)",
        meta_void,
    ),
    case(
        "kobject/dec-refcnt (l4/sys/kernel_object.h: l4_kobject_dec_refcnt)",
        dec_refcnt,
    ),
    case(
        "kobject/dec-refcnt-gate (l4/sys/kernel_object.h: l4_kobject_dec_refcnt)",
        dec_gate,
    ),
    case("kip/magic (l4/sys/kip.h: L4_KERNEL_INFO_MAGIC)", magic),
    case("kip/version (l4/sys/kip.h: L4_KIP_VERSION_FIASCO)", version),
    case("kip/memory (l4/sys/memdesc.h)", memory),
    case("kip/clock-goes-on (l4/sys/kip.h: l4_kip_clock)", clock),
    case(
        "kip/clock-units (l4/sys/kip.h: l4_kip_clock_ns)",
        clock_units,
    ),
    case(
        "kip/strings (l4/sys/kip.h: l4_kip_for_each_feature)",
        strings,
    ),
    case("kip/read-only (l4/sys/kip.h)", read_only),
    case(
        "kip/granularity (l4/sys/kip.h: l4_kernel_info_t.scheduler_granularity)",
        granularity,
    ),
];

fn log() -> CapIdx {
    l4re::start::env().log().idx()
}

fn write_nothing() -> Outcome {
    let message = Msg::new(proto::LOG)
        .words(&[vcon::WRITE, 0])
        .flags(TagFlags::SCHEDULE);
    same!(message.send(log()).ipc(), 0);
    Ok(())
}

fn ask(object: CapIdx, op: u32, argument: u64) -> Answer {
    let words = [u64::from(op), argument];
    Msg::new(proto::META)
        .words(&words)
        .timeout(timeout_ms(100, 100))
        .call(object)
}

/// Kernel objects do not tell of their interfaces.
fn meta_objects() -> Outcome {
    for object in [CapIdx::TASK, semaphore()?.idx(), irq()?.idx()] {
        for op in [meta::NUM_INTERFACES, meta::INTERFACE, meta::SUPPORTS, 77] {
            same!(
                (op, ask(object, op, proto::TASK as u64).code()),
                (op, -err::EBADPROTO)
            );
        }
    }
    Ok(())
}

fn meta_void() -> Outcome {
    same!(
        ask(slot()?.idx(), meta::SUPPORTS, 1).code(),
        ipc_error(ie::NOT_EXISTENT)
    );
    Ok(())
}

fn dec(object: CapIdx, by: i64) -> i64 {
    let words = [l4re::sys::op::kobject::DEC_REFCNT, by as u64];
    Msg::new(proto::KOBJECT).words(&words).call(object).code()
}

/// Objects but gates have no count that could be changed.
fn dec_refcnt() -> Outcome {
    same!(dec(CapIdx::TASK, 1), -err::EBADPROTO);
    same!(dec(semaphore()?.idx(), 1), -err::EBADPROTO);
    // It knows the protocol, for being bound.
    same!(dec(irq()?.idx(), 1), -err::ENOSYS);
    Ok(())
}

fn dec_gate() -> Outcome {
    let gate = gate(me(), 0)?;
    let other = copy(gate.idx(), l4re::sys::ObjRights::RWS)?;
    same!(dec(gate.idx(), 1), 0);
    check!(cap_valid(CapIdx::TASK, other.idx()) > 0);
    Ok(())
}

fn page() -> l4re::kip::Kip {
    l4re::start::env().kip()
}

fn magic() -> Outcome {
    same!(page().raw().magic, kip::MAGIC);
    Ok(())
}

fn version() -> Outcome {
    let due = kip::VERSION_FIASCO & kip::VERSION_FIASCO_MASK;
    same!(page().raw().version & kip::VERSION_FIASCO_MASK, due);
    Ok(())
}

fn memory() -> Outcome {
    let descs = page().mem_descs();
    let conventional = descs
        .iter()
        .filter(|desc| desc.kind() == l4re::sys::memdesc::CONVENTIONAL && !desc.is_virtual());
    let mut sum = 0;
    for desc in conventional {
        check!(desc.start() < desc.end());
        sum += desc.end() - desc.start() + 1;
    }
    check!(sum >= 64 << 20);
    check!(descs.iter().any(|desc| desc.is_virtual()));
    Ok(())
}

fn clock() -> Outcome {
    let mut last = page().clock_us();
    for _ in 0..10_000 {
        let now = page().clock_us();
        check!(now >= last);
        last = now;
    }
    let start = page().clock_us();
    sleep_ms(30);
    let took = page().clock_us() - start;
    check!((28_000..500_000).contains(&took));
    Ok(())
}

fn clock_units() -> Outcome {
    for _ in 0..100 {
        let before = page().clock_us();
        let ns = page().clock().as_nanos() as u64;
        let after = page().clock_us();
        check!(ns / 1000 + 1 >= before && ns / 1000 <= after + 1);
    }
    Ok(())
}

fn strings() -> Outcome {
    check!(!page().version().is_empty());
    check!(page().features().count() > 0);
    Ok(())
}

fn read_only() -> Outcome {
    // A string in it, which lies in the page.
    let at = page().version().as_ptr().addr() as u64 & !(consts::PAGE_SIZE as u64 - 1);
    check!(access(at, false)?.is_ok());
    same!(access(at, true)?, Err(3));
    Ok(())
}

fn granularity() -> Outcome {
    same!(page().raw().scheduler_granularity, 1000);
    Ok(())
}
