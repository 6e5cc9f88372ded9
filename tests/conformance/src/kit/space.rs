//! Other tasks: they share the program's memory, on demand, but have capabilities of their own.

use super::thread::{self, Paged, Worker};
use super::{Msg, map, obj, service};
use core::sync::atomic::{AtomicU64, Ordering};
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::varg::{self, VargTag};
use l4re::sys::{CapIdx, Fpage, MemRights, ObjRights, RcvItem, proto, utcb};

/// Where the UTCBs of another task are: a place that is not the program's.
const UTCBS: u64 = 0x6000_0000_0000;
const UTCBS_ORDER: u32 = 12;

/// The tasks of the case.
static TASKS: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

/// Another task; it is ended with the case.
#[derive(Clone, Copy)]
pub struct Space {
    task: CapIdx,
    number: usize,
}

/// Threads of each task so far.
static THREADS: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

impl Space {
    /// Its pager's slot in the task.
    const PAGER: CapIdx = CapIdx::from_index(0x10);

    /// A task with nothing in it but a pager.
    pub fn new() -> Result<Self, i64> {
        let slot = obj::slot()?;
        let utcbs = Fpage::memory(UTCBS, UTCBS_ORDER, MemRights::RW);
        let words = [
            proto::TASK as u64,
            VargTag::new(varg::FPAGE, 8).0,
            utcbs.raw(),
        ];
        let buffers = [RcvItem::single(slot.idx()).0];
        let answer = Msg::new(proto::FACTORY)
            .words(&words)
            .buffers(&buffers)
            .call(obj::factory());
        if answer.code() < 0 {
            return Err(answer.code());
        }
        let number = TASKS
            .iter()
            .position(|task| task.load(Ordering::Relaxed) == 0)
            .ok_or(-4)?;
        let task = slot.leak();
        TASKS[number].store(task.0, Ordering::Relaxed);
        THREADS[number].store(0, Ordering::Relaxed);
        let space = Space { task, number };
        space.give(service::gate(), ObjRights::RWS, Self::PAGER)?;
        Ok(space)
    }

    /// Its capability in the program's own task.
    pub fn cap(self) -> CapIdx {
        self.task
    }

    /// Maps a capability of the program's into it.
    pub fn give(self, cap: CapIdx, rights: ObjRights, to: CapIdx) -> Result<(), i64> {
        match map(self.task, CapIdx::TASK, Fpage::obj(cap, 0, rights), to.0) {
            0 => Ok(()),
            error => Err(error),
        }
    }

    /// Runs `f` in it. The capabilities that `f` names are the task's.
    pub fn spawn<F: FnOnce() + Send + 'static>(self, prio: u64, f: F) -> Result<Worker, i64> {
        let worker = self.prepare(prio, f)?;
        worker.start()?;
        Ok(worker)
    }

    /// As [`spawn`](Self::spawn), but the thread does not run yet.
    pub fn prepare<F: FnOnce() + Send + 'static>(self, prio: u64, f: F) -> Result<Worker, i64> {
        let thread = THREADS[self.number].fetch_add(1, Ordering::Relaxed);
        let how = Paged {
            pager: Self::PAGER,
            exc_handler: Self::PAGER,
            task: self.task,
            utcb: UTCBS + thread * utcb::SIZE as u64,
        };
        thread::with(prio, how, f)
    }

    /// Ends the tasks of the case.
    pub fn end_all() {
        for task in &TASKS {
            let task = CapIdx(task.swap(0, Ordering::Relaxed));
            if task.0 != 0 {
                let fpage = Fpage::obj(task, 0, ObjRights::RWSD);
                obj::unmap(CapIdx::TASK, fpage, UnmapFlags::DELETE_OBJ);
                // SAFETY: the slot is the space's own, and has just been emptied.
                unsafe { l4re::cap_alloc::free(task) };
            }
        }
    }
}
