//! Page faults and exceptions: messages that the kernel sends for a thread, and the
//! answers to them.

use super::state::Payload;
use super::{
    Hitch, Ipc, IpcError, MsgTag, Released, Sent, Sysf, TagFlags, TimeoutS, finish, items, long,
    send, wake,
};
use crate::arch::cpu::USER_CS;
use crate::obj::KObject;
use crate::obj::binding::Bound;
use crate::obj::thread::{Alien, Thread};
use crate::{sched, stays};
use l4re_sys::cap::CapIdx;
use l4re_sys::exc_regs::ExcRegs;
use l4re_sys::fpage::Fpage;
use l4re_sys::{proto, utcb};

/// Tells the pager of the current thread about a page fault; returns who runs next.
pub fn page_fault(thread: Bound, address: u64) -> &'static Thread {
    let ip = thread.read_regs(|regs| regs.ip);
    let payload = Payload::PageFault { address, ip };
    let tag = MsgTag::new(proto::PAGE_FAULT, 2, 0, TagFlags::empty());
    tell(thread, thread.pager.get(), payload, tag)
}

/// Tells the pager of the current thread that it used ports it has not; returns who
/// runs next. The registers hold the exception that this is if the pager cannot help.
pub fn io_fault(thread: Bound, ports: Fpage) -> &'static Thread {
    let payload = Payload::IoFault {
        ports: ports.raw(),
        ip: thread.read_regs(|regs| regs.ip),
    };
    let tag = MsgTag::new(proto::IO_PAGE_FAULT, 2, 0, TagFlags::empty());
    tell(thread, thread.pager.get(), payload, tag)
}

const EXCEPTION: MsgTag = MsgTag::new(
    proto::EXCEPTION,
    utcb::EXC_REGS_WORDS,
    0,
    TagFlags::TRANSFER_FPU,
);

/// Tells the exception handler of the current thread about an exception, which the
/// saved registers describe; returns who runs next.
pub fn exception(thread: Bound) -> &'static Thread {
    tell(
        thread,
        thread.exc_handler.get(),
        Payload::Exception,
        EXCEPTION,
    )
}

fn tell(thread: Bound, handler: CapIdx, payload: Payload, tag: MsgTag) -> &'static Thread {
    match post(thread, handler, payload, tag) {
        Some(receiver) => receiver.run(),
        None => sched::next(),
    }
}

/// Sends the message of a fault. `Some`: the handler has it and can run. `None`: the
/// thread waits, for its handler or for ever.
fn post(thread: Bound, handler: CapIdx, payload: Payload, tag: MsgTag) -> Option<Released> {
    let message = &thread.message;
    message.payload.set(payload);
    message.tag.set(tag.0);
    message.flags.set(Sysf::CALL);
    message.timeout.set(0);
    if !handler.is_valid() || handler.is_reply() {
        undeliverable(thread, IpcError::NOT_EXISTENT);
        return None;
    }
    match send(thread, handler, 0, tag, TimeoutS::NEVER) {
        Sent::To(receiver) => receiver,
        // A fault has no items, so that it is never unfinished.
        Sent::Blocked | Sent::Unfinished => None,
        Sent::Failed(error) => {
            if !matches!(thread.ipc.get(), Ipc::Sleeping) {
                undeliverable(thread, error);
            }
            None
        }
        // A handler that is no endpoint cannot help.
        Sent::Answer(_) | Sent::AnswerAnd(_) | Sent::Receive(_) | Sent::Silence => {
            undeliverable(thread, IpcError::NOT_EXISTENT);
            None
        }
    }
}

/// A fault could not be told. A page fault becomes an exception; a thread whose
/// exception nobody takes stops, and the log says so.
pub fn undeliverable(thread: Bound, error: IpcError) {
    let payload = thread.message.payload.get();
    // A page fault that has nobody to help is the end of the thread; one that its pager
    // did not take is an exception.
    if let Payload::PageFault { address, .. } = payload
        && error != IpcError::NOT_EXISTENT
    {
        raise_page_fault(thread, address);
        return;
    }
    if matches!(payload, Payload::IoFault { .. }) {
        raise(thread);
        return;
    }
    sched::timeout::clear(&thread);
    thread.ipc.set(Ipc::Sleeping);
    let regs = thread.regs();
    crate::log!(
        "[kernel] thread {} stopped: trap {} error {:#x} at ip={:#x} sp={:#x} addr={:#x}, no handler took it (IPC error {})\n",
        thread.thread().header().name_text(),
        regs.trapno,
        regs.err,
        regs.ip,
        regs.sp,
        regs.pfa,
        error.0
    );
}

