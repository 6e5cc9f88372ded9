//! IPC: messages from thread to thread, and system calls to kernel objects.
//!
//! A system call has a send phase, a receive phase, or both. The send phase ends when
//! the receiver has taken the message; a sender whose receiver is not ready waits in the
//! receiver's queue, and the receiver takes the message out when it comes to wait. All
//! copying is done in one go, by whoever comes second.

pub mod fast;
pub mod fault;
#[cfg(test)]
mod histories;
mod items;
pub mod long;
pub mod queue;
pub mod replies;
pub mod state;

use crate::arch::entry::{Exit, Leave, save_caller};
use crate::arch::{clock, cpu};
use crate::cap::{self, Rights};
use crate::obj::binding::Bound;
use crate::obj::gate::Gate;
use crate::obj::invoke::{Call, Outcome, Reply, dispatch};
use crate::obj::irq::Irq;
use crate::obj::semaphore::Semaphore;
use crate::obj::thread::{Alien, Thread, nobody};
use crate::obj::{self, Handle, Object};
use crate::sched;
use crate::util::budget::{self, Budget, Unfinished};
use l4re_sys::cap::CapIdx;
use l4re_sys::msgtag::{MsgTag, TagFlags};
use l4re_sys::sysf::Sysf;
use l4re_sys::timeout::{Timeout, TimeoutS};
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{err, ipc_error, proto};
use state::{Ipc, Payload, ReplyCap};

/// An error of an IPC, as the send phase has it; the receive phase's has bit 0 set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IpcError(pub u64);

impl IpcError {
    const TIMEOUT: Self = Self(ipc_error::SE_TIMEOUT);
    const NOT_EXISTENT: Self = Self(ipc_error::NOT_EXISTENT);
    const CANCELED: Self = Self(ipc_error::SE_CANCELED);
    const ABORTED: Self = Self(ipc_error::SE_ABORTED);
    /// The message does not fit.
    pub const MSG_CUT: Self = Self(ipc_error::SE_MSG_CUT);
    /// Mapping ran out of memory.
    pub const MAP_FAILED: Self = Self(ipc_error::SE_MAP_FAILED);

    fn in_receive(self) -> Self {
        Self(self.0 | ipc_error::PHASE_MASK)
    }
}

/// A thread whose IPC is over and that is in no ready queue yet. Whoever gets it sees to it
/// that it goes on: a thread that can run is the current one, or queued.
#[must_use = "the thread would never run again"]
pub struct Released(&'static Thread);

impl Released {
    /// Queues the thread.
    pub fn wake(self) {
        sched::wake(self.0);
    }

    /// Goes on with the thread, or with somebody more urgent.
    pub fn run(self) -> &'static Thread {
        sched::run_or_queue(self.0)
    }

    /// The thread is the one whose system call this is, which decides about it at its end.
    fn stays_current(self, current: Bound) {
        debug_assert!(core::ptr::eq(self.0, current.thread()));
    }

    /// The thread does not go on but raises an exception, which begins another wait.
    fn raises(self, raise: impl FnOnce()) {
        raise();
    }
}

/// Queues the thread, if there is one.
fn wake(released: Option<Released>) {
    if let Some(released) = released {
        released.wake();
    }
}

/// Why a message is not there.
#[derive(Clone, Copy)]
enum Hitch {
    /// It never will be.
    Error(IpcError),
    /// So far it came in this stay in the kernel.
    Unfinished(u64),
}

impl From<IpcError> for Hitch {
    fn from(error: IpcError) -> Self {
        Self::Error(error)
    }
}

/// How a send phase ended.
enum Sent {
    /// The message is there. The thread that has it can run now, and should if urgent
    /// enough; `None`: it waits on, for the answer to an exception.
    To(Option<Released>),
    /// A kernel object answered.
    Answer(Reply),
    /// An IRQ was unmasked: a call goes on to wait for it.
    Receive(&'static Irq),
    /// A kernel object took the message, and will never answer.
    Silence,
    /// A kernel object answered, and then something about scheduling.
    AnswerAnd(Outcome),
    /// The caller waits for its receiver.
    Blocked,
    /// The caller goes on with the message when interrupts had their turn.
    Unfinished,
    /// The message did not arrive.
    Failed(IpcError),
}

/// All system calls that the short way cannot do.
#[inline(never)]
extern "C" fn slow(current: Bound, label: u64, dest: u64, tag: u64, timeout: u32) -> Leave {
    save_caller(&current);
    let caller = Handle::of(current.thread());
    let next = match current.alien.get() {
        Alien::No => phases(current, label, dest, timeout, tag),
        _ => alien_call(current, label, dest, tag, timeout),
    };
    // What it saves is written when the thread may be gone, and its memory with it.
    Leave::with(next, caller.get().unwrap_or_else(nobody))
}

/// A system call of an alien: told to its exception handler, or let through and its end
/// told.
fn alien_call(current: Bound, label: u64, dest: u64, tag: u64, timeout: u32) -> &'static Thread {
    if current.alien.get() == Alien::LetThrough {
        current.alien.set(Alien::Yes);
        let alien = Handle::of(current.thread());
        let next = phases(current, label, dest, timeout, tag);
        if let Some(alien) = alien.get() {
            long::end_of_alien_call(alien);
        }
        return next;
    }
    // Told before it happens: the instruction pointer is that of the system call.
    // The exception comes when the entry code has saved all registers.
    repeat(&current, label, dest, tag);
    current.alien.set(Alien::Begins);
    current.exit.set(Exit::Exception);
    current.thread()
}

