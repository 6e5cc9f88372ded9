//! The environment, capability slots, and objects that C makes.

use crate::{Case, Outcome, ok};
use alloc::vec::Vec;
use core::ptr;
use l4re::irq::Irq;
use l4re::task::Task;
use l4re::{Cap, cap_alloc, start};
use l4re_sys::{CapIdx, Timeout, c};
use test_services::check;

pub const CASES: &[Case] = &[
    ("objects: C and Rust have one environment", environment),
    ("objects: C and Rust have one table of slots", slots),
    ("objects: an interrupt that C makes", interrupt),
    ("objects: a file that C finds by its name", file),
];

fn environment() -> Outcome {
    let env = start::env();
    // SAFETY: without preconditions.
    let (raw, utcb, kip) = unsafe { (c::l4re_env(), c::l4_utcb(), c::l4_kip()) };
    // SAFETY: the environment stays.
    let raw = unsafe { &*raw };
    check!(raw.log == env.raw().log.0 && raw.factory == env.raw().factory.0);
    check!(raw.first_free_cap == env.raw().first_free_cap);
    check!(utcb.addr() == l4re_sys::utcb().as_ptr().addr());
    check!(!kip.is_null());
    // SAFETY: the name is ended by 0.
    let (rom, nothing) = unsafe {
        (
            c::l4re_env_get_cap(c"rom".as_ptr()),
            c::l4re_env_get_cap(c"no such name".as_ptr()),
        )
    };
    check!(rom == ok(env.named::<l4re::namespace::Namespace>("rom"))?.idx().0);
    check!(CapIdx(nothing) == CapIdx::INVALID);
    Ok(())
}

fn slots() -> Outcome {
    let mut taken = Vec::new();
    for _ in 0..100 {
        taken.push(ok(cap_alloc::alloc())?.0);
        // SAFETY: without preconditions.
        taken.push(unsafe { c::l4re_util_cap_alloc() });
    }
    let mut sorted = taken.clone();
    sorted.sort_unstable();
    sorted.dedup();
    check!(sorted.len() == taken.len());
    check!(sorted.iter().all(|cap| CapIdx(*cap).is_valid()));
    // Each gives back what the other has taken.
    for (i, cap) in taken.into_iter().enumerate() {
        match i % 2 {
            // SAFETY: the slot is this case's, and empty.
            0 => unsafe { c::l4re_util_cap_free(cap) },
            // SAFETY: the slot is this case's, and empty.
            _ => unsafe { cap_alloc::free(CapIdx(cap)) },
        }
    }
    Ok(())
}

fn interrupt() -> Outcome {
    let env = start::env();
    let slot = ok(cap_alloc::alloc())?;
    let irq = Cap::<Irq>::new(slot);
    // SAFETY: the slot is free; the interrupt is nobody else's.
    unsafe {
        let tag = c::l4_factory_create_irq(env.raw().factory.0, slot.0);
        check!(c::l4_error(tag) == 0);
        let tag = c::l4_rcv_ep_bind_thread(slot.0, env.raw().main_thread.0, 0);
        check!(c::l4_error(tag) == 0);
        check!(ok(Cap::<Task>::THIS.cap_valid(slot))?);
        // C triggers, Rust receives; and the other way round.
        c::l4_irq_trigger(slot.0);
        ok(irq.receive(Timeout::NEVER))?;
        check!(irq.receive(Timeout::BOTH_ZERO).is_err());
        ok(irq.trigger())?;
        let tag = c::l4_irq_receive(slot.0, c::L4_IPC_NEVER);
        check!(c::l4_msgtag_has_error(tag) == 0);
        c::l4re_util_cap_free_um(slot.0);
    }
    check!(!ok(Cap::<Task>::THIS.cap_valid(slot))?);
    Ok(())
}

fn file() -> Outcome {
    let env = start::env();
    let name = alloc::format!("{}\0", env.name());
    let slot = ok(cap_alloc::alloc())?;
    let mut place = ptr::null_mut();
    // SAFETY: the names are ended by 0, the slot is free, and the region map chooses the place.
    unsafe {
        let rom = c::l4re_env_get_cap(c"rom".as_ptr());
        let file = name.rsplit('/').next().unwrap_or("");
        check!(c::l4re_ns_query_srv(rom, file.as_ptr().cast(), slot.0) >= 0);
        let size = c::l4re_ds_size(slot.0);
        check!(size > 4096);
        let flags = c::L4RE_RM_F_SEARCH_ADDR | c::L4RE_RM_F_R;
        let mem = slot.0 | u64::from(c::L4_CAP_FPAGE_RO);
        check!(c::l4re_rm_attach(&mut place, size as _, flags, mem, 0, 12) == 0);
        let magic = place.cast::<[u8; 4]>().read();
        check!(magic == *b"\x7fELF");
        check!(c::l4re_rm_detach(place) >= 0);
        c::l4re_util_cap_free_um(slot.0);
    }
    Ok(())
}
