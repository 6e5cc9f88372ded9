//! IPC: messages from thread to thread, and system calls to kernel objects.
//!
//! A system call has a send phase, a receive phase, or both. The send phase ends when
//! the receiver has taken the message; a sender whose receiver is not ready waits in the
//! receiver's queue, and the receiver takes the message out when it comes to wait. All
//! copying is done in one go, by whoever comes second.

pub mod fast;
pub mod fault;
mod items;
pub mod replies;
pub mod state;

use crate::arch::entry::{Exit, Leave, save_caller};
use crate::arch::{clock, cpu};
use crate::cap::{self, Rights};
use crate::obj::gate::Gate;
use crate::obj::invoke::{Call, Outcome, Reply, dispatch};
use crate::obj::irq::Irq;
use crate::obj::semaphore::Semaphore;
use crate::obj::thread::{Alien, Thread};
use crate::obj::{self, Handle, Object};
use crate::sched;
use crate::util::budget::Budget;
use l4re_sys::cap::CapIdx;
use l4re_sys::msgtag::{MsgTag, TagFlags};
use l4re_sys::sysf::Sysf;
use l4re_sys::timeout::{Timeout, TimeoutS};
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{err, ipc_error, proto};
use state::{Ipc, Payload, Queue, ReplyCap};

/// An error of an IPC, as the send phase has it; the receive phase's has bit 0 set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IpcError(pub u64);

impl IpcError {
    const TIMEOUT: Self = Self(ipc_error::SE_TIMEOUT);
    const NOT_EXISTENT: Self = Self(ipc_error::NOT_EXISTENT);
    const CANCELED: Self = Self(ipc_error::SE_CANCELED);
    /// The message does not fit.
    pub const MSG_CUT: Self = Self(ipc_error::SE_MSG_CUT);
    /// Mapping ran out of memory.
    pub const MAP_FAILED: Self = Self(ipc_error::SE_MAP_FAILED);

    fn in_receive(self) -> Self {
        Self(self.0 | ipc_error::PHASE_MASK)
    }
}

/// How a send phase ended.
enum Sent {
    /// The message is there; this thread can run now, and should if urgent enough.
    To(&'static Thread),
    /// A kernel object answered.
    Answer(Reply),
    /// An IRQ was unmasked: a call goes on to wait for it.
    Receive(&'static Irq),
    /// A kernel object answered, and then something about scheduling.
    AnswerAnd(Outcome),
    /// The caller waits for its receiver.
    Blocked,
    /// The message did not arrive.
    Failed(IpcError),
}

/// All system calls that the short way cannot do.
#[inline(never)]
extern "C" fn slow(
    current: &'static Thread,
    label: u64,
    dest: u64,
    tag: u64,
    timeout: u32,
) -> Leave {
    save_caller(current);
    if current.alien.get() != Alien::No {
        return Leave::with(alien_call(current, label, dest, tag, timeout), current);
    }
    Leave::with(phases(current, label, dest, timeout, tag), current)
}

/// A system call of an alien: told to its exception handler, or let through and its end
/// told.
fn alien_call(
    current: &'static Thread,
    label: u64,
    dest: u64,
    tag: u64,
    timeout: u32,
) -> &'static Thread {
    if current.alien.get() == Alien::LetThrough {
        current.alien.set(Alien::Yes);
        let next = phases(current, label, dest, timeout, tag);
        current.leave_by_iret();
        current.exit.set(Exit::Exception);
        return next;
    }
    // Told before it happens: the instruction pointer is that of the system call.
    // The exception comes when the entry code has saved all registers.
    repeat(current, label, dest, tag);
    current.alien.set(Alien::Begins);
    current.exit.set(Exit::Exception);
    current
}

fn phases(
    current: &'static Thread,
    label: u64,
    dest: u64,
    timeout: u32,
    tag: u64,
) -> &'static Thread {
    let flags = Sysf::from_bits_retain(dest & Sysf::MASK);
    let timeouts = Timeout(timeout);
    let message = &current.message;
    message.tag.set(tag);
    message.flags.set(flags);
    message.timeout.set(timeout);
    message.payload.set(Payload::Utcb);
    message.pass_special.set(false);