fn phases(current: Bound, label: u64, dest: u64, timeout: u32, tag: u64) -> &'static Thread {
    let flags = Sysf::from_bits_retain(dest & Sysf::MASK);
    let timeouts = Timeout(timeout);
    let message = &current.message;
    message.tag.set(tag);
    message.flags.set(flags);
    message.dest.set(dest);
    message.timeout.set(timeout);
    message.payload.set(Payload::Utcb);
    message.pass_special.set(false);

    let into = flags.contains(Sysf::SEND_AND_WAIT) && !flags.contains(Sysf::REPLY);
    if into
        && let (Some(index), Some(task)) = (reply_index(CapIdx(dest)), current.task())
        && task.replies.prepare(index, task).is_none()
    {
        fail_current(current, IpcError(ipc_error::NO_REPLY_CAP));
        return after(current);
    }
    let mut direct = None;
    if flags.contains(Sysf::SEND) {
        let sent = if flags.contains(Sysf::REPLY) {
            reply(current, CapIdx(dest), timeouts.send())
        } else {
            send(current, CapIdx(dest), label, MsgTag(tag), timeouts.send())
        };
        match sent {
            Sent::To(receiver) => {
                if is_call(flags) {
                    // The reply comes to `AwaitingReply`, which `transfer` has entered.
                    arm(current, timeouts.recv());
                    reap_some();
                    return run(receiver);
                }
                if !flags.contains(Sysf::RECV) {
                    // The tag comes back as it was.
                    current.set_result(tag, 0);
                    wake(receiver);
                    return after(current);
                }
                direct = receiver;
            }
            Sent::Receive(irq) => {
                if is_call(flags) {
                    receive_irq(current, irq, timeouts.recv());
                    return after(current);
                }
                if !flags.contains(Sysf::RECV) {
                    current.set_result(tag, 0);
                    return after(current);
                }
            }
            Sent::Silence => {
                if is_call(flags) {
                    current.ipc.set(Ipc::Sleeping);
                    if let Some(released) = block(current, timeouts.recv()) {
                        released.stays_current(current);
                    }
                    return after(current);
                }
                if !flags.contains(Sysf::RECV) {
                    current.set_result(tag, 0);
                    return after(current);
                }
            }
            Sent::Answer(answer) => {
                // An interrupt controller's answer is one for calls: others go on to wait. All
                // other objects answer whatever the receive phase says. Who ended itself
                // receives nothing any more.
                let is_fine = answer.0.label() >= 0;
                let waits = MsgTag(tag).label() == proto::IRQ && is_fine && !is_call(flags);
                if !flags.contains(Sysf::RECV) {
                    let object = lookup(current, CapIdx(dest));
                    let result = unheard(MsgTag(tag), object, answer);
                    current.set_result(result, 0);
                    return after(current);
                }
                if !waits || current.has_ended() {
                    current.set_result(answer.0.0, 0);
                    return after(current);
                }
            }
            Sent::AnswerAnd(outcome) => {
                if matches!(outcome, Outcome::Again) {
                    repeat(&current, label, dest, tag);
                }
                return after_invocation(current, outcome);
            }
            Sent::Blocked => {
                reap_some();
                return sched::next();
            }
            Sent::Unfinished => return after(current),
            Sent::Failed(error) => {
                // The thread may have been stopped or moved on by its own message.
                if current.can_run() {
                    fail_current(current, error);
                }
                return after(current);
            }
        }
    }
    if flags.contains(Sysf::RECV) {
        // The caller is the partner, and there may be none, or one that sends nothing.
        let of_caller = flags.contains(Sysf::REPLY) && !flags.contains(Sysf::SEND);
        let waits = flags.contains(Sysf::OPEN_WAIT) && has_caller(current, CapIdx(dest));
        if of_caller && !waits {
            fail_current(current, IpcError::NOT_EXISTENT);
            return after(current);
        }
        receive(current, CapIdx(dest), flags, timeouts.recv());
        if let Some(receiver) = direct {
            reap_some();
            if current.can_run() {
                receiver.wake();
                return after(current);
            }
            return receiver.run();
        }
    } else if !flags.contains(Sysf::SEND) {
        return without_phases(current, label, CapIdx(dest), flags, MsgTag(tag));
    }
    after(current)
}

