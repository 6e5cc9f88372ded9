//! How programs end, and the system with them.

use alloc::format;
use alloc::rc::Rc;
use core::cell::RefCell;
use core::fmt;

use l4re_sys::re::parent;
use l4re_sys::{ExcRegs, proto};

use super::{Program, State};
use crate::account::ProgramId;
use crate::error::{Error, Result};
use crate::fault::{Fault, Kind};
use crate::kernel;
use crate::message::{Outcome, Request};
use crate::plan::End;
use crate::regions::RegionMap;
use crate::server::Server;

/// The status of a program that faulted.
const STATUS_FAULT: i64 = 139;
/// The status of a program that overflowed its stack.
const STATUS_STACK_OVERFLOW: i64 = 134;

impl Server {
    /// What a program tells its parent.
    pub(in crate::server) fn parent(
        &mut self,
        id: ProgramId,
        request: &Request,
    ) -> Result<Outcome> {
        if request.proto != proto::PARENT {
            return Err(Error::EBADPROTO);
        }
        if request.op()? != parent::SIGNAL {
            return Err(Error::ENOSYS);
        }
        let (signal, value) = (request.u64(8)?, request.u64(16)?);
        if signal != parent::SIGNAL_EXIT {
            return Ok(Outcome::Reply(0));
        }
        let status = value as i64;
        self.flush(id);
        report(format_args!(
            "{}: exited with {status}",
            self.programs[id].name
        ));
        self.release(id, status);
        self.check_end();
        Ok(Outcome::NoReply)
    }

    /// Tells of a fault; ends the program if it is one of its own task.
    pub(in crate::server) fn fault(
        &mut self,
        id: Option<ProgramId>,
        regions: &Rc<RefCell<RegionMap>>,
        regs: &ExcRegs,
    ) {
        let Some(program) = id.and_then(|id| self.programs.get(id)) else {
            return;
        };
        let name = program.name.clone();
        let own = match &program.state {
            State::Running(running) if Rc::ptr_eq(&running.regions, regions) => Some(running.stack),
            _ => None,
        };
        let fault = Fault::examine(regs, &regions.borrow(), own.unwrap_or((0, 0)));
        let Some(id) = id else { return };
        self.flush(id);
        let whose = if own.is_some() {
            ""
        } else {
            " in another task"
        };
        report(format_args!("{name}: fault{whose}: {fault}"));
        for frame in &fault.frames {
            report(format_args!("{name}:   {frame}"));
        }
        if own.is_some() {
            let status = match fault.kind {
                Kind::StackOverflow(_) => STATUS_STACK_OVERFLOW,
                _ => STATUS_FAULT,
            };
            self.release(id, status);
            self.check_end();
        }
    }

    /// Brings out the last words of a program.
    fn flush(&self, id: ProgramId) {
        if let Some(State::Running(running)) = self.programs.get(id).map(|p| &p.state) {
            running.log.borrow_mut().flush(&mut kernel::log);
        }
    }

    /// Takes back all that a program had.
    pub(super) fn release(&mut self, id: ProgramId, status: i64) {
        let state = core::mem::replace(&mut self.programs[id].state, State::Ended(status));
        if let State::Ended(_) = state {
            // It was told of before.
            self.programs[id].state = state;
            return;
        }
        if let State::Running(running) = state {
            drop(running.thread);
            drop(running.task);
        }
        for label in self
            .objects
            .labels(|entry| entry.account.program == Some(id))
        {
            self.remove(label);
        }
    }

    /// Ends the system if it is time to.
    pub(super) fn check_end(&mut self) {
        let status = |program: &Program| match program.state {
            State::Ended(status) => Some(status),
            _ => None,
        };
        let all = self.programs.iter().map(status);
        let ended = match self.end {
            End::All => all.clone().all(|status| status.is_some()),
            End::First => all.clone().next().flatten().is_some(),
        };
        if !ended {
            return;
        }
        let status = match self.end {
            End::All => all.flatten().find(|&status| status != 0).unwrap_or(0),
            End::First => all.flatten().next().unwrap_or(0),
        };
        end_system(status);
    }
}

/// A line of the root task's own.
pub fn report(line: fmt::Arguments<'_>) {
    kernel::log(format!("[root] {line}\n").as_bytes());
}

/// Ends the system. Never returns, even where the kernel cannot switch the machine off.
pub fn end_system(status: i64) -> ! {
    report(format_args!("system ends with status {status}"));
    if let Err(error) = kernel::shutdown(false) {
        // Fiasco cannot switch a PC off. A restart ends an emulator that is told not to.
        report(format_args!(
            "the kernel cannot switch off ({error:?}), so it restarts"
        ));
        let _ = kernel::shutdown(true);
    }
    loop {
        kernel::sleep();
    }
}
