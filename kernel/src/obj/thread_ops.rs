//! The thread protocol.

use super::invoke::{Call, Outcome, Reply};
use super::thread::{Alien, Progress, Thread};
use super::{Handle, Object};
use crate::arch::clock;
use crate::arch::cpu::{self, USER_CS, USER_CS32, USER_DS};
use crate::arch::entry::Exit;
use crate::arch::paging::USER_END;
use crate::cap::Rights;
use crate::ipc;
use crate::ipc::queue::WaitQueue;
use crate::sched;
use crate::space::map::Stop;
use crate::util::budget::Budget;
use l4re_sys::cap::CapIdx;
use l4re_sys::err;
use l4re_sys::op::thread as op;
use l4re_sys::utcb::MSG_REGS;

/// The value that leaves an instruction or stack pointer as it is.
const UNCHANGED: u64 = u64::MAX;
/// How many rules for labels a message can have, each of four words.
const MAX_RULES: usize = MSG_REGS.div_ceil(4);

impl Thread {
    /// An operation of the thread protocol.
    pub fn invoke(&'static self, call: &Call) -> Outcome {
        let Some(word) = call.word(0) else {
            return Err(err::EMSGTOOSHORT).into();
        };
        match word & op::OPCODE_MASK {
            op::CONTROL => match Self::prepare_to_bind(call, word) {
                Ok(()) => self.op_control(call, word).into(),
                Err(Stop::OutOfMemory) => Err(err::ENOMEM).into(),
                Err(Stop::Unfinished) => Outcome::Again,
            },
            op::EX_REGS => self.op_ex_regs(call, word).into(),
            op::SWITCH => self.op_switch(call),
            op::STATS => {
                cpu::charge();
                call.set_word(0, clock::to_us(self.ticks.get()));
                Ok(Reply::words(1)).into()
            }
            op::REGISTER_DELETE_IRQ => self.op_register_delete_irq(call).into(),
            op::MODIFY_SENDER => self.op_modify_senders(call),
            op::PF_TRAMP_CONTROL => self.op_pf_trampoline(call, word),
            op::AMD64_SET_SEGMENT_BASE => self.op_segment_base(call, word >> 16).into(),
            op::AMD64_GET_SEGMENT_INFO => {
                call.set_word(0, u64::from(USER_DS));
                call.set_word(1, u64::from(USER_CS));
                call.set_word(2, u64::from(USER_CS32));
                Ok(Reply::words(3)).into()
            }
            // Four entries of the table of segments would be the thread's: none can be set.
            op::X86_GDT if call.words() == 1 => {
                call.set_word(0, cpu::FIRST_FREE_SEGMENT);
                Ok(Reply::words(1)).into()
            }
            // Without virtual processors there is nothing to resume.
            op::VCPU_RESUME => Err(err::EINVAL).into(),
            _ => Err(err::ENOSYS).into(),
        }
    }

    fn op_control(&'static self, call: &Call, flags: u64) -> Result<Reply, i64> {
        if !call.rights.has(Rights::S) {
            return Err(err::EPERM);
        }
        if call.words() <= op::CONTROL_MR_BIND_UTCB {
            return Err(err::EINVAL);
        }
        if flags & op::CONTROL_BIND_TASK != 0 {
            self.bind_to(call)?;
        }
        let (pager, handler) = (self.pager.get(), self.exc_handler.get());
        if flags & op::CONTROL_SET_PAGER != 0 {
            self.pager.set(CapIdx(call.arg(op::CONTROL_MR_PAGER)?));
        }
        if flags & op::CONTROL_SET_EXC_HANDLER != 0 {
            self.exc_handler
                .set(CapIdx(call.arg(op::CONTROL_MR_EXC_HANDLER)?));
        }
        if flags & op::CONTROL_ALIEN != 0 {
            let on = call.arg(op::CONTROL_MR_FLAG_VALS)? & op::CONTROL_ALIEN != 0;
            self.set_alien(if on { Alien::Yes } else { Alien::No });
        }
        // As the last selector that there could be.
        const NONE: u64 = u64::MAX << l4re_sys::cap::SHIFT;
        let told = |cap: CapIdx| if cap.is_valid() { cap.0 } else { NONE };
        call.set_word(op::CONTROL_MR_PAGER, told(pager));
        call.set_word(op::CONTROL_MR_EXC_HANDLER, told(handler));
        Ok(Reply::words(3))
    }

    /// Maps the UTCBs of the task that a thread is to be bound to.
    fn prepare_to_bind(call: &Call, flags: u64) -> Result<(), Stop> {
        match call.item(0).map(|cap| (cap.object(), cap.rights)) {
            Some((Object::Task(task), rights))
                if flags & op::CONTROL_BIND_TASK != 0
                    && rights.has(Rights::S)
                    && call.rights.has(Rights::S) =>
            {
                task.map_area(&Budget::of_one_stay())
            }
            _ => Ok(()),
        }
    }

