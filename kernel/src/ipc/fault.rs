//! Page faults and exceptions: messages that the kernel sends for a thread, and the
//! answers to them.

use super::state::Payload;
use super::{Ipc, IpcError, MsgTag, Sent, Sysf, TagFlags, TimeoutS, finish, items, send};
use crate::arch::cpu::{USER_CS, USER_DS};
use crate::arch::paging::USER_END;
use crate::obj::KObject;
use crate::obj::thread::{Alien, Thread};
use crate::sched;
use l4re_sys::cap::CapIdx;
use l4re_sys::exc_regs::ExcRegs;
use l4re_sys::fpage::Fpage;
use l4re_sys::{proto, utcb};

/// Tells the pager of the current thread about a page fault; returns who runs next.
pub fn page_fault(thread: &'static Thread, address: u64, ip: u64) -> &'static Thread {
    let payload = Payload::PageFault { address, ip };
    let tag = MsgTag::new(proto::PAGE_FAULT, 2, 0, TagFlags::empty());
    tell(thread, thread.pager.get(), payload, tag)
}

/// Tells the pager of the current thread that it used ports it has not; returns who
/// runs next. The registers hold the exception that this is if the pager cannot help.
pub fn io_fault(thread: &'static Thread, ports: Fpage, ip: u64) -> &'static Thread {
    let payload = Payload::IoFault {
        ports: ports.raw(),
        ip,
    };
    let tag = MsgTag::new(proto::IO_PAGE_FAULT, 2, 0, TagFlags::empty());
    tell(thread, thread.pager.get(), payload, tag)
}

/// Tells the exception handler of the current thread about an exception, which the
/// saved registers describe; returns who runs next.
pub fn exception(thread: &'static Thread) -> &'static Thread {
    let tag = MsgTag::new(
        proto::EXCEPTION,
        utcb::EXC_REGS_WORDS,
        0,
        TagFlags::TRANSFER_FPU,
    );
    tell(thread, thread.exc_handler.get(), Payload::Exception, tag)
}

fn tell(
    thread: &'static Thread,
    handler: CapIdx,
    payload: Payload,
    tag: MsgTag,
) -> &'static Thread {
    match post(thread, handler, payload, tag) {
        Some(receiver) => sched::run_or_queue(receiver),
        None => sched::next(),
    }
}

/// Sends the message of a fault. `Some`: the handler has it and can run. `None`: the
/// thread waits, for its handler or for ever.
fn post(
    thread: &'static Thread,
    handler: CapIdx,
    payload: Payload,
    tag: MsgTag,
) -> Option<&'static Thread> {
    let message = &thread.message;
    message.payload.set(payload);
    message.tag.set(tag.0);
    message.flags.set(Sysf::CALL);
    message.timeout.set(0);
    if !handler.is_valid() {
        undeliverable(thread, IpcError::NOT_EXISTENT);
        return None;
    }
    match send(thread, handler, 0, tag, TimeoutS::NEVER) {
        Sent::To(receiver) => Some(receiver),
        Sent::Blocked => None,
        Sent::Failed(error) => {
            if !matches!(thread.ipc.get(), Ipc::Sleeping) {
                undeliverable(thread, error);
            }
            None
        }
        // A handler that is no endpoint cannot help.
        Sent::Answer(_) | Sent::AnswerAnd(_) | Sent::Receive(_) => {
            undeliverable(thread, IpcError::NOT_EXISTENT);
            None
        }
    }
}

/// A fault could not be told. A page fault becomes an exception; a thread whose
/// exception nobody takes stops, and the log says so.
pub fn undeliverable(thread: &'static Thread, error: IpcError) {
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
    sched::timeout::clear(thread);
    thread.ipc.set(Ipc::Sleeping);
    let regs = thread.regs();
    crate::log!(
        "[kernel] thread {} stopped: trap {} error {:#x} at ip={:#x} sp={:#x} addr={:#x}, no handler took it (IPC error {})\n",
        thread.header().name_text(),
        regs.trapno,
        regs.err,
        regs.ip,
        regs.sp,
        regs.pfa,
        error.0
    );
}

/// Turns a page fault of a blocked thread into an exception.
fn raise_page_fault(thread: &'static Thread, address: u64) {
    thread.with_regs(|regs| {
        regs.trapno = ExcRegs::PAGE_FAULT_TRAP;
        regs.pfa = address & !7;
        // Present, write, instruction fetch; always from user mode.
        regs.err = address & 3 | (address & 4) << 2 | 4;
    });
    raise(thread);
}

/// Raises the exception that `ex_regs` or an alien's system call asked for, in the place of
/// going on; returns who runs next.
pub extern "C" fn triggered(thread: &'static Thread) -> &'static Thread {
    let alien = thread.alien.get();
    if alien == Alien::Begins {
        thread.alien.set(Alien::Yes);
    }
    thread.with_regs(|regs| {
        regs.trapno = match alien {
            Alien::No => ExcRegs::EX_REGS_TRAP,
            _ => ALIEN_TRAP,
        };
        // An alien's system call: its end, not its begin.
        regs.err = u64::from(matches!(alien, Alien::Yes | Alien::LetThrough));
    });
    exception(thread)
}

/// The number by which a handler knows an alien's system call.
const ALIEN_TRAP: u64 = 0xfe;

/// Tells the exception handler about a fault at an address that is never the user's.
pub fn kernel_address(thread: &'static Thread, address: u64) -> &'static Thread {
    thread.with_regs(|regs| regs.pfa = address);
    exception(thread)
}

/// Sends the exception that the saved registers of a thread describe; the thread is
/// blocked, or not the one that runs.
pub fn raise(thread: &'static Thread) {
    sched::remove(thread);
    sched::timeout::clear(thread);
    thread.leave_by_iret();
    thread.ipc.set(Ipc::None);
    let tag = MsgTag::new(
        proto::EXCEPTION,
        utcb::EXC_REGS_WORDS,
        0,
        TagFlags::TRANSFER_FPU,
    );
    if let Some(receiver) = post(thread, thread.exc_handler.get(), Payload::Exception, tag) {
        sched::wake(receiver);
    }
}

/// The answer of a handler to a fault of `caller`.
pub fn reply(
    handler: &'static Thread,
    caller: &'static Thread,
    tag: MsgTag,
) -> Result<(), IpcError> {
    let words = tag.words().min(utcb::MSG_REGS);
    let mapped = match caller.task() {
        Some(task) if tag.items() > 0 => {
            items::transfer_to_fault(handler, task, words, tag.items())
        }
        _ => Ok(()),
    };
    let payload = caller.message.payload.get();
    match payload {
        Payload::PageFault { address, .. } if tag.label() < 0 => {
            finish(caller);
            caller.message.payload.set(Payload::Utcb);
            raise_page_fault(caller, address);
        }
        Payload::IoFault { .. } if tag.label() < 0 => {
            finish(caller);
            caller.message.payload.set(Payload::Utcb);
            raise(caller);
        }
        Payload::Exception => {
            finish(caller);
            caller.message.payload.set(Payload::Utcb);
            if tag.label() == proto::ALLOW_SYSCALL && caller.alien.get() == Alien::Yes {
                caller.alien.set(Alien::LetThrough);
            }
            if words >= utcb::EXC_REGS_WORDS {
                caller.set_regs(safe_regs(&caller.regs(), handler.utcb().exc_regs()));
            }
        }
        _ => {
            finish(caller);
            caller.message.payload.set(Payload::Utcb);
        }
    }
    mapped
}

/// Registers from a handler, made safe to load: the segments and their bases stay, flags
/// and the instruction pointer are a user's.
pub fn safe_regs(old: &ExcRegs, new: ExcRegs) -> ExcRegs {
    ExcRegs {
        dummy1: u64::from(USER_CS),
        ss: u64::from(USER_DS),
        flags: Thread::safe_flags(new.flags),
        // An address that is no user's must not reach `iret`: this one faults.
        ip: if new.ip < USER_END { new.ip } else { USER_END },
        fs_base: old.fs_base,
        gs_base: old.gs_base,
        ds: old.ds,
        es: old.es,
        fs: old.fs,
        gs: old.gs,
        ..new
    }
}