/// Goes on with the thread, or with the most urgent one if there is none.
fn run(released: Option<Released>) -> &'static Thread {
    match released {
        Some(released) => released.run(),
        None => sched::next(),
    }
}

/// Leaves a system call: some of the deleted objects are destroyed, the most urgent thread goes on.
fn after(current: Bound) -> &'static Thread {
    let current = current.thread();
    if !sched::take_attention() && current.can_run() {
        return current;
    }
    reap_some();
    most_urgent(current)
}

/// The thread that a system call goes on with: `current`, which may have ended itself, or one
/// that is more urgent.
fn most_urgent(current: &'static Thread) -> &'static Thread {
    if cpu::current().is_none() {
        return sched::next();
    }
    sched::pick(current)
}

/// Leaves a system call whose object had something to say about scheduling.
fn after_invocation(current: Bound, outcome: Outcome) -> &'static Thread {
    if !matches!(
        outcome,
        Outcome::Blocked | Outcome::Again | Outcome::Resumed
    ) {
        let receives = current.message.flags.get().contains(Sysf::RECV);
        let tag = current.message.tag.get();
        current.set_result(if receives { Reply::ok().0.0 } else { tag }, 0);
    }
    let may_reap = reap_some();
    match outcome {
        Outcome::Switch(thread) => {
            sched::remove(thread);
            sched::switch_from(current.thread(), thread)
        }
        Outcome::Yield => sched::yield_now(current.thread()),
        Outcome::Blocked => sched::next(),
        // `after` would destroy some all the same.
        _ if !may_reap => most_urgent(current.thread()),
        Outcome::Reply(_)
        | Outcome::Again
        | Outcome::Resumed
        | Outcome::Receive(_)
        | Outcome::Silence
        | Outcome::Error(_) => after(current),
    }
}

/// Lets a thread make its system call again: `syscall` is two bytes long.
fn repeat(thread: &Thread, label: u64, dest: u64, tag: u64) {
    thread.leave_by_iret();
    thread.update_regs(|regs| {
        regs.ip = regs.ip.wrapping_sub(2);
        regs.rax = tag;
        regs.rdx = dest;
        regs.rsi = label;
    });
}

/// Destroys some of the deleted objects. `false`: none, since this stay has done much already;
/// they are the next one's.
fn reap_some() -> bool {
    if budget::is_spent() {
        obj::put_off_reaping();
        return false;
    }
    // What is left over demands attention the next time.
    let _ = obj::reap(&Budget::of_a_short_stay());
    true
}

/// A system call with neither phase: tasks and threads look at the request all the same, and nobody
/// hears of the answer.
fn without_phases(
    current: Bound,
    label: u64,
    dest: CapIdx,
    flags: Sysf,
    tag: MsgTag,
) -> &'static Thread {
    let object = lookup(current, dest).filter(|_| !flags.contains(Sysf::REPLY));
    let error = match object {
        Some((Object::Gate(gate), _)) if !gate.was_bound() => IpcError::TIMEOUT,
        None | Some((Object::Gate(_), _)) => IpcError::NOT_EXISTENT,
        Some(_) if tag.label() == proto::META => IpcError::NOT_EXISTENT,
        Some((Object::Thread(_), _))
            if tag.label() != proto::THREAD || flags.contains(Sysf::OPEN_WAIT) =>
        {
            IpcError::NOT_EXISTENT
        }
        Some((Object::Thread(_) | Object::Task(_), _)) => {
            match send(current, dest, label, tag, TimeoutS::ZERO) {
                Sent::Answer(answer) => current.set_result(unheard(tag, object, answer), 0),
                Sent::AnswerAnd(outcome) => {
                    if matches!(outcome, Outcome::Again) {
                        repeat(&current, label, dest.0, tag.0);
                    }
                    return after_invocation(current, outcome);
                }
                _ => {}
            }
            return after(current);
        }
        Some(_) => {
            current.set_result(tag.0, 0);
            return after(current);
        }
    };
    fail_current(current, error);
    after(current)
}

/// What a system call without a receive phase returns for an object's answer: the tag that it was
/// made with, unless it is a task that does not know the protocol.
fn unheard(tag: MsgTag, object: Option<(Object, Rights)>, answer: Reply) -> u64 {
    match object {
        Some((Object::Task(_), _)) if answer.0.label() == -err::EBADPROTO => answer.0.0,
        _ => tag.0,
    }
}

fn is_call(flags: Sysf) -> bool {
    flags.contains(Sysf::CALL) && !flags.contains(Sysf::OPEN_WAIT)
}

/// The object that a selector names for a thread, and with which rights. An invalid
/// selector is the thread itself, and so is that of a reply capability.
fn lookup(current: Bound, dest: CapIdx) -> Option<(Object, Rights)> {
    if !dest.is_valid() || dest.is_reply() {
        return Some((Object::Thread(current.thread()), Rights::ALL));
    }
    let cap = current.task()?.caps.get(cap::position(dest)?)?;
    Some((cap.object(), cap.rights))
}

