//! IPC that one stay in the kernel is not enough for: messages that map many pages, and chains
//! of senders that each begin to wait when they are served.
//!
//! The sender goes on with it whenever it gets the processor, in place of its program, until it
//! is done. So it is the sender's priority and time that the work is done with, and interrupts
//! and threads of higher priority come in between.

use super::state::{Ipc, Wait};
use super::{IpcError, after, enter_open_wait, fail, fail_current, settle, take, wake};
use crate::arch::cpu;
use crate::arch::entry::Exit;
use crate::obj::Handle;
use crate::obj::binding::Bound;
use crate::obj::thread::{Alien, Progress, Thread};
use crate::{sched, stays};
use l4re_sys::timeout::Timeout;

/// In `Progress::of`: a message that is not finished. System calls have odd numbers there.
const MESSAGE: u64 = 2;
/// The same: a wait that is to begin.
const WAIT: u64 = 4;

fn put_off_until_resumed(thread: Bound, of: u64, at: u64) {
    sched::timeout::clear(&thread);
    thread.ipc.set(Ipc::None);
    thread.progress.set(Progress { of, at });
    thread.leave_by_iret();
    thread.exit.set(Exit::Continue);
}

/// Leaves a message half sent: the receiver takes no other one, and the sender can run, to go on.
/// Whoever is not the sender queues it.
pub(super) fn put_off(sender: Bound, receiver: Bound, at: u64) {
    let wait = match receiver.ipc.get() {
        Ipc::ReceivingInto(index) => Wait::Into(index),
        Ipc::ReceivingFrom(_) => Wait::From,
        Ipc::AwaitingReply => Wait::Reply,
        _ => Wait::Open,
    };
    sched::timeout::clear(&receiver);
    receiver.ipc.set(Ipc::Taking(wait));
    receiver.partner.set(Handle::of(sender.thread()));
    sender.partner.set(Handle::of(receiver.thread()));
    put_off_until_resumed(sender, MESSAGE, at);
}

/// Has a thread whose send phase is over begin its wait when it gets the processor.
pub(super) fn put_off_wait(waiter: Bound) {
    put_off_until_resumed(waiter, WAIT, 0);
    sched::wake(waiter.thread());
}

/// How far the message of a sender came before, which goes on with it now.
pub(super) fn came_to(sender: Bound) -> u64 {
    let progress = sender.progress.replace(Progress::NONE);
    if progress.of == MESSAGE {
        progress.at
    } else {
        0
    }
}

/// The receiver that takes a message of this thread.
fn taker(thread: &'static Thread) -> Option<(Bound, Wait)> {
    let receiver = thread.partner.get().get()?;
    match receiver.ipc.get() {
        Ipc::Taking(wait) if receiver.partner.get().is(thread) => {
            Some((Bound::by_state(receiver), wait))
        }
        _ => None,
    }
}

/// Goes on with what a thread left unfinished; it is the current one. Returns who runs next.
pub extern "C" fn go_on(thread: &'static Thread) -> &'static Thread {
    let next = go_on_now(thread);
    stays::end();
    next
}

fn go_on_now(thread: &'static Thread) -> &'static Thread {
    cpu::let_interrupts_in();
    let next = sched::after_interrupt(thread);
    if !core::ptr::eq(next, thread) {
        return next;
    }
    thread.exit.set(Exit::Iret);
    let current = Bound::by_state(thread);
    match thread.progress.get().of {
        MESSAGE => go_on_sending(current),
        WAIT => {
            thread.progress.set(Progress::NONE);
            let timeout = Timeout(thread.message.timeout.get()).recv();
            match enter_open_wait(current) {
                Ok(()) => {
                    if let Some(released) = settle(current, timeout) {
                        released.stays_current(current);
                    }
                }
                Err(error) => fail_current(current, error),
            }
        }
        _ => {}
    }
    if thread.alien.get() == Alien::Ends && thread.exit.get() != Exit::Continue {
        end_of_alien_call(thread);
    }
    after(current)
}

fn go_on_sending(sender: Bound) {
    let Some((receiver, wait)) = taker(sender.thread()) else {
        // It was called off, or is gone.
        sender.progress.set(Progress::NONE);
        return fail_current(sender, IpcError::ABORTED);
    };
    receiver.ipc.set(match wait {
        Wait::Open => Ipc::Receiving,
        Wait::Into(index) => Ipc::ReceivingInto(index),
        Wait::From => Ipc::ReceivingFrom(Handle::of(sender.thread())),
        Wait::Reply => Ipc::AwaitingReply,
    });
    let (released, then) = take(receiver, sender);
    wake(released);
    if let Some((waiter, timeout)) = then {
        wake(settle(waiter, timeout));
    }
}

/// A thread is not to go on with what it left unfinished.
pub(super) fn cancel(thread: &'static Thread, error: IpcError) {
    if thread.exit.get() != Exit::Continue {
        return;
    }
    thread.exit.set(Exit::Iret);
    let of = thread.progress.replace(Progress::NONE).of;
    if of == MESSAGE
        && let Some((receiver, _)) = taker(thread)
    {
        wake(fail(receiver, IpcError::ABORTED.in_receive()));
    }
    let error = if of == WAIT {
        error.in_receive()
    } else {
        error
    };
    fail_current(Bound::by_state(thread), error);
    sched::wake(thread);
}

/// A thread ends that may have left a message unfinished.
pub(super) fn leave(thread: &'static Thread) {
    if thread.exit.get() == Exit::Continue {
        thread.exit.set(Exit::Iret);
        if thread.progress.replace(Progress::NONE).of == MESSAGE
            && let Some((receiver, _)) = taker(thread)
        {
            wake(fail(receiver, IpcError::ABORTED.in_receive()));
        }
    }
}

/// The system call of an alien that was let through comes to its end, or will when it is
/// finished: then its end becomes an exception.
pub(super) fn end_of_alien_call(alien: &'static Thread) {
    if alien.exit.get() == Exit::Continue {
        alien.alien.set(Alien::Ends);
        return;
    }
    if alien.alien.get() == Alien::Ends {
        alien.alien.set(Alien::Yes);
    }
    alien.leave_by_iret();
    alien.exit.set(Exit::Exception);
}
