//! How programs end, and the system with them.

use core::cell::RefCell;
use core::fmt::{self, Write};

use l4re_sys::proto;
use l4re_sys::re::parent;

use super::{Program, Running, State};
use crate::account::ProgramId;
use crate::error::{Error, Result};
use crate::fallible::Shared;
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
        report(format_args!("{}: exited with {status}", self.name_of(id)));
        self.release(id, status);
        self.check_end();
        Ok(Outcome::NoReply)
    }

    /// Tells of a fault; ends the program if it is one of its own task.
    pub(in crate::server) fn fault(
        &mut self,
        id: Option<ProgramId>,
        regions: &Shared<RefCell<RegionMap>>,
        fault: &Fault,
    ) {
        let Some(id) = id else { return };
        let own = self
            .running(Some(id))
            .is_some_and(|running| running.regions.is(regions));
        self.flush(id);
        let whose = if own { "" } else { " in another task" };
        let name = self.name_of(id);
        report(format_args!("{name}: fault{whose}: {fault}"));
        for frame in fault.frames() {
            report(format_args!("{name}:   {frame}"));
        }
        if own {
            let status = match fault.kind {
                Kind::StackOverflow(_) => STATUS_STACK_OVERFLOW,
                _ => STATUS_FAULT,
            };
            self.release(id, status);
            self.check_end();
        }
    }

    /// Ends a program that touches a page which the kernel cannot map.
    pub(in crate::server) fn cannot_map(&mut self, id: ProgramId) {
        self.flush(id);
        let name = self.name_of(id);
        report(format_args!(
            "{name}: a page cannot be mapped: its kernel memory is used up"
        ));
        self.release(id, STATUS_FAULT);
        self.check_end();
    }

    fn running(&self, id: Option<ProgramId>) -> Option<&Running> {
        match &self.programs.get(id?)?.state {
            State::Running(running) => Some(running),
            _ => None,
        }
    }

    fn name_of(&self, id: ProgramId) -> &str {
        let name = self.programs.get(id).map_or(&b""[..], Program::name);
        core::str::from_utf8(name).unwrap_or("?")
    }

    /// Brings out the last words of a program.
    fn flush(&self, id: ProgramId) {
        if let Some(running) = self.running(Some(id)) {
            running.log.borrow_mut().flush(&mut kernel::log);
        }
    }

    /// Takes back all that a program had.
    pub(super) fn release(&mut self, id: ProgramId, status: i64) {
        let Some(program) = self.programs.get_mut(id) else {
            return;
        };
        let running = match core::mem::replace(&mut program.state, State::Ended(status)) {
            State::Running(running) => running,
            State::Starting => return,
            told @ State::Ended(_) => {
                // It was told of before.
                program.state = told;
                return;
            }
        };
        drop(running.thread);
        drop(running.task);
        // With the factory go the tasks and threads that the program made.
        self.end_account(&running.account);
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

/// Text of the root task's own on its way to the log, in pieces: without the heap, since it may
/// be about that.
struct Report {
    buffer: [u8; 128],
    len: usize,
}

impl Report {
    fn send(&mut self) {
        kernel::log(self.buffer.get(..self.len).unwrap_or(&[]));
        self.len = 0;
    }
}

impl Write for Report {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.len == self.buffer.len() {
                self.send();
            }
            if let Some(place) = self.buffer.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
        Ok(())
    }
}

/// A line of the root task's own.
pub fn report(line: fmt::Arguments<'_>) {
    let mut report = Report {
        buffer: [0; 128],
        len: 0,
    };
    // Writing to it cannot fail.
    let _ = writeln!(report, "[root] {line}");
    report.send();
}

/// Ends the system. Never returns, even where the kernel cannot switch the machine off.
pub fn end_system(status: i64) -> ! {
    report(format_args!("system ends with status {status}"));
    kernel::tell_verdict(status);
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