fn send(current: Bound, dest: CapIdx, label: u64, tag: MsgTag, timeout: TimeoutS) -> Sent {
    let Some((object, rights)) = lookup(current, dest) else {
        return Sent::Failed(IpcError::NOT_EXISTENT);
    };
    match object {
        Object::Gate(gate) => {
            let to_kernel = tag.label() == proto::KOBJECT && rights.has(Rights::GATE_SERVER);
            if !to_kernel {
                current.message.pass_special.set(rights.has(Rights::S));
                return send_by_gate(current, gate, rights, timeout);
            }
        }
        Object::Thread(thread) if tag.label() != proto::THREAD => {
            current.message.pass_special.set(rights.has(Rights::S));
            current.message.label.set(label);
            return send_to(current, thread, timeout);
        }
        _ => {}
    }
    let Some(task) = current.task() else {
        return Sent::Failed(IpcError::NOT_EXISTENT);
    };
    // Who does not receive the answer gets no object.
    if matches!(object, Object::Factory(_)) && !current.message.flags.get().contains(Sysf::RECV) {
        return Sent::Answer(Reply::ok());
    }
    match dispatch(object, &Call::new(current, task, rights, tag)) {
        Outcome::Reply(reply) => Sent::Answer(reply),
        Outcome::Receive(irq) => Sent::Receive(irq),
        Outcome::Silence => Sent::Silence,
        Outcome::Error(error) => Sent::Failed(error),
        Outcome::Blocked => Sent::Blocked,
        other => Sent::AnswerAnd(other),
    }
}

fn send_by_gate(current: Bound, gate: &'static Gate, rights: Rights, timeout: TimeoutS) -> Sent {
    let Some(thread) = gate.select() else {
        if gate.was_bound() {
            return Sent::Failed(IpcError::NOT_EXISTENT);
        }
        if timeout == TimeoutS::ZERO {
            return Sent::Failed(IpcError::TIMEOUT);
        }
        current
            .message
            .label
            .set(u64::from(rights.0) & Gate::LABEL_RIGHTS);
        current.ipc.set(Ipc::Sending);
        gate.waiting.push(current.thread());
        arm(current, timeout);
        return Sent::Blocked;
    };
    current.message.label.set(gate.label(rights));
    send_to(current, thread, timeout)
}

/// The receiver, if it waits for a message that may come from `sender`.
fn accepts(receiver: &'static Thread, sender: Bound) -> Option<Bound> {
    let accepts = match receiver.ipc.get() {
        Ipc::Receiving | Ipc::ReceivingInto(_) => true,
        Ipc::ReceivingFrom(from) => from.is(&sender),
        // Whom it called may answer by any message. So may whom the kernel told of its fault,
        // but not by a fault of its own.
        Ipc::AwaitingReply => {
            let told = receiver.message.payload.get() != Payload::Utcb;
            receiver.partner.get().is(&sender)
                && !(told && sender.message.payload.get() != Payload::Utcb)
        }
        _ => false,
    };
    accepts.then(|| Bound::by_state(receiver))
}

/// Sends what `sender.message` says, or queues the sender.
fn send_to(sender: Bound, receiver: &'static Thread, timeout: TimeoutS) -> Sent {
    if receiver.bound().is_none() || receiver.has_ended() {
        return Sent::Failed(IpcError::NOT_EXISTENT);
    }
    let to_itself = core::ptr::eq(sender.thread(), receiver);
    match accepts(receiver, sender) {
        Some(receiver) if !to_itself => match transfer(sender, receiver) {
            Ok(released) => Sent::To(released),
            Err(Hitch::Error(error)) => Sent::Failed(error),
            Err(Hitch::Unfinished(_)) => Sent::Unfinished,
        },
        _ if timeout == TimeoutS::ZERO => Sent::Failed(IpcError::TIMEOUT),
        _ => {
            sender.ipc.set(Ipc::Sending);
            if !to_itself {
                receiver.senders.push(sender.thread());
            }
            arm(sender, timeout);
            Sent::Blocked
        }
    }
}

/// Copies the message of `sender` to `receiver`, which waits for it, and ends the wait.
/// If the sender calls, it waits for the reply from here on. If the message does not fit,
/// the receiver is told and woken here; if it is not finished, both are left to `long`.
fn transfer(sender: Bound, receiver: Bound) -> Result<Option<Released>, Hitch> {
    let message = &sender.message;
    if receiver.message.payload.get() != Payload::Utcb {
        let answered = fault::answer(sender, receiver, MsgTag(message.tag.get()));
        if let Err(Hitch::Unfinished(at)) = answered {
            long::put_off(sender, receiver, at);
        }
        let released = answered?;
        if is_call(message.flags.get()) {
            // What it answered will not reply by a capability, but it may fault again, or
            // send by itself.
            let _ = await_reply(sender, receiver);
        }
        return Ok(released);
    }
    let tag = match copy_message(sender, receiver) {
        Ok(tag) => tag,
        Err(hitch) => {
            match hitch {
                Hitch::Error(error) => wake(fail(receiver, error.in_receive())),
                Hitch::Unfinished(at) => long::put_off(sender, receiver, at),
            }
            return Err(hitch);
        }
    };
    receiver.set_result(tag.0, message.label.get());
    let waited = receiver.ipc.get();
    let released = finish(receiver.thread());
    if is_call(message.flags.get()) {
        let cap = await_reply(sender, receiver);
        match (waited, receiver.task()) {
            (Ipc::ReceivingInto(index), Some(task)) => task.replies.put(index as usize, cap),
            _ => receiver.reply.set(cap),
        }
    }
    Ok(Some(released))
}

