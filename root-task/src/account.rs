//! On whose behalf something is made, and who pays for it.

use alloc::rc::Rc;

use crate::error::{Error, Result};
use crate::owned_cap::OwnedCap;
use crate::quota::Quota;

/// Which of the programs started, by order of start.
pub type ProgramId = usize;

/// How many allocators can be made one by the other.
pub const MAX_DEPTH: usize = 16;

/// As many of the root task's capability slots may one program take, by the objects that it has
/// made and the capabilities that it registers: a small part of what there are.
pub const PROGRAM_SLOTS: usize = 1 << 14;

/// What pays for objects: memory, and the kernel's memory for gates.
pub struct Account {
    /// The root task's memory.
    pub quota: Rc<Quota>,
    /// The kernel's: gates are made by it. It lives as long as any account uses it.
    pub factory: Rc<OwnedCap>,
    /// The program; `None`: the root task itself.
    pub program: Option<ProgramId>,
    /// Slots of the root task's capability table, counted over all of a program.
    pub slots: Rc<Quota>,
    /// How many accounts this one is within.
    pub depth: usize,
}

impl Account {
    /// An account within this one, with at most `limit` bytes of memory.
    ///
    /// # Errors
    /// [`Error::ENOMEM`] if this one is within [`MAX_DEPTH`] others: what is charged is charged
    /// to all of them.
    pub fn part(&self, limit: usize) -> Result<Account> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::ENOMEM);
        }
        Ok(Account {
            quota: Quota::new(limit, Some(self.quota.clone())),
            factory: self.factory.clone(),
            program: self.program,
            slots: self.slots.clone(),
            depth: self.depth + 1,
        })
    }
}
