//! The short way for what servers and clients do all the time: a call to a thread that
//! waits for one, and the reply to it, with nothing but words in the message. All other
//! cases go the long way, which gives the same result.

use super::state::{Ipc, Payload, ReplyCap};
use super::{after, after_invocation, copy_words};
use crate::arch::cpu;
use crate::cap::Rights;
use crate::obj::Object;
use crate::obj::invoke::{Call, Outcome};
use crate::obj::thread::Thread;
use crate::sched;
use l4re_sys::msgtag::MsgTag;
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
) -> Option<&'static Thread> {
    if tag & SLOW_TAG_BITS != 0 {
        return None;
    }
    const CALL: u64 = Sysf::CALL.bits();
    const REPLY_AND_WAIT: u64 = Sysf::REPLY_AND_WAIT.bits();
    match dest & 0xf {
        CALL if timeout == 0 => call(current, label, dest, tag),
        // The caller waits already, so that the send timeout does not matter.
        REPLY_AND_WAIT if timeout as u16 == 0 && dest & cap::REPLY_BIT == 0 => {
            reply_and_wait(current, tag)
        }
        _ => None,
    }
}

#[inline(always)]
fn call(current: &'static Thread, label: u64, dest: u64, tag: u64) -> Option<&'static Thread> {
    if dest & cap::INVALID_BIT != 0 {
        return None;
    }
    let task = current.task()?;
    let cap = task.caps.get((dest >> cap::SHIFT) as usize)?;
    let protocol = tag as i64 >> 16;
    let (receiver, label) = match cap.object() {
        Object::Gate(gate) => {
            if protocol == proto::KOBJECT && cap.rights.has(Rights::GATE_SERVER) {
                return None;
            }
            (gate.target()?, gate.label(cap.rights))
        }
        Object::Thread(thread) if protocol == proto::THREAD => {
            let call = Call::new(current, task, cap.rights, MsgTag(tag));
            return match thread.invoke(&call) {
                Outcome::Reply(reply) => {
                    current.set_result(reply.0.0, 0);
                    Some(after(current))
                }
                other => Some(after_invocation(current, other)),
            };
        }
        Object::Thread(thread) => (thread, label),
        _ => return None,
    };
    if !matches!(receiver.ipc.get(), Ipc::Receiving) || !can_switch_to(receiver) {
        return None;
    }
    // What the reply finds when it looks at its receiver.
    current.message.flags.set(Sysf::CALL);
    current.message.payload.set(Payload::Utcb);
    receiver.reply.set(ReplyCap::of(current));
    current.ipc.set(Ipc::AwaitingReply);
    hand_over(current, receiver, tag, label);
    Some(receiver)
}

#[inline(always)]
fn reply_and_wait(current: &'static Thread, tag: u64) -> Option<&'static Thread> {
    let caller = current.reply.get().caller()?;
    if caller.message.payload.get() != Payload::Utcb
        || !current.senders.is_empty()
        || !current.irqs.is_empty()
        || !can_switch_to(caller)
    {
        return None;
    }
    current.reply.set(ReplyCap::NONE);
    current.message.payload.set(Payload::Utcb);
    current.ipc.set(Ipc::Receiving);
    hand_over(current, caller, tag, 0);
    Some(caller)
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
fn hand_over(from: &'static Thread, to: &'static Thread, tag: u64, label: u64) {
    copy_words(from, to, (tag & 0x3f) as usize);
    to.set_result(tag, label);
    to.ipc.set(Ipc::None);
    cpu::switch_to(to);
}
