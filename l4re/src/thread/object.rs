//! Threads, as the kernel knows them.

use crate::cap::{Cap, Object};
use crate::error::{Error, Result};
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use crate::task::Task;
use l4re_sys::op::thread as op;
use l4re_sys::{CapIdx, MapItem, ObjRights, Timeout, proto};

/// A thread (`L4::Thread`, `l4/sys/thread`).
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// let main = env.main_thread();
/// l4re::println!("{} us of processor time", main.stats_time()?);
/// # Ok(())
/// # }
/// ```
///
/// A thread of the program's own is made by [`spawn`](crate::thread::spawn).
#[derive(Debug)]
pub enum Thread {}

impl Object for Thread {
    const PROTOCOL: i64 = proto::THREAD;
}

/// What [`Cap::<Thread>::control`] sets: only what is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Control {
    /// Who handles page faults: a selector of the thread's *own* task.
    pub pager: Option<CapIdx>,
    /// Who handles exceptions: a selector of the thread's *own* task.
    pub exc_handler: Option<CapIdx>,
    /// The task, and the address of the thread's UTCB in it.
    pub bind: Option<(Cap<Task>, u64)>,
    /// Whether the thread is an alien: its system calls are exceptions.
    pub alien: Option<bool>,
}

/// What [`Cap::<Thread>::control`] found before it set anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OldControl {
    /// Who handled page faults.
    pub pager: CapIdx,
    /// Who handled exceptions.
    pub exc_handler: CapIdx,
}

/// What [`Cap::<Thread>::ex_regs`] found before it set anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OldRegs {
    /// The thread's state.
    pub flags: u64,
    /// The instruction pointer.
    pub ip: u64,
    /// The stack pointer.
    pub sp: u64,
}

impl Cap<Thread> {
    /// The calling thread, whatever its own capability is.
    pub const CURRENT: Cap<Thread> = Cap::new(CapIdx::INVALID);

    /// Binds a new thread to another task, and sets who handles its faults: see
    /// [`control_any`](Self::control_any). Threads of the program's own task are out of bounds: who
    /// handles the faults of one sets its registers.
    ///
    /// # Errors
    /// [`Error::NO_PERMISSION`] if the thread is not to be bound, or the task is the program's own;
    /// what the kernel answers, for one if the thread is bound already; an IPC error.
    #[allow(unsafe_code)]
    pub fn control(self, control: &Control) -> Result<OldControl> {
        match control.bind {
            Some((task, _)) if !task.is_own()? => {}
            _ => return Err(Error::NO_PERMISSION),
        }
        let bind = Control {
            bind: control.bind,
            ..Control::default()
        };
        // SAFETY: if the thread runs in the program's own task, the kernel refuses, for a thread is
        // bound once; if it does not, it is in another task from now on.
        let old = unsafe { self.control_any(&bind)? };
        let rest = Control {
            bind: None,
            ..*control
        };
        if rest == Control::default() {
            return Ok(old);
        }
        // SAFETY: the thread runs in another task: it has just been bound to that.
        unsafe { self.control_any(&rest) }
    }

    /// Sets who handles the thread's faults, and what it runs in.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// If the thread runs in the program's own task, or is bound to it, those who handle its faults
    /// must be sound to go on with the registers and the memory that they set, and the UTCB must be
    /// the thread's own.
    #[allow(unsafe_code)]
    pub unsafe fn control_any(self, control: &Control) -> Result<OldControl> {
        let mut what = op::CONTROL;
        let mut values = 0;
        if control.pager.is_some() {
            what |= op::CONTROL_SET_PAGER;
        }
        if control.exc_handler.is_some() {
            what |= op::CONTROL_SET_EXC_HANDLER;
        }
        if let Some(alien) = control.alien {
            what |= op::CONTROL_ALIEN;
            values |= if alien { op::CONTROL_ALIEN } else { 0 };
        }
        if control.bind.is_some() {
            what |= op::CONTROL_BIND_TASK;
        }
        let mut w = Writer::new();
        w.put(what)
            .put(control.pager.unwrap_or(CapIdx::INVALID))
            .put(control.exc_handler.unwrap_or(CapIdx::INVALID))
            .put(0u64)
            .put(values)
            .put(control.bind.map_or(0, |(_, utcb)| utcb));
        if let Some((task, _)) = control.bind {
            w.item(MapItem::cap(task.idx(), ObjRights::RWS));
        }
        let tag = ipc::transact(self.idx(), w.tag(proto::THREAD)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        let old = |r: &mut Reader| r.get().unwrap_or(CapIdx::INVALID);
        old(&mut r);
        Ok(OldControl {
            pager: old(&mut r),
            exc_handler: old(&mut r),
        })
    }

    /// Sets the thread's instruction and stack pointer (`u64::MAX`: as it is), and does what
    /// `flags` say ([`EX_REGS_CANCEL`](op::EX_REGS_CANCEL) and others). Returns what they were.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    ///
    /// # Safety
    /// If the thread runs in the program's own task, it must be sound to run from there on,
    /// and to stop what the thread is doing.
    #[allow(unsafe_code)]
    pub unsafe fn ex_regs(self, ip: u64, sp: u64, flags: u64) -> Result<OldRegs> {
        let mut w = Writer::new();
        w.put(op::EX_REGS | flags).put(ip).put(sp);
        let tag = ipc::transact(self.idx(), w.tag(proto::THREAD)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        Ok(OldRegs {
            flags: r.get()?,
            ip: r.get()?,
            sp: r.get()?,
        })
    }

    /// Gives the rest of the calling thread's time slice to this thread.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn switch_to(self) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::SWITCH);
        ipc::transact(self.idx(), w.tag(proto::THREAD)?, Buffers::None).map(drop)
    }

    /// The processor time that the thread has consumed, in microseconds.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn stats_time(self) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::STATS);
        let tag = ipc::transact(self.idx(), w.tag(proto::THREAD)?, Buffers::None)?;
        Reader::new(tag).get()
    }

    /// Registers an interrupt that is triggered when a gate of the thread's is deleted.
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn register_del_irq(self, irq: Cap<crate::irq::Irq>) -> Result<()> {
        self.register_irq(op::REGISTER_DELETE_IRQ, irq)
    }

    /// Registers an interrupt that is triggered when a message waits to be received by the thread.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`](crate::Error::NO_OPERATION) where the kernel has none; an IPC error.
    pub fn register_doorbell_irq(self, irq: Cap<crate::irq::Irq>) -> Result<()> {
        self.register_irq(op::REGISTER_DOORBELL_IRQ, irq)
    }

    fn register_irq(self, operation: u64, irq: Cap<crate::irq::Irq>) -> Result<()> {
        let mut w = Writer::new();
        w.put(operation);
        w.item(MapItem::cap(irq.idx(), ObjRights::RWS));
        ipc::transact(self.idx(), w.tag(proto::THREAD)?, Buffers::None).map(drop)
    }

    /// Changes the labels of messages that wait to be received by the thread: `rules` of mask,
    /// match, bits to delete and bits to add. A server does so before a label's object goes.
    ///
    /// # Errors
    /// [`Error::TOO_LONG`](crate::Error::TOO_LONG) if there are more than 15 rules; what the
    /// kernel answers, or an IPC error.
    pub fn modify_senders(self, rules: &[[u64; 4]]) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::MODIFY_SENDER);
        for rule in rules {
            for word in rule {
                w.put(*word);
            }
        }
        let tag = w.tag(proto::THREAD)?;
        ipc::transact_timeout(self.idx(), tag, Buffers::None, Timeout::NEVER).map(drop)
    }
}
