//! Another task, which runs the program's own code on the program's own memory.

use crate::object::{create_gate, create_task, delete, give, run, slots};
use crate::thread::{Bind, Crew};
use l4re::sys::{CapIdx, Fpage, MemRights, ObjRights, utcb};

/// Where the UTCBs of another task are: a place that is not the program's.
const UTCBS: u64 = 0x6000_0000_0000;

/// Another task.
pub struct Outpost {
    /// Its task.
    pub task: CapIdx,
    gate: CapIdx,
    factory: CapIdx,
    threads: u64,
}

impl Outpost {
    const PAGER: CapIdx = CapIdx::from_index(0x10);

    /// A task at the cost of a factory; `pager` is a thread of the program's that runs
    /// [`serve_faults`](crate::serve_faults), or a fault handler of its own.
    pub fn new(factory: CapIdx, pager: CapIdx) -> Result<Self, i64> {
        let task = slots(2);
        let outpost = Outpost {
            task,
            gate: task.next(),
            factory,
            threads: 0,
        };
        let ok = |code: i64| if code < 0 { Err(code) } else { Ok(()) };
        ok(create_task(
            factory,
            Fpage::page(UTCBS, MemRights::RW),
            task,
        ))?;
        ok(create_gate(factory, pager, 0, outpost.gate))?;
        outpost.give(outpost.gate, Self::PAGER)?;
        Ok(outpost)
    }

    /// Gives it a capability of the program's.
    pub fn give(&self, cap: CapIdx, to: CapIdx) -> Result<(), i64> {
        match give(self.task, cap, ObjRights::RWSD, to) {
            error @ ..0 => Err(error),
            _ => Ok(()),
        }
    }

    /// Runs `f` in it, as thread `n` of a crew. The capabilities that `f` names are the task's.
    pub fn spawn(
        &mut self,
        crew: &mut Crew,
        n: usize,
        prio: u64,
        f: fn(u64),
        argument: u64,
    ) -> Result<(), i64> {
        let utcb = UTCBS + self.threads * utcb::SIZE as u64;
        self.threads += 1;
        let how = Bind {
            task: self.task,
            utcb,
            pager: Self::PAGER,
        };
        let made = crew.make_in(n, self.factory, how, f, argument);
        match made.min(if made == 0 { run(crew.cap(n), prio) } else { 0 }) {
            0 => Ok(()),
            error => Err(error),
        }
    }

    /// Ends it.
    pub fn end(&self) {
        delete(self.task);
        delete(self.gate);
    }
}

impl Drop for Outpost {
    fn drop(&mut self) {
        self.end();
    }
}
