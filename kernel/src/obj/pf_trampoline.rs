//! Page faults that a thread handles itself: in place of a message to the pager, the
//! thread goes on in a handler of its own, which asks to be taken back or for an
//! exception.

use super::binding::Bound;
use super::invoke::{Call, Outcome, Reply};
use super::thread::Thread;
use crate::arch::cpu::USER_CS;
use crate::arch::entry::Exit;
use crate::arch::paging::USER_END;
use crate::ipc::fault;
use core::cell::Cell;
use core::ptr::NonNull;
use l4re_sys::err;
use l4re_sys::exc_regs::ExcRegs;
use l4re_sys::op::thread as op;
use l4re_sys::pf_trampoline::{EXCEPTION_AFTER, IN_PROGRESS, PfTrampoline};

/// Where the state is, and whether the handler is to be used.
pub struct Trampoline {
    state: Cell<Option<NonNull<PfTrampoline>>>,
    address: Cell<u64>,
    on: Cell<bool>,
}

impl Trampoline {
    /// No handler.
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "every use is a new value's first state"
    )]
    pub const NONE: Self = Self {
        state: Cell::new(None),
        address: Cell::new(0),
        on: Cell::new(false),
    };

    /// Back to no handler; the state's memory may go after that.
    pub fn reset(&self) {
        self.state.set(None);
        self.on.set(false);
    }
}

/// How much of the saved registers the state has: all up to the stack segment.
const STATE_WORDS: usize = 23;
const _: () = assert!(core::mem::offset_of!(ExcRegs, ss) == 8 * (STATE_WORDS - 1));

impl Bound {
    /// Lets the thread go on in its handler, told the address and reason of the fault.
    /// False if it has none, or its handler is at work already.
    pub fn enter_trampoline(self, fault: u64) -> bool {
        let trampoline = &self.binding.trampoline;
        let (true, Some(state)) = (trampoline.on.get(), trampoline.state.get()) else {
            return false;
        };
        // The program writes there at any time, but not now: a copy is looked at.
        // SAFETY: kernel-user memory of the thread's task, of this size and aligned; the
        // end of the binding resets the trampoline before the memory goes.
        let mut copy = unsafe { state.read_volatile() };
        if copy.flags & IN_PROGRESS != 0 || copy.handler_ip >= USER_END {
            return false;
        }
        let regs = self.regs();
        // SAFETY: the registers are words without gaps, and more than are copied.
        copy.state = unsafe {
            core::ptr::from_ref(&regs)
                .cast::<[u64; STATE_WORDS]>()
                .read()
        };
        copy.saved_mr0 = self.utcb().mr(0);
        copy.flags |= IN_PROGRESS;
        // SAFETY: kernel-user memory of the thread's task, of this size and aligned; the
        // end of the binding resets the trampoline before the memory goes.
        unsafe { state.write_volatile(copy) };
        // The handler is 64-bit code, whatever faulted.
        self.update_regs(|regs| {
            regs.ip = copy.handler_ip;
            regs.dummy1 = u64::from(USER_CS);
            regs.rdi = trampoline.address.get();
            regs.rsi = fault;
        });
        true
    }

    /// Takes back what `enter_trampoline` left; returns the registers and the flags.
    fn leave_trampoline(self) -> Option<(ExcRegs, u64)> {
        let state = self.binding.trampoline.state.get()?;
        // SAFETY: kernel-user memory of the thread's task, of this size and aligned; the
        // end of the binding resets the trampoline before the memory goes.
        let mut copy = unsafe { state.read_volatile() };
        if copy.flags & IN_PROGRESS == 0 {
            return None;
        }
        let flags = copy.flags;
        copy.flags &= !(IN_PROGRESS | EXCEPTION_AFTER);
        // SAFETY: kernel-user memory of the thread's task, of this size and aligned; the
        // end of the binding resets the trampoline before the memory goes.
        unsafe { state.write_volatile(copy) };
        let old = self.regs();
        let mut new = old;
        // SAFETY: the registers are words without gaps, and more than are written.
        unsafe {
            core::ptr::from_mut(&mut new)
                .cast::<[u64; STATE_WORDS]>()
                .write(copy.state)
        };
        self.utcb().set_mr(0, copy.saved_mr0);
        Some((fault::keep_segments(&old, new), flags))
    }
}

impl Thread {
    /// An operation on the trampoline.
    pub(super) fn op_pf_trampoline(&'static self, call: &Call, word: u64) -> Outcome {
        let done = |before: bool| {
            call.set_word(0, u64::from(before));
            Outcome::Reply(Reply::words(1))
        };
        let trampoline = &self.binding.trampoline;
        match word {
            op::PF_TRAMP_SETUP if call.words() > 2 => Err(err::EMSGTOOLONG).into(),
            op::PF_TRAMP_SETUP => self.set_up_trampoline(call).into(),
            op::PF_TRAMP_DISABLE => done(trampoline.on.replace(false)),
            op::PF_TRAMP_ENABLE if trampoline.state.get().is_some() => {
                done(trampoline.on.replace(true))
            }
            // Only the thread itself can be in its handler, and say that it is done.
            op::PF_TRAMP_RESUME | op::PF_TRAMP_REFLECT
                if core::ptr::eq(self, call.caller.thread()) =>
            {
                match call.caller.leave_trampoline() {
                    Some((regs, flags)) => call.caller.resume_from_trampoline(regs, flags, word),
                    None => Err(err::EINVAL).into(),
                }
            }
            op::PF_TRAMP_ENABLE | op::PF_TRAMP_RESUME | op::PF_TRAMP_REFLECT => {
                Err(err::EINVAL).into()
            }
            _ => Err(err::ENOSYS).into(),
        }
    }

    fn set_up_trampoline(&self, call: &Call) -> Result<Reply, i64> {
        let address = call.arg(1)?;
        let size = size_of::<PfTrampoline>() as u64;
        let task = self.task().ok_or(err::EINVAL)?;
        let state = task.find_ku_mem(address, size).map(NonNull::cast);
        let trampoline = &self.binding.trampoline;
        trampoline.state.set(Some(state.ok_or(err::EINVAL)?));
        trampoline.address.set(address);
        trampoline.on.set(true);
        Ok(Reply::ok())
    }
}

impl Bound {
    fn resume_from_trampoline(self, regs: ExcRegs, flags: u64, word: u64) -> Outcome {
        let trap = match word {
            op::PF_TRAMP_REFLECT => Some(ExcRegs::PAGE_FAULT_TRAP),
            _ if flags & EXCEPTION_AFTER != 0 => Some(ExcRegs::EX_REGS_TRAP),
            _ => None,
        };
        self.update_regs(|old| {
            *old = ExcRegs {
                trapno: trap.unwrap_or(regs.trapno),
                ..regs
            }
        });
        let outcome = match trap {
            Some(_) => {
                fault::raise(self);
                Outcome::Blocked
            }
            None => Outcome::Resumed,
        };
        self.exit.set(Exit::Replaced);
        outcome
    }
}
