//! On whose behalf something is made, and who pays for it.

use core::cell::Cell;

use crate::error::{Error, Result};
use crate::fallible::Shared;
use crate::heap::Heap;
use crate::owned_cap::OwnedCap;
use crate::pool::Pool;
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
    /// The root task's memory: that of dataspaces and that of bookkeeping.
    pub quota: Shared<Quota>,
    /// Bookkeeping, charged to the quota.
    pub heap: Shared<Heap>,
    /// The kernel's memory: gates are made by it. It lives as long as any account uses it.
    pub factory: Shared<OwnedCap>,
    /// The program; `None`: the root task itself.
    pub program: Option<ProgramId>,
    /// Slots of the root task's capability table, counted over all of a program.
    pub slots: Shared<Quota>,
    /// What this account is part of.
    parent: Option<Shared<Account>>,
    /// How many accounts this one is within.
    depth: usize,
    ended: Cell<bool>,
}

impl Account {
    /// The root task's own.
    ///
    /// # Errors
    /// [`Error::ENOMEM`].
    pub fn root(pool: &'static Pool, limit: usize, factory: OwnedCap) -> Result<Shared<Account>> {
        let quota = Quota::new(limit, None)?;
        Shared::new(Account {
            heap: Heap::new(pool, quota.clone())?,
            quota,
            factory: Shared::new(factory)?,
            program: None,
            slots: Quota::new(usize::MAX, None)?,
            parent: None,
            depth: 0,
            ended: Cell::new(false),
        })
    }

    /// A program's, with at most `limit` bytes of memory; `this` is the root task's.
    ///
    /// # Errors
    /// [`Error::ENOMEM`].
    pub fn program(
        this: &Shared<Account>,
        pool: &'static Pool,
        id: ProgramId,
        limit: usize,
        factory: OwnedCap,
    ) -> Result<Shared<Account>> {
        let part = Self::part_of(this, pool, limit)?;
        Shared::new(Account {
            factory: Shared::new(factory)?,
            program: Some(id),
            slots: Quota::new(PROGRAM_SLOTS, None)?,
            ..part
        })
    }

    /// An account within `this` one, with at most `limit` bytes of memory.
    ///
    /// # Errors
    /// [`Error::ENOMEM`], also if this one is within [`MAX_DEPTH`] others: what is charged is
    /// charged to all of them.
    pub fn part(
        this: &Shared<Account>,
        pool: &'static Pool,
        limit: usize,
    ) -> Result<Shared<Account>> {
        Shared::new(Self::part_of(this, pool, limit)?)
    }

    fn part_of(this: &Shared<Account>, pool: &'static Pool, limit: usize) -> Result<Account> {
        if this.depth >= MAX_DEPTH {
            return Err(Error::ENOMEM);
        }
        let quota = Quota::new(limit, Some(this.quota.clone()))?;
        Ok(Account {
            heap: Heap::new(pool, quota.clone())?,
            quota,
            factory: this.factory.clone(),
            program: this.program,
            slots: this.slots.clone(),
            parent: Some(this.clone()),
            depth: this.depth + 1,
            ended: Cell::new(false),
        })
    }

    /// Ends the account: nothing that was made at its cost, or at that of a part of it, is
    /// served any more.
    pub fn end(&self) {
        self.ended.set(true);
    }

    /// Whether the account, or one that it is part of, has ended.
    pub fn has_ended(&self) -> bool {
        let mut account = self;
        loop {
            if account.ended.get() {
                return true;
            }
            match &account.parent {
                Some(parent) => account = parent,
                None => return false,
            }
        }
    }
}
