//! Work that goes on while other requests are served: requests that are answered later, objects
//! whose last client went, memory that is to be freed.

use alloc::boxed::Box;
use core::mem::MaybeUninit;

use intrusive_collections::{LinkedList, LinkedListLink, intrusive_adapter};
use l4re_sys::{CapIdx, Sysf, Timeout, utcb};

use super::rm::put_detached;
use super::{Entry, Object, Server};
use crate::account::ProgramId;
use crate::budget::{Budget, Step, cost};
use crate::dataspace::{Dataspace, garbage};
use crate::error::{Error, Result};
use crate::fallible::{Shared, boxed};
use crate::fault::Fault;
use crate::heap::pays;
use crate::kernel;
use crate::message::{Outcome, Reply, Request};
use crate::regions::{Detached, Discarded, Search};
use crate::registry::Label;

/// How many requests can be answered later, and how many of them may be one program's. What is kept
/// for them is in the root task's own memory: a program may wait because it has none left.
const SLOTS: usize = 1024;
const PROGRAM_JOBS: usize = 16;
/// So often is a request tried again that there was no memory for while some was being freed.
const TRIES: u32 = 10_000;

/// How far a request has come that is done in steps.
#[derive(Default)]
pub(super) struct Progress {
    /// Bytes that are done, or the offset of the next.
    pub at: usize,
    /// Memory in the making.
    pub memory: Option<Shared<Dataspace>>,
    /// Where the search for a place goes on.
    pub search: Option<Search>,
    /// What was detached, and is still to be cleared.
    pub detached: Option<(Detached, Discarded)>,
    /// A fault whose way is being followed.
    pub fault: Option<Box<Fault>>,
    /// How often it was tried again.
    tries: u32,
}

impl Progress {
    /// Whether the request may wait for memory that is being freed, once more.
    pub(super) fn may_wait(&mut self) -> bool {
        self.tries += 1;
        self.tries <= TRIES
    }
}

/// A request that is answered later.
pub(super) struct Job {
    link: LinkedListLink,
    /// The label that it came with.
    label: u64,
    request: Request,
    progress: Progress,
    program: Option<ProgramId>,
    slot: usize,
}

intrusive_adapter!(Adapter = Box<Job>: Job { link => LinkedListLink });

/// The requests that are answered later, and the slots for their reply capabilities.
pub(super) struct Jobs {
    waiting: LinkedList<Adapter>,
    /// A set bit is a slot in use.
    used: [u64; SLOTS / 64],
    /// The slot of the request that is being served.
    current: usize,
}

impl Default for Jobs {
    fn default() -> Self {
        let mut used = [0; SLOTS / 64];
        used[0] = 1;
        Jobs {
            waiting: LinkedList::new(Adapter::NEW),
            used,
            current: 0,
        }
    }
}

impl Jobs {
    /// Where the reply capability of the next request goes.
    pub fn reply_slot(&self) -> CapIdx {
        CapIdx::reply(self.current as u64)
    }

    /// Whether nobody waits, and no slot is taken but one, for tests.
    #[cfg(test)]
    pub fn is_idle(&self) -> bool {
        let used: u32 = self.used.iter().map(|used| used.count_ones()).sum();
        self.waiting.is_empty() && used == 1
    }

    fn new_slot(&mut self) -> Option<usize> {
        let word = self.used.iter().position(|&used| used != u64::MAX)?;
        let used = self.used.get_mut(word)?;
        let bit = used.trailing_ones() as usize;
        *used |= 1 << bit;
        Some(word * 64 + bit)
    }

    fn free_slot(&mut self, slot: usize) {
        if let Some(used) = self.used.get_mut(slot / 64) {
            *used &= !(1 << (slot % 64));
        }
    }
}

/// The search for objects that are not needed any more.
#[derive(Default)]
pub(super) struct Sweep {
    /// The next place to be looked at.
    at: Option<usize>,
    /// Whether there is something new to be found in places that were looked at.
    again: bool,
}

impl Server {
    /// Whether there is something to do while no request comes.
    pub(super) fn has_work(&self) -> bool {
        self.is_freeing() || !self.jobs.waiting.is_empty()
    }

    /// Whether memory will be free that is not yet.
    pub(super) fn is_freeing(&self) -> bool {
        self.sweep.at.is_some() || garbage::is_left()
    }

    /// Does a step of what there is to do.
    pub(super) fn work(&mut self, budget: &Budget) {
        self.sweep_on(budget);
        garbage::collect(budget);
        if budget.is_left() || !self.is_freeing() {
            self.go_on(&Budget::step());
        }
    }

    /// Answers a request later; `request` is the one that is being served.
    ///
    /// # Errors
    /// If that cannot be, how far it has come.
    pub(super) fn defer(
        &mut self,
        label: u64,
        request: Request,
        progress: Progress,
    ) -> core::result::Result<(), Progress> {
        let entry = self.objects.get(Label::of_message(label).0);
        let program = entry.and_then(|entry| entry.account.program);
        let jobs = program.and_then(|id| Some(self.programs.get(id)?.jobs));
        if jobs.is_some_and(|jobs| jobs >= PROGRAM_JOBS) {
            return Err(progress);
        }
        let Ok(place) = pays(None, || boxed(MaybeUninit::<Job>::uninit())) else {
            return Err(progress);
        };
        let Some(next) = self.jobs.new_slot() else {
            return Err(progress);
        };
        let job = Job {
            link: LinkedListLink::new(),
            label,
            request,
            progress,
            program,
            slot: core::mem::replace(&mut self.jobs.current, next),
        };
        self.count_job(program, 1);
        self.jobs.waiting.push_back(Box::write(place, job));
        Ok(())
    }

