//! Thread groups: several threads behind one gate or IRQ.
//!
//! With one processor every member is core-local, so that both policies choose among all
//! of them: one that waits for a message, else the one that joined first. At most 64 are looked
//! at for one message.

use super::invoke::{Call, Reply};
use super::thread::Thread;
use super::{Handle, Header, KObject, Kind, Object};
use crate::cap::Rights;
use crate::mem::slab::{Slab, Slot};
use crate::util::budget::{Budget, Unfinished};
use crate::util::list::List;
use core::cell::Cell;
use l4re_sys::err;
use l4re_sys::op::thread_group as op;

/// Tag of the link that ties a thread to its group.
pub struct MemberTag;

/// A thread group.
#[repr(C, align(16))]
pub struct ThreadGroup {
    header: Header,
    members: List<Thread, MemberTag>,
    /// Whose turn it is to be looked at, in a large group.
    turn: Cell<Handle<Thread>>,
    next_free: Cell<Option<&'static ThreadGroup>>,
}

// SAFETY: `repr(C)`, the header first, allocated from THREAD_GROUPS only.
unsafe impl KObject for ThreadGroup {}

impl Slot for ThreadGroup {
    const VACANT: Self = Self {
        header: Header::vacant(Kind::ThreadGroup),
        members: List::new(),
        turn: Cell::new(Handle::NONE),
        next_free: Cell::new(None),
    };
    const KIND: usize = 6;
    fn next_free(&self) -> &Cell<Option<&'static Self>> {
        &self.next_free
    }
}

/// Where thread groups live.
pub static THREAD_GROUPS: Slab<ThreadGroup> = Slab::new();

impl ThreadGroup {
    /// Whether a policy exists.
    pub fn is_policy(policy: u64) -> bool {
        matches!(
            policy,
            op::POLICY_STRICT_CORE_LOCAL | op::POLICY_SOFT_CORE_LOCAL
        )
    }

    /// The member that gets the next message. Of a group with more members than can be looked
    /// at for each message, those that joined first and some others are, in turn.
    pub fn select(&self) -> Option<&'static Thread> {
        let first = self.members.first()?;
        let (found, behind) = self.waiting_from(Some(first));
        let Some(rest) = found.is_none().then_some(behind).flatten() else {
            return Some(found.unwrap_or(first));
        };
        let turn = (self.turn.get().get()).filter(|member| member.group_link.is_in(&self.members));
        let (found, behind) = self.waiting_from(turn.or(Some(rest)));
        self.turn.set(behind.map_or(Handle::NONE, Handle::of));
        Some(found.unwrap_or(first))
    }

    /// The first member that waits for a message, of some from this one on, and the member
    /// behind those.
    fn waiting_from(
        &self,
        mut member: Option<&'static Thread>,
    ) -> (Option<&'static Thread>, Option<&'static Thread>) {
        const LOOKED_AT: usize = 32;
        for _ in 0..LOOKED_AT {
            match member {
                Some(thread) if thread.ipc.get().is_open_wait() => return (member, member),
                Some(thread) => member = self.members.next(thread),
                None => break,
            }
        }
        (None, member)
    }

    /// The group's end (from `obj::reap`).
    pub fn destroy(&'static self, budget: &Budget) -> Result<(), Unfinished> {
        while !self.members.is_empty() {
            budget.spend(Budget::LOOK * 2)?;
            if let Some(thread) = self.members.pop_front() {
                thread.group.set(Handle::NONE);
            }
        }
        super::release(&THREAD_GROUPS, self);
        Ok(())
    }

    /// An operation of the thread group protocol.
    pub fn invoke(&'static self, call: &Call) -> Result<Reply, i64> {
        let operation = call.arg(0)?;
        if !matches!(operation, op::ADD | op::REMOVE) {
            return Err(err::ENOSYS);
        }
        let cap = call.item(0).ok_or(err::EINVAL)?;
        let Object::Thread(thread) = cap.object() else {
            return Err(err::EINVAL);
        };
        if !call.rights.has(Rights::S) || !cap.rights.has(Rights::S) {
            return Err(err::EPERM);
        }
        if operation == op::REMOVE {
            if !self.members.remove(thread) {
                return Err(err::EINVAL);
            }
            thread.group.set(Handle::NONE);
            return Ok(Reply::ok());
        }
        // One group for a thread, one task for a group.
        let stranger = self.members.first().is_some_and(|m| !same_task(m, thread));
        if thread.group_link.is_in(&self.members) {
            return Err(err::EEXIST);
        }
        if thread.group.get().get().is_some() {
            return Err(err::EBUSY);
        }
        if thread.task().is_none() || stranger {
            return Err(err::EINVAL);
        }
        // A group that is dead and not yet taken apart may still have the thread.
        thread.group_link.unlink();
        thread.group.set(Handle::of(self));
        self.members.push_back(thread);
        Ok(Reply::ok())
    }
}

fn same_task(a: &Thread, b: &Thread) -> bool {
    match (a.task(), b.task()) {
        (Some(a), Some(b)) => core::ptr::eq(a, b),
        _ => false,
    }
}

/// What a gate or IRQ is bound to.
#[derive(Clone, Copy)]
pub struct Destination {
    thread: Handle<Thread>,
    group: Handle<ThreadGroup>,
}

impl Destination {
    /// Nothing.
    pub const NONE: Self = Self {
        thread: Handle::NONE,
        group: Handle::NONE,
    };

    /// The thread or group that a capability names.
    pub fn of(object: Object) -> Option<Self> {
        match object {
            Object::Thread(thread) => Some(Self {
                thread: Handle::of(thread),
                ..Self::NONE
            }),
            Object::ThreadGroup(group) => Some(Self {
                group: Handle::of(group),
                ..Self::NONE
            }),
            _ => None,
        }
    }

    /// The thread, if it is one.
    #[inline(always)]
    pub fn thread(self) -> Option<&'static Thread> {
        self.thread.get()
    }

    /// Whether it is nothing, and never was anything.
    pub fn is_none(self) -> bool {
        self.thread.is_none() && self.group.is_none()
    }

    /// The thread that gets the next message.
    pub fn select(self) -> Option<&'static Thread> {
        self.thread().or_else(|| self.group.get()?.select())
    }
}