/// The sender waits for a reply from here on, by the capability that is returned or by
/// any message of the receiver.
fn await_reply(sender: Bound, receiver: Bound) -> ReplyCap {
    let cap = ReplyCap::of(sender);
    sender.partner.set(Handle::of(receiver.thread()));
    sender.ipc.set(Ipc::AwaitingReply);
    cap
}

/// Copies what `sender.message` says; returns the tag that the receiver sees.
fn copy_message(sender: Bound, receiver: Bound) -> Result<MsgTag, Hitch> {
    let message = &sender.message;
    let tag = MsgTag(message.tag.get());
    let utcb = receiver.utcb();
    Ok(match message.payload.get() {
        Payload::Utcb => {
            let words = tag.words().min(MSG_REGS);
            copy_words(sender, receiver, words);
            if tag.items() > 0 {
                let pass_special = message.pass_special.get();
                let from = long::came_to(sender);
                items::transfer(sender, receiver, words, tag.items(), pass_special, from)?;
            }
            give_fpu(sender, receiver, tag);
            MsgTag(tag.0 & !u64::from(TagFlags::ERROR.bits()))
        }
        Payload::PageFault { address, ip } | Payload::IoFault { ports: address, ip } => {
            utcb.set_mr(0, address);
            utcb.set_mr(1, ip);
            MsgTag::new(tag.label(), 2, 0, TagFlags::empty())
        }
        Payload::Exception => {
            utcb.set_exc_regs(&sender.regs());
            give_fpu(sender, receiver, tag);
            MsgTag::new(
                tag.label(),
                l4re_sys::utcb::EXC_REGS_WORDS,
                0,
                TagFlags::empty(),
            )
        }
    })
}

/// Gives the receiver the sender's floating-point registers, if both want that.
fn give_fpu(sender: Bound, receiver: Bound, tag: MsgTag) {
    if tag.flags().contains(TagFlags::TRANSFER_FPU) && receiver.utcb().bdr().inherits_fpu() {
        cpu::copy_fpu(sender.thread(), receiver.thread());
    }
}

/// Up to how many words a loop of a word a round is quicker than an unrolled one.
const FEW_WORDS: usize = 8;

#[inline(always)]
fn copy_words(sender: Bound, receiver: Bound, words: usize) {
    debug_assert!(words <= MSG_REGS);
    if words == 0 {
        return;
    }
    let (from, to) = (sender.utcb().msg_ptr(), receiver.utcb().msg_ptr());
    let copy = |n| {
        // SAFETY: both point at the 63 message registers of a UTCB in the direct map.
        // User code does not run now; if a user bound two threads to UTCBs that overlap,
        // they get each other's words, which is theirs to know.
        unsafe { to.add(n).write_volatile(from.add(n).read_volatile()) }
    };
    if words <= FEW_WORDS {
        let mut n = words;
        while n != 0 {
            n -= 1;
            copy(n);
            // SAFETY: no instruction. The compiler does not know how often the loop runs, and
            // does not unroll it.
            unsafe {
                core::arch::asm!("/* {} */", inout(reg) n, options(nomem, nostack, preserves_flags))
            };
        }
    } else {
        (0..words).for_each(copy);
    }
}

/// Ends a thread's IPC: it can run again.
fn finish(thread: &'static Thread) -> Released {
    debug_assert!(!thread.has_ended());
    thread.ipc.set(Ipc::None);
    sched::timeout::clear(thread);
    Released(thread)
}

/// Ends a thread's IPC with an error. A thread whose fault could not be told has nobody
/// left to help it: `None`.
#[must_use = "the thread would never run again"]
fn fail(thread: Bound, error: IpcError) -> Option<Released> {
    match thread.message.payload.get() {
        Payload::Utcb => {
            thread.utcb().set_error(error.0);
            let tag = MsgTag::new(0, 0, 0, TagFlags::ERROR);
            thread.set_result(tag.0, 0);
            Some(finish(thread.thread()))
        }
        _ => {
            fault::undeliverable(thread, error);
            None
        }
    }
}

/// Ends the system call of the current thread with an error.
fn fail_current(current: Bound, error: IpcError) {
    if let Some(released) = fail(current, error) {
        released.stays_current(current);
    }
}