    let mut direct = None;
    if flags.contains(Sysf::SEND) {
        let sent = if flags.contains(Sysf::REPLY) {
            reply(current, CapIdx(dest), MsgTag(tag), timeouts.send())
        } else {
            send(current, CapIdx(dest), label, MsgTag(tag), timeouts.send())
        };
        match sent {
            Sent::To(thread) => {
                direct = Some(thread);
                if is_call(flags) {
                    // The reply comes to `AwaitingReply`, which `transfer` has entered.
                    arm(current, timeouts.recv());
                    bury();
                    return sched::run_or_queue(thread);
                }
                if !flags.contains(Sysf::RECV) {
                    // The tag comes back as it was.
                    current.set_result(tag, 0);
                    sched::wake(thread);
                    return after(current);
                }
            }
            Sent::Receive(irq) => {
                if is_call(flags) {
                    receive_irq(current, irq, timeouts.recv());
                    return after(current);
                }
                if !flags.contains(Sysf::RECV) {
                    current.set_result(Reply::ok().0.0, 0);
                    return after(current);
                }
            }
            Sent::Answer(answer) => {
                // Who ended itself receives nothing any more.
                if !flags.contains(Sysf::RECV) || is_call(flags) || !current.is_bound() {
                    current.set_result(answer.0.0, 0);
                    return after(current);
                }
            }
            Sent::AnswerAnd(outcome) => {
                if matches!(outcome, Outcome::Again) {
                    repeat(current, label, dest, tag);
                }
                return after_invocation(current, outcome);
            }
            Sent::Blocked => {
                bury();
                return sched::next();
            }
            Sent::Failed(error) => {
                // The thread may have been stopped or moved on by its own message.
                if current.can_run() {
                    fail(current, error);
                }
                return after(current);
            }
        }
    }
    if flags.contains(Sysf::RECV) {
        receive(current, CapIdx(dest), flags, timeouts.recv());
        if let Some(thread) = direct {
            bury();
            if current.can_run() {
                sched::wake(thread);
                return after(current);
            }
            return sched::run_or_queue(thread);
        }
    } else if !flags.contains(Sysf::SEND) {
        // Neither phase: there is nobody.
        fail(current, IpcError::NOT_EXISTENT);
    }
    after(current)
}