    fn bind_to(&'static self, call: &Call) -> Result<(), i64> {
        let cap = call.item(0).ok_or(err::EINVAL)?;
        let Object::Task(task) = cap.object() else {
            return Err(err::EINVAL);
        };
        if !cap.rights.has(Rights::S) {
            return Err(err::EPERM);
        }
        if !self.can_be_bound() {
            return Err(err::EINVAL);
        }
        let address = call.arg(op::CONTROL_MR_BIND_UTCB)?;
        let utcb = task.find_utcb(address).ok_or(err::EINVAL)?;
        task.caps.prepare(task.account()).ok_or(err::ENOMEM)?;
        self.bind(task, utcb, address);
        Ok(())
    }

    fn op_ex_regs(&'static self, call: &Call, flags: u64) -> Result<Reply, i64> {
        let (Some(ip), Some(sp)) = (call.word(1), call.word(2)) else {
            return Err(err::EINVAL);
        };
        // Flags that are the machine's: this one has none.
        if flags & op::EX_REGS_ARCH_MASK != 0 {
            return Err(err::EINVAL);
        }
        if ip != UNCHANGED && ip >= USER_END {
            return Err(err::EINVAL);
        }
        let old = self.regs();
        // A message that is not finished cannot go on with other registers.
        let unfinished = self.exit.get() == Exit::Continue;
        if flags & op::EX_REGS_CANCEL != 0 || unfinished {
            ipc::cancel(self);
        }
        if ip != UNCHANGED {
            self.progress.set(Progress::NONE);
            // What starts there is 64-bit code, as the whole address tells.
            self.update_regs(|regs| {
                regs.ip = ip;
                regs.dummy1 = u64::from(USER_CS);
            });
            if self.exit.get() != Exit::Exception {
                self.exit.set(Exit::Iret);
            }
            self.has_ip();
        }
        if sp != UNCHANGED {
            self.update_regs(|regs| regs.sp = sp);
        }
        if flags & op::EX_REGS_TRIGGER_EXCEPTION != 0 {
            self.leave_by_iret();
            self.exit.set(Exit::Exception);
        }
        call.set_word(0, old.flags);
        call.set_word(1, old.ip);
        call.set_word(2, old.sp);
        Ok(Reply::words(3))
    }

    fn op_register_delete_irq(&self, call: &Call) -> Result<Reply, i64> {
        let cap = call.item(0).ok_or(err::EINVAL)?;
        let Object::Irq(irq) = cap.object() else {
            return Err(err::EINVAL);
        };
        if !call.rights.has(Rights::S) {
            return Err(err::EPERM);
        }
        if self.deletion_irq.get().get().is_some() {
            return Err(err::EBUSY);
        }
        self.deletion_irq.set(Handle::of(irq));
        Ok(Reply::ok())
    }

    /// Gives the senders that wait for this thread other labels: each rule is a mask and
    /// the value under it, and the bits to clear and to set where it fits.
    fn op_modify_senders(&'static self, call: &Call) -> Outcome {
        if self.bound().is_none() {
            return Err(err::EINVAL).into();
        }
        let mut rules = [[0; 4]; MAX_RULES];
        let mut count = 0;
        // What is left over is no rule.
        for (first, rule) in (1..call.words().saturating_sub(3))
            .step_by(4)
            .zip(&mut rules)
        {
            for (n, word) in rule.iter_mut().enumerate() {
                *word = call.word(first + n).unwrap_or(0);
            }
            count += 1;
        }
        let budget = Budget::of_one_stay();
        let mut place = call.progress();
        while let Some(sender) = self.senders.at_or_behind(place) {
            if budget.spend(Budget::LOOK * (4 + count as u32 / 4)).is_err() {
                return call.go_on_at(place);
            }
            let label = sender.message.label.get();
            let fits = |rule: &&[u64; 4]| label & rule[0] == rule[1];
            if let Some([_, _, clear, set]) = rules[..count].iter().find(fits) {
                sender.message.label.set(label & !clear | set);
            }
            place = WaitQueue::place_of(sender) + 1;
        }
        Ok(Reply::ok()).into()
    }

    fn op_switch(&'static self, call: &Call) -> Outcome {
        if core::ptr::eq(self, call.caller.thread()) {
            return Outcome::Yield;
        }
        if self.can_run() {
            Outcome::Switch(self)
        } else {
            Ok(Reply::ok()).into()
        }
    }

    fn op_segment_base(&'static self, call: &Call, segment: u64) -> Result<Reply, i64> {
        let base = call.arg(1)?;
        // The base is loaded as it is: it must be an address that the processor takes.
        if base >= USER_END {
            return Err(err::EINVAL);
        }
        match segment {
            op::SEGMENT_FS => self.set_segment_base(false, base),
            op::SEGMENT_GS => self.set_segment_base(true, base),
            _ => return Err(err::EINVAL),
        }
        Ok(Reply::ok())
    }

    /// Gives the thread its priority at start, from the kernel itself.
    pub fn start(&'static self, priority: u8) {
        sched::set_priority(self, priority);
        self.has_ip();
        self.has_sched();
    }
}