/// Lets a timeout of the IPC run.
fn arm(thread: Bound, timeout: TimeoutS) {
    if timeout.is_never() {
        return;
    }
    let deadline = match timeout.absolute_register() {
        Some(register) if register < l4re_sys::utcb::BUF_REGS => thread.utcb().br(register),
        Some(_) => 0,
        None => clock::now_us().saturating_add(timeout.as_us()),
    };
    sched::timeout::set(thread.thread(), deadline);
}

fn has_passed(thread: Bound, timeout: TimeoutS) -> bool {
    match timeout.absolute_register() {
        Some(register) => {
            register >= l4re_sys::utcb::BUF_REGS || thread.utcb().br(register) <= clock::now_us()
        }
        None => !timeout.is_never() && timeout.as_us() == 0,
    }
}

fn reply(current: Bound, dest: CapIdx, timeout: TimeoutS) -> Sent {
    let cap = match reply_index(dest) {
        Some(index) => current
            .task()
            .map_or(ReplyCap::NONE, |task| task.replies.take(index)),
        None => current.reply.replace(ReplyCap::NONE),
    };
    let Some(caller) = cap.caller() else {
        return Sent::Failed(IpcError::NOT_EXISTENT);
    };
    current.message.label.set(0);
    current.message.pass_special.set(true);
    // Only the thread that was called can answer at once: for others the caller is one
    // that does not wait for them. A fault is answered by whoever holds the capability.
    if caller.message.payload.get() == Payload::Utcb {
        return send_to(current, caller.thread(), timeout);
    }
    match transfer(current, caller) {
        Ok(released) => Sent::To(released),
        Err(Hitch::Error(error)) => Sent::Failed(error),
        Err(Hitch::Unfinished(_)) => Sent::Unfinished,
    }
}

/// Whether the selector is that of an explicit reply capability, or somebody waits for the reply.
fn has_caller(current: Bound, dest: CapIdx) -> bool {
    reply_index(dest).is_some() || current.reply.get().caller().is_some()
}

/// The index of an explicit reply capability, if the selector names one; an invalid one
/// (`L4_INVALID_REPLY_CAP`) stands for the implicit capability.
fn reply_index(dest: CapIdx) -> Option<usize> {
    let index = usize::try_from(dest.index()).unwrap_or(usize::MAX);
    (dest.is_reply() && dest.is_valid()).then(|| index.min(u32::MAX as usize))
}

/// The receive phase of the current thread: a message that is there is taken.
fn receive(current: Bound, dest: CapIdx, flags: Sysf, timeout: TimeoutS) {
    if flags.contains(Sysf::OPEN_WAIT) {
        let alone = !flags.contains(Sysf::SEND) && reply_index(dest).is_none();
        match lookup(current, dest).filter(|_| alone) {
            None if alone => return fail_current(current, IpcError::NOT_EXISTENT),
            Some((object @ Object::Task(_), rights)) => {
                // As in a closed receive phase.
                return request(current, dest, object, rights);
            }
            _ => {}
        }
        return match enter_open_wait(current) {
            Ok(()) => {
                if let Some(released) = settle(current, timeout) {
                    released.stays_current(current);
                }
            }
            Err(error) => fail_current(current, error),
        };
    }
    let object = lookup(current, dest);
    let from = match object {
        Some((Object::Thread(from), _)) => from,
        // A gate stands for its thread.
        Some((Object::Gate(gate), _)) => match gate.select() {
            Some(from) => from,
            None if gate.was_bound() => return fail_current(current, IpcError::NOT_EXISTENT),
            // Nobody will ever be the one to wait for: the time for sending is what counts.
            None => return fail_current(current, IpcError::TIMEOUT),
        },
        Some((Object::Irq(irq), _)) => return receive_irq(current, irq, timeout),
        // These send nothing, ever.
        Some((Object::Factory(_) | Object::Semaphore(_), _)) => {
            current.ipc.set(Ipc::Sleeping);
            if let Some(released) = block(current, timeout) {
                released.stays_current(current);
            }
            return;
        }
        // Other objects take it for a request.
        Some((object, rights)) => return request(current, dest, object, rights),
        None => return fail_current(current, IpcError::NOT_EXISTENT),
    };
    let (released, then) = if core::ptr::eq(from, current.thread()) {
        current.ipc.set(Ipc::Sleeping);
        (block(current, timeout), None)
    } else {
        current.ipc.set(Ipc::ReceivingFrom(Handle::of(from)));
        if current.senders.remove(from) {
            take(current, Bound::by_state(from))
        } else {
            (block(current, timeout), None)
        }
    };
    if let Some(released) = released {
        released.stays_current(current);
    }
    if let Some((waiter, timeout)) = then {
        wake(settle(waiter, timeout));
    }
}