/// Leaves a system call: the dead are buried, the most urgent goes on.
fn after(current: &'static Thread) -> &'static Thread {
    if !sched::take_attention() && current.can_run() {
        return current;
    }
    bury();
    if cpu::current().is_none() {
        // It ended itself.
        return sched::next();
    }
    sched::pick(current)
}

/// Leaves a system call whose object had something to say about scheduling.
fn after_invocation(current: &'static Thread, outcome: Outcome) -> &'static Thread {
    if !matches!(
        outcome,
        Outcome::Blocked | Outcome::Again | Outcome::Resumed
    ) {
        current.set_result(Reply::ok().0.0, 0);
    }
    bury();
    match outcome {
        Outcome::Switch(thread) => {
            sched::remove(thread);
            sched::switch_from(current, thread)
        }
        Outcome::Yield => sched::yield_now(current),
        Outcome::Blocked => sched::next(),
        Outcome::Reply(_)
        | Outcome::Again
        | Outcome::Resumed
        | Outcome::Receive(_)
        | Outcome::Error(_) => after(current),
    }
}

/// Lets a thread make its system call again: `syscall` is two bytes long.
fn repeat(thread: &Thread, label: u64, dest: u64, tag: u64) {
    thread.leave_by_iret();
    thread.with_regs(|regs| {
        regs.ip = regs.ip.wrapping_sub(2);
        regs.rax = tag;
        regs.rdx = dest;
        regs.rsi = label;
    });
}

/// Takes some of the dead apart.
fn bury() {
    // What is left over demands attention the next time.
    let _ = obj::reap(&Budget::of_one_stay());
}

fn is_call(flags: Sysf) -> bool {
    flags.contains(Sysf::CALL) && !flags.contains(Sysf::OPEN_WAIT)
}

/// The object that a selector names for a thread, and with which rights. An invalid
/// selector is the thread itself.
fn lookup(current: &'static Thread, dest: CapIdx) -> Option<(Object, Rights)> {
    if !dest.is_valid() {
        return Some((Object::Thread(current), Rights::ALL));
    }
    let cap = current.task()?.caps.get(cap::position(dest)?)?;
    Some((cap.object(), cap.rights))
}

fn send(
    current: &'static Thread,
    dest: CapIdx,
    label: u64,
    tag: MsgTag,
    timeout: TimeoutS,
) -> Sent {
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
    match dispatch(object, &Call::new(current, task, rights, tag)) {
        Outcome::Reply(reply) => Sent::Answer(reply),
        Outcome::Receive(irq) => Sent::Receive(irq),
        Outcome::Error(error) => Sent::Failed(error),
        Outcome::Blocked => Sent::Blocked,
        other => Sent::AnswerAnd(other),
    }
}

fn send_by_gate(
    current: &'static Thread,
    gate: &'static Gate,
    rights: Rights,
    timeout: TimeoutS,
) -> Sent {
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
        current.ipc.set(Ipc::Sending(Queue::Gate(Handle::of(gate))));
        gate.waiting.insert_sorted(current, more_urgent);
        arm(current, timeout);
        return Sent::Blocked;
    };
    current.message.label.set(gate.label(rights));
    send_to(current, thread, timeout)
}

fn more_urgent(a: &Thread, b: &Thread) -> bool {
    a.priority.get() > b.priority.get()
}

/// Whether `receiver` waits for a message that may come from `sender`.
fn accepts(receiver: &Thread, sender: &Thread) -> bool {
    match receiver.ipc.get() {
        Ipc::Receiving => true,
        Ipc::ReceivingFrom(from) => from.is(sender),
        // Whom it called may answer by any message.
        Ipc::AwaitingReply => {
            receiver.message.payload.get() == Payload::Utcb && receiver.partner.get().is(sender)
        }
        _ => false,
    }
}

/// Sends what `sender.message` says, or queues the sender.
fn send_to(sender: &'static Thread, receiver: &'static Thread, timeout: TimeoutS) -> Sent {
    if !receiver.is_bound() {
        return Sent::Failed(IpcError::NOT_EXISTENT);
    }
    if core::ptr::eq(sender, receiver) || !accepts(receiver, sender) {
        if timeout == TimeoutS::ZERO {
            return Sent::Failed(IpcError::TIMEOUT);
        }
        sender
            .ipc
            .set(Ipc::Sending(Queue::Thread(Handle::of(receiver))));
        if !core::ptr::eq(sender, receiver) {
            receiver.senders.insert_sorted(sender, more_urgent);
        }
        arm(sender, timeout);
        return Sent::Blocked;
    }
    match transfer(sender, receiver) {
        Ok(()) => Sent::To(receiver),
        Err(error) => {
            fail(receiver, error.in_receive());
            sched::wake(receiver);
            Sent::Failed(error)
        }
    }
}

/// Copies the message of `sender` to `receiver`, which waits for it, and ends the wait.
/// If the sender calls, it waits for the reply from here on.
fn transfer(sender: &'static Thread, receiver: &'static Thread) -> Result<(), IpcError> {
    let message = &sender.message;
    let tag = MsgTag(message.tag.get());
    let utcb = receiver.utcb();
    let tag = match message.payload.get() {
        Payload::Utcb => {
            let words = tag.words().min(MSG_REGS);
            copy_words(sender, receiver, words);
            if tag.items() > 0 {
                let pass_special = message.pass_special.get();
                items::transfer(sender, receiver, words, tag.items(), pass_special)?;
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
    };
    receiver.set_result(tag.0, message.label.get());
    finish(receiver);
    if is_call(message.flags.get()) {
        let cap = ReplyCap::of(sender);
        sender.partner.set(Handle::of(receiver));
        sender.ipc.set(Ipc::AwaitingReply);
        match (receiver.reply_slot.get(), receiver.task()) {
            (Some(index), Some(task)) => {
                task.replies.put(index as usize, cap);
            }
            _ => receiver.reply.set(cap),
        }
    }
    Ok(())
}

/// Gives the receiver the sender's floating-point registers, if both want that.
fn give_fpu(sender: &'static Thread, receiver: &'static Thread, tag: MsgTag) {
    if tag.flags().contains(TagFlags::TRANSFER_FPU) && receiver.utcb().bdr().inherits_fpu() {
        cpu::copy_fpu(sender, receiver);
    }
}

/// Up to how many words a loop of a word a round is quicker than an unrolled one.
const FEW_WORDS: usize = 8;

#[inline(always)]
fn copy_words(sender: &Thread, receiver: &Thread, words: usize) {
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
fn finish(thread: &'static Thread) {
    thread.ipc.set(Ipc::None);
    sched::timeout::clear(thread);
}

/// Ends a thread's IPC with an error. A thread whose fault could not be told has nobody
/// left to help it.
fn fail(thread: &'static Thread, error: IpcError) {
    match thread.message.payload.get() {
        Payload::Utcb => {
            finish(thread);
            thread.utcb().set_error(error.0);
            let tag = MsgTag::new(0, 0, 0, TagFlags::ERROR);
            thread.set_result(tag.0, 0);
        }
        _ => fault::undeliverable(thread, error),
    }
}

/// Lets a timeout of the IPC run.
fn arm(thread: &'static Thread, timeout: TimeoutS) {
    if timeout.is_never() {
        return;
    }
    let deadline = match timeout.absolute_register() {
        Some(register) if register < l4re_sys::utcb::BUF_REGS => thread.utcb().br(register),
        Some(_) => 0,
        None => clock::now_us().saturating_add(timeout.as_us()),
    };
    sched::timeout::set(thread, deadline);
}

fn has_passed(thread: &Thread, timeout: TimeoutS) -> bool {
    match timeout.absolute_register() {
        Some(register) => {
            register >= l4re_sys::utcb::BUF_REGS || thread.utcb().br(register) <= clock::now_us()
        }
        None => !timeout.is_never() && timeout.as_us() == 0,
    }
}

fn reply(current: &'static Thread, dest: CapIdx, tag: MsgTag, timeout: TimeoutS) -> Sent {
    let cap = match reply_index(dest) {
        Some(index) => current
            .task()
            .map_or(ReplyCap::NONE, |task| task.replies.take(index)),
        None => current.reply.replace(ReplyCap::NONE),
    };
    let Some(caller) = cap.caller() else {
        return Sent::Failed(IpcError::NOT_EXISTENT);
    };
    if caller.message.payload.get() != Payload::Utcb {
        return match fault::reply(current, caller, tag) {
            Ok(()) => Sent::To(caller),
            Err(error) => Sent::Failed(error),
        };
    }
    // Only the thread that was called can answer at once: for others the caller is one
    // that does not wait for them.
    current.message.label.set(0);
    current.message.pass_special.set(true);
    send_to(current, caller, timeout)
}

/// The index of an explicit reply capability, if the selector names one; an invalid one
/// (`L4_INVALID_REPLY_CAP`) stands for the implicit capability.
fn reply_index(dest: CapIdx) -> Option<usize> {
    let index = usize::try_from(dest.index()).unwrap_or(usize::MAX);
    (dest.is_reply() && dest.is_valid()).then(|| index.min(u32::MAX as usize))
}

/// The receive phase of the current thread: a message that is there is taken.
fn receive(current: &'static Thread, dest: CapIdx, flags: Sysf, timeout: TimeoutS) {
    if flags.contains(Sysf::OPEN_WAIT) {
        // With both phases, an index without the reply flag is that of the receiver.
        let index = reply_index(dest);
        if let Some(index) = index {
            let ready = current
                .task()
                .and_then(|task| task.replies.prepare(index, task));
            if ready.is_none() {
                return fail(current, IpcError(ipc_error::NO_REPLY_CAP));
            }
        } else if !flags.contains(Sysf::SEND) && lookup(current, dest).is_none() {
            return fail(current, IpcError::NOT_EXISTENT);
        }
        current.reply_slot.set(index.map(|index| index as u32));
        current.ipc.set(Ipc::Receiving);
        return settle(current, timeout);
    }
    let object = lookup(current, dest);
    let from = match object {
        Some((Object::Thread(from), _)) => from,
        // A gate stands for its thread.
        Some((Object::Gate(gate), _)) => match gate.select() {
            Some(from) => from,
            None => return fail(current, IpcError::NOT_EXISTENT),
        },
        Some((Object::Irq(irq), _)) => return receive_irq(current, irq, timeout),
        // Other objects take it for a request.
        Some((object, rights)) => return request(current, dest, object, rights),
        None => return fail(current, IpcError::NOT_EXISTENT),
    };
    if core::ptr::eq(from, current) {
        current.ipc.set(Ipc::Sleeping);
        return block(current, timeout);
    }
    current.ipc.set(Ipc::ReceivingFrom(Handle::of(from)));
    let waits = matches!(from.ipc.get(), Ipc::Sending(Queue::Thread(to)) if to.is(current));
    if waits {
        current.senders.remove(from);
        take(current, from);
    } else {
        block(current, timeout);
    }
}

fn receive_irq(current: &'static Thread, irq: &'static Irq, timeout: TimeoutS) {
    current.ipc.set(Ipc::ReceivingIrq(Handle::of(irq)));
    if irq.is_pending_at(current) {
        current.irqs.remove(irq);
        deliver_irq(current, irq);
    } else {
        block(current, timeout);
    }
}

/// A receive phase alone, on an object that sends nothing.
fn request(current: &'static Thread, dest: CapIdx, object: Object, rights: Rights) {
    let tag = MsgTag(current.message.tag.get());
    let Some(task) = current.task() else { return };
    match dispatch(object, &Call::new(current, task, rights, tag)) {
        Outcome::Reply(reply) => current.set_result(reply.0.0, 0),
        Outcome::Blocked => {}
        // With a send phase before, that would be made again, too.
        Outcome::Again if current.message.flags.get().contains(Sysf::SEND) => {
            current.set_result(Reply::label(-err::EAGAIN).0.0, 0);
        }
        Outcome::Again => repeat(current, 0, dest.0, tag.0),
        _ => current.set_result(Reply::ok().0.0, 0),
    }
}

fn block(thread: &'static Thread, timeout: TimeoutS) {
    if has_passed(thread, timeout) {
        fail(thread, IpcError::TIMEOUT.in_receive());
    } else {
        arm(thread, timeout);
    }
}

/// Gives a thread that began to wait for anybody what waits for it. The sender that is
/// served may begin to wait in its turn, with senders of its own: hence the loop.
fn settle(receiver: &'static Thread, timeout: TimeoutS) {
    let (mut receiver, mut timeout) = (receiver, timeout);
    loop {
        if let Some(irq) = receiver.irqs.pop_front() {
            return deliver_irq(receiver, irq);
        }
        let Some(sender) = receiver.senders.pop_front() else {
            return block(receiver, timeout);
        };
        match take_one(receiver, sender) {
            Some(next) => timeout = next,
            None => return,
        }
        receiver = sender;
    }
}

/// Takes the message of a sender that waited, and all that follows from it.
fn take(receiver: &'static Thread, sender: &'static Thread) {
    if let Some(timeout) = take_one(receiver, sender) {
        settle(sender, timeout);
    }
}

/// Takes the message of a sender that waited. If the sender begins to wait for anybody,
/// the timeout of that wait is returned.
fn take_one(receiver: &'static Thread, sender: &'static Thread) -> Option<TimeoutS> {
    sched::timeout::clear(sender);
    if let Err(error) = transfer(sender, receiver) {
        fail(receiver, error.in_receive());
        sched::wake(receiver);
        fail(sender, error);
        sched::wake(sender);
        return None;
    }
    sched::wake(receiver);
    let flags = sender.message.flags.get();
    let timeout = Timeout(sender.message.timeout.get()).recv();
    if is_call(flags) {
        arm(sender, timeout);
    } else if flags.contains(Sysf::RECV) {
        sender.ipc.set(Ipc::Receiving);
        return Some(timeout);
    } else {
        finish(sender);
        sender.set_result(sender.message.tag.get(), 0);
        sched::wake(sender);
    }
    None
}

fn deliver_irq(receiver: &'static Thread, irq: &'static Irq) {
    // The message is empty, its protocol 0: the label alone tells who it is from.
    receiver.set_result(0, irq.label());
    finish(receiver);
    sched::wake(receiver);
}

/// An IRQ for a thread: taken at once, or kept.
pub fn interrupt(thread: &'static Thread, irq: &'static Irq) {
    let waits = match thread.ipc.get() {
        Ipc::Receiving => true,
        Ipc::ReceivingIrq(from) => from.is(irq),
        _ => false,
    };
    if waits {
        thread.irqs.remove(irq);
        deliver_irq(thread, irq);
    } else if !irq.is_pending() {
        thread.irqs.push_back(irq);
        irq.wait_at(thread);
    }
}

/// A sender that waited at a gate goes to the thread that the gate now has.
pub fn resend(sender: &'static Thread, receiver: &'static Thread) {
    if accepts(receiver, sender) {
        if let Some(timeout) = take_one(receiver, sender) {
            settle(sender, timeout);
        }
    } else {
        sender
            .ipc
            .set(Ipc::Sending(Queue::Thread(Handle::of(receiver))));
        receiver.senders.insert_sorted(sender, more_urgent);
    }
}

/// The gate or semaphore that a thread waited at is gone.
pub fn object_is_gone(thread: &'static Thread) {
    fail(thread, IpcError::NOT_EXISTENT);
    sched::wake(thread);
}

/// The current thread waits for a semaphore.
pub fn wait_for_semaphore(thread: &'static Thread, semaphore: &'static Semaphore) -> Outcome {
    thread.ipc.set(Ipc::Down(Handle::of(semaphore)));
    semaphore.waiting.insert_sorted(thread, more_urgent);
    let timeout = Timeout(thread.message.timeout.get()).recv();
    if has_passed(thread, timeout) {
        semaphore.waiting.remove(thread);
        fail(thread, IpcError::TIMEOUT.in_receive());
        sched::wake(thread);
    } else {
        arm(thread, timeout);
    }
    Outcome::Blocked
}

/// A thread got the semaphore it waited for.
pub fn semaphore_taken(thread: &'static Thread) {
    finish(thread);
    thread.set_result(Reply::ok().0.0, 0);
    sched::wake(thread);
}

/// Takes a thread out of the queue it waits in, which may be that of an object that is
/// dead and not yet taken apart.
fn leave_queue(thread: &'static Thread) {
    match thread.ipc.get() {
        Ipc::Sending(Queue::Thread(to)) => {
            if let Some(to) = to.place() {
                to.senders.remove(thread);
            }
        }
        Ipc::Sending(Queue::Gate(gate)) => {
            if let Some(gate) = gate.place() {
                gate.waiting.remove(thread);
            }
        }
        Ipc::Down(semaphore) => {
            if let Some(semaphore) = semaphore.place() {
                semaphore.waiting.remove(thread);
            }
        }
        _ => {}
    }
}

/// The phase a blocked thread is in, as an error of that phase.
fn in_phase(thread: &Thread, error: IpcError) -> IpcError {
    match thread.ipc.get() {
        Ipc::Sending(_) => error,
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
    if thread.message.payload.get() == Payload::Utcb {
        interrupt_ipc(thread, IpcError::CANCELED);
    } else if !matches!(thread.ipc.get(), Ipc::None) {
        leave_queue(thread);
        finish(thread);
        thread.message.payload.set(Payload::Utcb);
        sched::wake(thread);
    }
}

fn interrupt_ipc(thread: &'static Thread, error: IpcError) {
    if matches!(thread.ipc.get(), Ipc::None) {
        return;
    }
    let error = in_phase(thread, error);
    leave_queue(thread);
    // Whoever holds the reply capability finds that nobody waits any more.
    finish(thread);
    fail(thread, error);
    sched::wake(thread);
}

/// A thread ends: out of the queue it is in, and whoever waits for it is told.
pub fn leave(thread: &'static Thread) {
    leave_queue(thread);
    thread.ipc.set(Ipc::Sleeping);
    while let Some(irq) = thread.irqs.pop_front() {
        // The IRQ stays pending for a thread that it may be bound to later.
        irq.was_not_taken();
    }
    while let Some(sender) = thread.senders.pop_front() {
        fail(sender, IpcError::CANCELED);
        sched::wake(sender);
    }
    // Whoever waits for a reply of the thread waits on, as for one that does not reply.
    thread.reply.set(ReplyCap::NONE);
}