/// Turns a page fault of a blocked thread into an exception.
fn raise_page_fault(thread: Bound, address: u64) {
    thread.set_trap(|trapno, err, pfa| {
        *trapno = ExcRegs::PAGE_FAULT_TRAP;
        *pfa = address & !7;
        // Present, write, instruction fetch; always from user mode.
        *err = address & 3 | (address & 4) << 2 | 4;
    });
    raise(thread);
}

/// Raises the exception that `ex_regs` or an alien's system call asked for, in the place of
/// going on; returns who runs next.
pub extern "C" fn triggered(thread: Bound) -> &'static Thread {
    let next = trigger(thread);
    stays::end();
    next
}

fn trigger(thread: Bound) -> &'static Thread {
    let alien = thread.alien.get();
    if alien == Alien::Begins {
        thread.alien.set(Alien::Yes);
    }
    thread.set_trap(|trapno, err, _| {
        *trapno = match alien {
            Alien::No => ExcRegs::EX_REGS_TRAP,
            _ => ExcRegs::ALIEN_TRAP,
        };
        // An alien's system call: its end, not its begin.
        *err = u64::from(matches!(alien, Alien::Yes | Alien::LetThrough));
    });
    exception(thread)
}

/// Sends the exception that the saved registers of a thread describe; the thread is
/// blocked, or not the one that runs.
pub fn raise(thread: Bound) {
    sched::remove(thread.thread());
    sched::timeout::clear(&thread);
    thread.leave_by_iret();
    thread.ipc.set(Ipc::None);
    if let Some(receiver) = post(
        thread,
        thread.exc_handler.get(),
        Payload::Exception,
        EXCEPTION,
    ) {
        receiver.wake();
    }
}

/// The answer of a handler to a fault of `caller`. Whether it can be done in full or not,
/// the wait is over: a page that could not be mapped is asked for again. `None`: the
/// fault became an exception, which `caller` waits for the answer to.
pub(super) fn answer(
    handler: Bound,
    caller: Bound,
    tag: MsgTag,
) -> Result<Option<Released>, Hitch> {
    let words = tag.words().min(utcb::MSG_REGS);
    let mapped = match caller.task() {
        Some(task) if tag.items() > 0 => {
            let from = long::came_to(handler);
            items::transfer_to_fault(handler, task, words, tag.items(), from)
        }
        _ => Ok(()),
    };
    if let Err(hitch @ Hitch::Unfinished(_)) = mapped {
        return Err(hitch);
    }
    let payload = caller.message.payload.replace(Payload::Utcb);
    let released = finish(caller.thread());
    let released = match payload {
        Payload::PageFault { address, .. } if tag.label() < 0 => {
            released.raises(|| raise_page_fault(caller, address));
            None
        }
        Payload::IoFault { .. } if tag.label() < 0 => {
            released.raises(|| raise(caller));
            None
        }
        Payload::Exception => {
            if tag.label() == proto::ALLOW_SYSCALL && caller.alien.get() == Alien::Yes {
                caller.alien.set(Alien::LetThrough);
            }
            if words >= utcb::EXC_REGS_WORDS {
                let regs = handler.utcb().exc_regs();
                caller.update_regs(|old| *old = keep_segments(old, regs));
            }
            Some(released)
        }
        _ => Some(released),
    };
    match (mapped, released) {
        (Ok(()), released) => Ok(released),
        (Err(error), released) => {
            wake(released);
            Err(error)
        }
    }
}

/// Registers from a handler: the segments and their bases stay, and the code is 64-bit
/// code.
pub fn keep_segments(old: &ExcRegs, new: ExcRegs) -> ExcRegs {
    ExcRegs {
        dummy1: u64::from(USER_CS),
        fs_base: old.fs_base,
        gs_base: old.gs_base,
        ds: old.ds,
        es: old.es,
        fs: old.fs,
        gs: old.gs,
        ..new
    }
}