/// Lets a thread wait for a message from anybody, as the selector of its system call says:
/// at once, or when the send phase before it is over.
fn enter_open_wait(thread: Bound) -> Result<(), IpcError> {
    // With both phases, an index without the reply flag is that of the receiver.
    let wait = match (
        reply_index(CapIdx(thread.message.dest.get())),
        thread.task(),
    ) {
        (None, _) => Ipc::Receiving,
        (Some(index), Some(task)) if task.replies.prepare(index, task).is_some() => {
            Ipc::ReceivingInto(index as u32)
        }
        _ => return Err(IpcError(ipc_error::NO_REPLY_CAP)),
    };
    thread.ipc.set(wait);
    Ok(())
}

fn receive_irq(current: Bound, irq: &'static Irq, timeout: TimeoutS) {
    current.ipc.set(Ipc::ReceivingIrq(Handle::of(irq)));
    let released = if current.irqs.remove(irq) {
        Some(deliver_irq(current.thread(), irq))
    } else {
        block(current, timeout)
    };
    if let Some(released) = released {
        released.stays_current(current);
    }
}

/// A receive phase alone, on an object that sends nothing.
fn request(current: Bound, dest: CapIdx, object: Object, rights: Rights) {
    let tag = MsgTag(current.message.tag.get());
    let Some(task) = current.task() else { return };
    match dispatch(object, &Call::new(current, task, rights, tag)) {
        Outcome::Reply(reply) => current.set_result(reply.0.0, 0),
        Outcome::Blocked => {}
        Outcome::Silence => {
            current.ipc.set(Ipc::Sleeping);
            let timeout = Timeout(current.message.timeout.get()).recv();
            if let Some(released) = block(current, timeout) {
                released.stays_current(current);
            }
        }
        // With a send phase before, that would be made again, too.
        Outcome::Again if current.message.flags.get().contains(Sysf::SEND) => {
            current.set_result(Reply::label(-err::EAGAIN).0.0, 0);
        }
        Outcome::Again => repeat(&current, 0, dest.0, tag.0),
        Outcome::Error(error) => fail_current(current, error),
        _ => current.set_result(Reply::ok().0.0, 0),
    }
}

/// Lets a thread that has begun to wait wait on, unless its time is up.
#[must_use = "the thread would never run again"]
fn block(thread: Bound, timeout: TimeoutS) -> Option<Released> {
    if has_passed(thread, timeout) {
        return fail(thread, IpcError::TIMEOUT.in_receive());
    }
    arm(thread, timeout);
    None
}

/// A sender whose send phase is over and that waits for anybody, and how long.
type Waiter = Option<(Bound, TimeoutS)>;

/// Gives a thread that began to wait for anybody what waits for it. The sender that is
/// served may begin to wait in its turn, with senders of its own: hence the loop.
/// `Some`: the first thread has what it waited for; all others are woken here.
#[must_use = "the thread would never run again"]
fn settle(receiver: Bound, timeout: TimeoutS) -> Option<Released> {
    let (released, mut then) = serve(receiver, timeout);
    let budget = Budget::of_a_short_stay();
    while let Some((waiter, timeout)) = then {
        // A message with items is a stay of its own.
        let short = (waiter.senders.at_or_behind(0))
            .is_none_or(|sender| MsgTag(sender.message.tag.get()).items() == 0);
        if !short || budget.spend(Budget::WAKE).is_err() {
            long::put_off_wait(waiter);
            break;
        }
        let (released, next) = serve(waiter, timeout);
        wake(released);
        then = next;
    }
    released
}

/// Gives a thread that waits for anybody the first message that is there.
fn serve(receiver: Bound, timeout: TimeoutS) -> (Option<Released>, Waiter) {
    if let Some(irq) = receiver.irqs.pop_front() {
        return (Some(deliver_irq(receiver.thread(), irq)), None);
    }
    match receiver.senders.pop() {
        Some(sender) => take(receiver, Bound::by_state(sender)),
        None => (block(receiver, timeout), None),
    }
}

/// Takes the message of a sender that waited, for a receiver that accepts it. `Some`: the
/// receiver can run; if the sender begins to wait for anybody, it is to be served next.
fn take(receiver: Bound, sender: Bound) -> (Option<Released>, Waiter) {
    sched::timeout::clear(&sender);
    let released = match transfer(sender, receiver) {
        Ok(released) => released,
        Err(Hitch::Error(error)) => {
            wake(fail(sender, error));
            return (None, None);
        }
        Err(Hitch::Unfinished(_)) => {
            sched::wake(sender.thread());
            return (None, None);
        }
    };
    let flags = sender.message.flags.get();
    let timeout = Timeout(sender.message.timeout.get()).recv();
    if is_call(flags) {
        arm(sender, timeout);
    } else if flags.contains(Sysf::RECV) {
        match enter_open_wait(sender) {
            Ok(()) => return (released, Some((sender, timeout))),
            Err(error) => wake(fail(sender, error)),
        }
    } else {
        sender.set_result(sender.message.tag.get(), 0);
        finish(sender.thread()).wake();
    }
    (released, None)
}