    /// Ends a request that cannot be answered later where it has come to.
    pub(super) fn cut_short(
        &mut self,
        label: u64,
        progress: Progress,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        if let Some((detached, _)) = progress.detached {
            // It is detached; the memory goes with its dataspace.
            return Ok(Outcome::Reply(put_detached(reply, &detached)));
        }
        let entry = self.objects.get(Label::of_message(label).0);
        let entry = entry.map(|entry| (entry.object.clone(), entry.account.program));
        if let (Some(fault), Some((Object::RegionMap(regions), program))) = (progress.fault, entry)
        {
            self.fault(program, &regions, &fault);
            return Ok(Outcome::NoReply);
        }
        Err(Error::ENOMEM)
    }

    fn count_job(&mut self, program: Option<ProgramId>, change: isize) {
        if let Some(program) = program.and_then(|id| self.programs.get_mut(id)) {
            program.jobs = program.jobs.saturating_add_signed(change);
        }
    }

    /// Goes on with the request that waits longest.
    fn go_on(&mut self, budget: &Budget) {
        let Some(mut job) = self.jobs.waiting.pop_front() else {
            return;
        };
        let mut reply = Reply::default();
        let outcome = self.serve(
            job.label,
            &job.request,
            &mut job.progress,
            &mut reply,
            budget,
        );
        let tag = match outcome {
            Ok(Outcome::Later) => {
                self.jobs.waiting.push_back(job);
                return;
            }
            Ok(Outcome::NoReply) => None,
            Ok(Outcome::Reply(label)) => {
                self.fault_answered = job.request.is_page_fault().then_some(job.label);
                Some(reply.put(label, utcb()))
            }
            Err(error) => Some(reply.put(error.label(), utcb())),
        };
        let slot = CapIdx::reply(job.slot as u64);
        if let Some(tag) = tag {
            // A client that does not wait any more is no reason to stop.
            let flags = Sysf::REPLY | Sysf::SEND;
            // SAFETY: sending an answer changes nothing of the root task's own.
            let (tag, _) = unsafe { l4re_sys::ipc(slot, flags, 0, tag, Timeout::SEND_ZERO) };
            self.answered(tag);
        }
        self.jobs.free_slot(job.slot);
        self.count_job(job.program, -1);
    }

    /// What becomes of a request that failed: if there was no memory, but some is being freed, it
    /// is tried again.
    pub(super) fn try_again(
        &self,
        outcome: Result<Outcome>,
        request: &Request,
        progress: &mut Progress,
    ) -> Result<Outcome> {
        let again = outcome == Err(Error::ENOMEM)
            && self.is_freeing()
            && !request.brings_caps()
            && progress.may_wait();
        if again { Ok(Outcome::Later) } else { outcome }
    }

    /// Begins to look for objects that are not needed any more.
    pub(super) fn start_sweep(&mut self) {
        self.sweep.again = self.sweep.at.is_some();
        self.sweep.at.get_or_insert(0);
    }

    /// Removes objects whose last client went, and those whose account has ended. A step at a
    /// time, so that a client with many objects does not keep the others waiting.
    fn sweep_on(&mut self, budget: &Budget) {
        while let Some(place) = self.sweep.at
            && budget.is_left()
        {
            if place >= self.objects.places() {
                self.sweep.at = core::mem::take(&mut self.sweep.again).then_some(0);
                continue;
            }
            self.sweep.at = Some(place + 1);
            budget.spend(cost::LOOK);
            let Some((label, entry)) = self.objects.at(place) else {
                continue;
            };
            budget.spend(cost::OBJECT);
            if !entry.is_needed() {
                if !entry.object.empty(budget) {
                    // The rest is for the next step.
                    self.sweep.at = Some(place);
                    return;
                }
                self.remove(label);
                budget.spend(cost::REVOKE + garbage::spent());
            }
        }
    }

    /// Removes an object; what was made by it goes with the next search.
    pub(super) fn remove(&mut self, label: Label) {
        let Some(entry) = self.objects.remove(label) else {
            return;
        };
        if let Object::Allocator(account, _) = &entry.object
            && !account.has_ended()
        {
            account.end();
            self.start_sweep();
        }
    }

    /// Sweeps and frees all that there is, for tests.
    #[cfg(test)]
    pub(super) fn finish_work(&mut self) {
        while self.has_work() {
            self.work(&Budget::step());
        }
    }
}

impl Entry {
    /// Whether somebody may still use it.
    fn is_needed(&self) -> bool {
        !self.account.has_ended() && !(self.transient && !kernel::has_cap(self.gate.cap()))
    }
}

impl Object {
    /// Takes out what takes long to drop, within the budget; whether nothing of the kind is left.
    fn empty(&self, budget: &Budget) -> bool {
        match self {
            Object::RegionMap(regions) => regions.borrow_mut().empty(budget),
            Object::Names(names) => names.borrow_mut().empty(budget),
            _ => true,
        }
    }
}

/// What is done in a step, as the outcome of a request.
pub(super) fn outcome(step: Step<()>) -> Outcome {
    match step {
        Step::Done(()) => Outcome::Reply(0),
        Step::More => Outcome::Later,
    }
}
