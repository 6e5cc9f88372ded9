//! Calls that are not made, since what they return is no matter of the call alone.

use l4re::sys::op::{task, thread};
use l4re::sys::{MsgTag, Sysf, UtcbRef, proto, utcb};
use test_fuzz::child::Registers;
use test_fuzz::layout::cap;

/// A kind of calls: protocol, operation, and why it is not made.
const TABLE: &[(i64, u64, &str)] = &[
    (proto::THREAD, thread::STATS, "tells a time"),
    (
        proto::THREAD,
        thread::AMD64_GET_SEGMENT_INFO,
        "tells numbers of the kernel's choice",
    ),
    (
        proto::THREAD,
        thread::SWITCH,
        "lets others run for as long as a time slice lasts",
    ),
    (
        proto::SCHEDULER,
        ANY,
        "the child may run as the parent says only",
    ),
    (proto::DEBUGGER, ANY, "the debugger stops the machine"),
    (proto::LOG, ANY, "the log is where the answers are told"),
];

/// Flexpages with more than so many slots, and more memory, take from a child all that it works
/// with: what is told of the rest would be told of nothing.
const MOST_SLOTS: u64 = 3;
const MOST_MEMORY: u64 = 14;
const SWEEPING: &str = "takes all of the child's capabilities or memory";

/// Whether a task's request is about too much of it.
fn is_sweeping(registers: &Registers, regs: UtcbRef) -> bool {
    let tag = MsgTag(registers.tag);
    if tag.label() != proto::TASK {
        return false;
    }
    let pages = match regs.mr(0) {
        task::MAP => 2..3,
        task::UNMAP => 2..tag.words().clamp(2, utcb::MSG_REGS),
        _ => return false,
    };
    pages.into_iter().any(|n| {
        let page = regs.mr(n);
        let order = page >> 6 & 0x3f;
        match page >> 4 & 3 {
            1 => order > MOST_MEMORY,
            3 => order > MOST_SLOTS,
            2 => false,
            _ => true,
        }
    })
}

const ANY: u64 = u64::MAX;

/// Why a call is not made, if so.
pub fn excluded(registers: &Registers, utcb: UtcbRef) -> Option<&'static str> {
    let label = MsgTag(registers.tag).label();
    let operation = utcb.mr(0) & thread::OPCODE_MASK;
    let known = (TABLE.iter())
        .find(|(protocol, op, _)| *protocol == label && (*op == ANY || *op == operation))
        .map(|(_, _, why)| *why);
    let tag = MsgTag(registers.tag);
    if tag.words() + 2 * tag.items() > utcb::MSG_REGS {
        return Some("is longer than the registers");
    }
    let unserved = registers.dest & !0xfff == cap::LOOSE_GATE.0;
    if unserved && !Sysf::from_bits_retain(registers.dest).contains(Sysf::SEND) {
        return Some("waits at a gate that nobody serves, and has nothing to send");
    }
    known.or_else(|| is_sweeping(registers, utcb).then_some(SWEEPING))
}
