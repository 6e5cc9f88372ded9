//! The short way for what servers and clients do all the time: a call to a thread that
//! waits for one, and the reply to it, with nothing but words in the message. All other
//! cases go the long way, which gives the same result.

use super::state::{Ipc, Payload, ReplyCap};
use super::{copy_words, slow};
use crate::arch::cpu;
use crate::arch::entry::Leave;
use crate::cap::Rights;
use crate::obj::Handle;
use crate::obj::Object;
use crate::obj::binding::Bound;
use crate::obj::gate::Gate;
use crate::obj::thread::{Alien, Thread};
use crate::sched;
use l4re_sys::msgtag::{MsgTag, TagFlags};
use l4re_sys::op::thread as op;
use l4re_sys::sysf::Sysf;
use l4re_sys::{cap, err, proto};

/// Tag bits that the short way cannot do: items, flags, and word counts above 63 do not
/// exist.
const SLOW_TAG_BITS: u64 = 0xffc0;

/// The system call, timed, and then the kernel's state as tests want it checked.
#[cfg(any(feature = "checks", feature = "stays"))]
pub extern "C" fn checked_syscall(
    current: Bound,
    label: u64,
    dest: u64,
    tag: u64,
    timeout: u32,
) -> Leave {
    crate::stays::begin();
    let leave = syscall(current, label, dest, tag, timeout);
    crate::stays::end();
    #[cfg(feature = "checks")]
    crate::checks::state();
    leave
}
#[cfg(not(any(feature = "checks", feature = "stays")))]
pub use syscall as checked_syscall;

/// The system call: `label`, `dest`, `tag` and `timeout` are the registers of the
/// interface.
///
/// Straight-line code: every instruction is paid by each call. The tests of several
/// fields are drawn together where a single comparison can do them, and whatever is not
/// over at once is a jump to a function with the same arguments, so that none has to be
/// kept for later.
pub extern "C" fn syscall(current: Bound, label: u64, dest: u64, tag: u64, timeout: u32) -> Leave {
    const CALL: u64 = Sysf::CALL.bits();
    const REPLY_AND_WAIT: u64 = Sysf::REPLY_AND_WAIT.bits();
    const FLAGS_AND_KIND: u64 = Sysf::MASK | cap::INVALID_BIT | cap::REPLY_BIT;
    // A call, and no timeout.
    if (dest & FLAGS_AND_KIND ^ CALL) | u64::from(timeout) == 0 {
        if let Some(cap) = current.binding.caps.get((dest >> cap::SHIFT) as usize) {
            // One after the other: the first is the shortest way of all.
            if let Object::Thread(thread) = cap.object() {
                if !is_short(tag, proto::THREAD) {
                    return call_thread(current, label, dest, tag, timeout, thread);
                }
                // Control with fewer words than it has arguments is malformed.
                let control = current.utcb().mr(0) as u16 == op::CONTROL as u16;
                if control && cap.rights.has(Rights::S) {
                    return Leave::at_once(MALFORMED.0);
                }
            } else if let Object::Gate(gate) = cap.object() {
                let label = gate.label(cap.rights);
                return call_gate(current, label, dest, tag, timeout, gate);
            }
        }
    } else if dest & Sysf::MASK == REPLY_AND_WAIT {
        return reply_and_wait(current, label, dest, tag, timeout);
    }
    slow(current, label, dest, tag, timeout)
}

/// The answer to a malformed request.
const MALFORMED: MsgTag = MsgTag::new(-err::EINVAL, 0, 0, TagFlags::empty());

/// Whether a message of this protocol has at least a word, too few for thread control,
/// and nothing else.
#[inline(always)]
fn is_short(tag: u64, protocol: i64) -> bool {
    const ARGUMENTS: u64 = op::CONTROL_MR_BIND_UTCB as u64 + 1;
    (tag ^ (protocol as u64) << 16).wrapping_sub(1) < ARGUMENTS - 1
}

#[inline(never)]
extern "C" fn call_gate(
    current: Bound,
    label: u64,
    dest: u64,
    tag: u64,
    timeout: u32,
    gate: &'static Gate,
) -> Leave {
    // What may be for the gate itself goes the long way, which looks at the rights.
    match gate.target() {
        Some(receiver) if tag as i64 >> 16 != proto::KOBJECT && may_take(receiver, tag) => {
            call(current, Bound::by_state(receiver), tag, label)
        }
        _ => slow(current, label, dest, tag, timeout),
    }
}

#[inline(never)]
extern "C" fn call_thread(
    current: Bound,
    label: u64,
    dest: u64,
    tag: u64,
    timeout: u32,
    receiver: &'static Thread,
) -> Leave {
    if tag as i64 >> 16 != proto::THREAD && may_take(receiver, tag) {
        call(current, Bound::by_state(receiver), tag, label)
    } else {
        slow(current, label, dest, tag, timeout)
    }
}

/// Whether a thread waits for any message, and can have this one the short way.
#[inline(always)]
fn may_take(receiver: &Thread, tag: u64) -> bool {
    tag & SLOW_TAG_BITS == 0
        && matches!(receiver.ipc.get(), Ipc::Receiving)
        && can_switch_to(receiver)
}

#[inline(always)]
fn call(current: Bound, receiver: Bound, tag: u64, label: u64) -> Leave {
    // What the reply finds when it looks at its receiver.
    current.message.flags.set(Sysf::CALL);
    current.message.payload.set(Payload::Utcb);
    receiver.reply.set(ReplyCap::of(current));
    current.partner.set(Handle::of(receiver.thread()));
    current.ipc.set(Ipc::AwaitingReply);
    hand_over(current, receiver, tag, label)
}

#[inline(never)]
extern "C" fn reply_and_wait(
    current: Bound,
    label: u64,
    dest: u64,
    tag: u64,
    timeout: u32,
) -> Leave {
    // The caller waits already, so that the send timeout does not matter. Which object
    // the selector names does not either: both phases are without one.
    let implicit = dest & (cap::REPLY_BIT | cap::INVALID_BIT) != cap::REPLY_BIT;
    if timeout as u16 == 0
        && implicit
        && current.alien.get() == Alien::No
        && tag & SLOW_TAG_BITS == 0
        && let Some(caller) = current.reply.get().caller()
        && caller.message.payload.get() == Payload::Utcb
        && current.senders.is_empty()
        && current.irqs.is_empty()
        && can_switch_to(caller.thread())
    {
        current.reply.set(ReplyCap::NONE);
        current.message.payload.set(Payload::Utcb);
        current.ipc.set(Ipc::Receiving);
        return hand_over(current, caller, tag, 0);
    }
    slow(current, label, dest, tag, timeout)
}

/// Whether a blocked thread may run as soon as it has its message: it has no timeout to
/// call off, and nobody more urgent is ready.
#[inline(always)]
fn can_switch_to(thread: &Thread) -> bool {
    !sched::timeout::is_set(thread)
        && thread.is_started()
        && thread.priority.get() >= sched::top_priority()
}

#[inline(always)]
fn hand_over(from: Bound, to: Bound, tag: u64, label: u64) -> Leave {
    copy_words(from, to, (tag & 0x3f) as usize);
    to.set_result(tag, label);
    to.ipc.set(Ipc::None);
    cpu::switch_to(to.thread());
    Leave::with(to.thread(), from.thread())
}
