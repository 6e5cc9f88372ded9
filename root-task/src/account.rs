//! On whose behalf something is made, and who pays for it.

use alloc::rc::Rc;

use crate::owned_cap::OwnedCap;
use crate::quota::Quota;

/// Which of the programs started, by order of start.
pub type ProgramId = usize;

/// What pays for objects: memory, and the kernel's memory for gates.
pub struct Account {
    /// The root task's memory.
    pub quota: Rc<Quota>,
    /// The kernel's: gates are made by it. It lives as long as any account uses it.
    pub factory: Rc<OwnedCap>,
    /// The program; `None`: the root task itself.
    pub program: Option<ProgramId>,
}

impl Account {
    /// An account within this one, with at most `limit` bytes of memory.
    pub fn part(&self, limit: usize) -> Account {
        Account {
            quota: Quota::new(limit, Some(self.quota.clone())),
            factory: self.factory.clone(),
            program: self.program,
        }
    }
}
