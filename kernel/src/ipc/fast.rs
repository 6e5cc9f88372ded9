//! The short way for what servers and clients do all the time: a call to a thread that
//! waits for one, and the reply to it, with nothing but words in the message. All other
//! cases go the long way, which gives the same result.

use super::copy_words;
use super::state::{Ipc, Payload, ReplyCap};
use crate::arch::cpu;
use crate::arch::entry::Leave;
use crate::cap::Rights;
use crate::obj::Object;
use crate::obj::thread::Thread;
use crate::sched;
use l4re_sys::op::thread as op;
use l4re_sys::sysf::Sysf;
use l4re_sys::{cap, proto};

/// Tag bits that the short way cannot do: items, flags, and word counts above 63 do not
/// exist.
const SLOW_TAG_BITS: u64 = 0xffc0;

/// Tries the short way.
#[inline(always)]
pub fn try_fast(
    current: &'static Thread,
    label: u64,
    dest: u64,
    timeout: u32,
    tag: u64,
) -> Option<Leave> {
    const CALL: u64 = Sysf::CALL.bits();
    const REPLY_AND_WAIT: u64 = Sysf::REPLY_AND_WAIT.bits();
    const FLAGS_AND_KIND: u64 = Sysf::MASK | cap::INVALID_BIT | cap::REPLY_BIT;
    match dest & FLAGS_AND_KIND {
        CALL if timeout == 0 => call(current, label, dest, tag),
        // The caller waits already, so that the send timeout does not matter. Which
        // object the selector names does not either: both phases are without one.
        d if d & !cap::INVALID_BIT == REPLY_AND_WAIT && timeout as u16 == 0 => {
            reply_and_wait(current, tag)
        }
        _ => None,
    }
}

#[inline(always)]
fn call(current: &'static Thread, label: u64, dest: u64, tag: u64) -> Option<Leave> {
    let cap = current.caps.get((dest >> cap::SHIFT) as usize)?;
    let protocol = tag as i64 >> 16;
    let (receiver, label) = match cap.object() {
        Object::Gate(gate) => {
            if protocol == proto::KOBJECT && cap.rights.has(Rights::GATE_SERVER) {
                return None;
            }
            (gate.target()?, gate.label(cap.rights))
        }
        Object::Thread(_) if protocol == proto::THREAD => {
            // Control without a flag has nothing to do but to be allowed.
            let nothing =
                tag & SLOW_TAG_BITS == 0 && tag & 0x3f != 0 && current.utcb().mr(0) == op::CONTROL;
            return (nothing && cap.rights.has(Rights::S)).then(|| Leave::at_once(0));
        }
        Object::Thread(thread) => (thread, label),
        _ => return None,
    };
    if tag & SLOW_TAG_BITS != 0
        || !matches!(receiver.ipc.get(), Ipc::Receiving)
        || !can_switch_to(receiver)
    {
        return None;
    }
    // What the reply finds when it looks at its receiver.
    current.message.flags.set(Sysf::CALL);
    current.message.payload.set(Payload::Utcb);
    receiver.reply.set(ReplyCap::of(current));
    current.ipc.set(Ipc::AwaitingReply);
    Some(hand_over(current, receiver, tag, label))
}

#[inline(always)]
fn reply_and_wait(current: &'static Thread, tag: u64) -> Option<Leave> {
    let caller = current.reply.get().caller()?;
    if tag & SLOW_TAG_BITS != 0
        || caller.message.payload.get() != Payload::Utcb
        || !current.senders.is_empty()
        || !current.irqs.is_empty()
        || !can_switch_to(caller)
    {
        return None;
    }
    current.reply.set(ReplyCap::NONE);
    current.message.payload.set(Payload::Utcb);
    current.ipc.set(Ipc::Receiving);
    Some(hand_over(current, caller, tag, 0))
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
fn hand_over(from: &'static Thread, to: &'static Thread, tag: u64, label: u64) -> Leave {
    copy_words(from, to, (tag & 0x3f) as usize);
    to.set_result(tag, label);
    to.ipc.set(Ipc::None);
    cpu::switch_to(to);
    Leave::with(to, from)
}
