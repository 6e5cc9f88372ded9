//! Words that C's inline functions put together, and those of `l4re-sys`.

use crate::{Case, Outcome};
use l4re_sys::{CapIdx, Fpage, MemRights, MsgTag, ObjRights, TagFlags, Timeout, TimeoutS, c};
use test_services::check;

pub const CASES: &[Case] = &[
    ("words: message tags", tags),
    ("words: flexpages", fpages),
    ("words: timeouts", timeouts),
    ("words: macros that are values of structures", macros),
];

const CAP: CapIdx = CapIdx::from_index(0x120);

fn tags() -> Outcome {
    for (label, words, items) in [(0, 0, 0), (-20, 63, 5), (0x44, 1, 2)] {
        let flags = TagFlags::SCHEDULE;
        let ours = MsgTag::new(label, words, items, flags);
        // SAFETY: without preconditions.
        let theirs =
            unsafe { c::l4_msgtag(label, words as u32, items as u32, flags.bits() as u32) };
        check!(theirs.raw as u64 == ours.0);
        // SAFETY: the functions compute with their arguments alone.
        let (of_label, of_words) =
            unsafe { (c::l4_msgtag_label(theirs), c::l4_msgtag_words(theirs)) };
        check!(of_label == ours.label() && of_words as usize == ours.words());
    }
    Ok(())
}

fn fpages() -> Outcome {
    // SAFETY: without preconditions.
    let (memory, object, io, all) = unsafe {
        (
            c::l4_fpage(0x7000, 12, c::L4_FPAGE_RW as u8),
            c::l4_obj_fpage(CAP.0, 3, c::L4_CAP_FPAGE_RWS as u8),
            c::l4_iofpage(0x70, 1),
            c::l4_fpage_all(),
        )
    };
    // SAFETY: all bits of the union are a number.
    let raw = |fpage: c::l4_fpage_t| unsafe { fpage.raw };
    check!(raw(memory) == Fpage::memory(0x7000, 12, MemRights::RW).raw());
    check!(raw(object) == Fpage::obj(CAP, 3, ObjRights::RWS).raw());
    check!(raw(io) == Fpage::io(0x70, 1).raw());
    check!(raw(all) == Fpage::all().raw());
    Ok(())
}

fn timeouts() -> Outcome {
    for us in [0, 1, 999, 1000, 123_456, 10_000_000, u64::from(u32::MAX)] {
        // SAFETY: without preconditions.
        let (theirs, back) = unsafe {
            let theirs = c::l4_timeout_from_us(us);
            (theirs, c::l4_timeout_rel_get(theirs))
        };
        let ours = TimeoutS::from_us(us);
        check!(theirs.t == ours.0);
        check!(us == 0 || back == ours.as_us());
    }
    Ok(())
}

fn macros() -> Outcome {
    // SAFETY: all bits of the unions are a number.
    let raw = |timeout: c::l4_timeout_t| unsafe { timeout.raw };
    check!(raw(c::L4_IPC_NEVER) == Timeout::NEVER.0);
    check!(raw(c::L4_IPC_BOTH_TIMEOUT_0) == Timeout::BOTH_ZERO.0);
    check!(c::L4_INVALID_PTR.addr() as u64 == c::L4_INVALID_ADDR as u64);
    check!(c::L4_INVALID_CAP as u64 == CapIdx::INVALID.0);
    Ok(())
}