fn deliver_irq(receiver: &'static Thread, irq: &'static Irq) -> Released {
    // The message is empty, its protocol 0: the label alone tells who it is from.
    receiver.set_result(0, irq.label());
    finish(receiver)
}

/// An IRQ for a thread: taken at once, or kept. False if the thread has stopped for ever.
pub fn interrupt(thread: &'static Thread, irq: &'static Irq) -> bool {
    let waits = match thread.ipc.get() {
        Ipc::Receiving | Ipc::ReceivingInto(_) => true,
        Ipc::ReceivingIrq(from) => from.is(irq),
        Ipc::Ended => return false,
        _ => false,
    };
    if waits {
        // It may wait at another member of a group.
        irq.pending.unlink();
        deliver_irq(thread, irq).wake();
    } else if !irq.is_pending() {
        thread.irqs.push_back(irq);
    }
    true
}

/// A sender that waited at a gate goes to the thread that the gate now has.
pub fn resend(sender: &'static Thread, receiver: &'static Thread) {
    let sender = Bound::by_state(sender);
    if receiver.bound().is_none() || receiver.has_ended() {
        return wake(fail(sender, IpcError::NOT_EXISTENT));
    }
    match accepts(receiver, sender) {
        Some(receiver) => {
            let (released, then) = take(receiver, sender);
            wake(released);
            if let Some((waiter, timeout)) = then {
                wake(settle(waiter, timeout));
            }
        }
        None if core::ptr::eq(sender.thread(), receiver) => {}
        None => {
            receiver.senders.push(sender.thread());
        }
    }
}

/// The gate or semaphore that a thread waited at is gone.
pub fn object_is_gone(thread: &'static Thread) {
    wake(fail(Bound::by_state(thread), IpcError::NOT_EXISTENT));
}

/// The current thread waits for a semaphore.
pub fn wait_for_semaphore(thread: Bound, semaphore: &'static Semaphore) -> Outcome {
    let timeout = Timeout(thread.message.timeout.get()).recv();
    if has_passed(thread, timeout) {
        return Outcome::Error(IpcError::TIMEOUT.in_receive());
    }
    thread.ipc.set(Ipc::Down);
    semaphore.waiting.push(thread.thread());
    arm(thread, timeout);
    Outcome::Blocked
}

/// A thread got the semaphore it waited for.
pub fn semaphore_taken(thread: &'static Thread) {
    thread.set_result(Reply::ok().0.0, 0);
    finish(thread).wake();
}

/// The phase a blocked thread is in, as an error of that phase.
fn in_phase(thread: &Thread, error: IpcError) -> IpcError {
    match thread.ipc.get() {
        Ipc::Sending => error,
        _ => error.in_receive(),
    }
}

/// The timeout of a blocked thread struck.
pub fn timed_out(thread: &'static Thread) {
    interrupt_ipc(thread, IpcError::TIMEOUT);
}

/// Ends the IPC of a blocked thread from outside (`L4_THREAD_EX_REGS_CANCEL`). One that waits
/// for a pager or handler goes on as if that had answered.
pub fn cancel(thread: &'static Thread) {
    long::cancel(thread, IpcError::CANCELED);
    if thread.message.payload.get() == Payload::Utcb {
        interrupt_ipc(thread, IpcError::CANCELED);
    } else if !matches!(thread.ipc.get(), Ipc::None | Ipc::Ended) {
        queue::leave(thread);
        thread.message.payload.set(Payload::Utcb);
        finish(thread).wake();
    }
}

fn interrupt_ipc(thread: &'static Thread, error: IpcError) {
    if matches!(thread.ipc.get(), Ipc::None | Ipc::Ended) {
        return;
    }
    let error = in_phase(thread, error);
    queue::leave(thread);
    // Whoever holds the reply capability finds that nobody waits any more.
    wake(fail(Bound::by_state(thread), error));
}

/// A thread ends: out of the queue it is in, and whoever waits for it is told, as far as the
/// budget goes.
pub fn leave(thread: &'static Thread, budget: &Budget) -> Result<(), Unfinished> {
    queue::leave(thread);
    long::leave(thread);
    thread.ipc.set(Ipc::Ended);
    // The IRQ goes to another member of the group that it is bound to, or stays pending for a
    // thread that it may be bound to later.
    while !thread.irqs.is_empty() {
        budget.spend(Budget::WAKE)?;
        if let Some(irq) = thread.irqs.pop_front() {
            irq.trigger();
        }
    }
    while !thread.senders.is_empty() {
        budget.spend(Budget::WAKE)?;
        if let Some(sender) = thread.senders.pop() {
            wake(fail(Bound::by_state(sender), IpcError::CANCELED));
        }
    }
    // Whoever waits for a reply of the thread waits on, as for one that does not reply.
    thread.reply.set(ReplyCap::NONE);
    Ok(())
}
