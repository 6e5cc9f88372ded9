//! Schedulers.

use crate::cap::{Cap, Object};
use crate::error::{Error, Result};
use crate::icu::Icu;
use crate::ipc::{self, Buffers};
use crate::msg::{Reader, Writer};
use crate::thread::Thread;
use l4re_sys::op::scheduler as op;
use l4re_sys::{CpuSet, MapItem, ObjRights, proto};

pub use l4re_sys::SchedParam;

/// A scheduler (`L4::Scheduler`, `l4/sys/scheduler`).
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// use l4re::sys::SchedParam;
///
/// // The first thread gets the priority 10.
/// env.scheduler().run_thread(env.main_thread(), SchedParam::prio(10))?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub enum Scheduler {}

impl Object for Scheduler {
    const PROTOCOL: i64 = proto::SCHEDULER;
}

/// The processors of a scheduler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Info {
    /// Those that are there, as a bit map from the first one asked for on.
    pub map: u64,
    /// One more than the highest number that one can have.
    pub max: u64,
    /// The classes of scheduling.
    pub classes: u64,
}

impl Cap<Scheduler> {
    /// The processors from `first` on, `1 << granularity` of them a bit.
    ///
    /// # Errors
    /// What the scheduler answers, or an IPC error.
    pub fn info(self, first: u32, granularity: u8) -> Result<Info> {
        let mut w = Writer::new();
        w.put(op::INFO)
            .put(CpuSet::new(first, granularity, 0).gran_offset);
        let tag = ipc::transact(self.idx(), w.tag(proto::SCHEDULER)?, Buffers::None)?;
        let mut r = Reader::new(tag);
        Ok(Info {
            map: r.get()?,
            max: r.get()?,
            classes: r.get().unwrap_or(op::CLASS_FIXED_PRIO),
        })
    }

    /// Whether a processor is there and running.
    ///
    /// # Errors
    /// What the scheduler answers, or an IPC error.
    pub fn is_online(self, cpu: u32) -> Result<bool> {
        match self.info(cpu, 0) {
            Ok(info) => Ok(info.map & 1 != 0),
            // There are not as many.
            Err(Error::INVALID) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Its interrupts: that of number 0 tells of processors that come and go.
    pub fn icu(self) -> Cap<Icu> {
        self.cast()
    }

    /// Runs a thread, on those processors and with that priority and time slice.
    ///
    /// # Errors
    /// What the scheduler answers, or an IPC error.
    pub fn run_thread(self, thread: Cap<Thread>, param: SchedParam) -> Result<()> {
        let mut w = Writer::new();
        w.put(op::RUN_THREAD).put(param);
        w.item(MapItem::cap(thread.idx(), ObjRights::RWS));
        ipc::transact(self.idx(), w.tag(proto::SCHEDULER)?, Buffers::None).map(drop)
    }

    /// The idle time of processors, in microseconds.
    ///
    /// # Errors
    /// What the scheduler answers, or an IPC error.
    pub fn idle_time(self, cpus: CpuSet) -> Result<u64> {
        let mut w = Writer::new();
        w.put(op::IDLE_TIME).put(cpus);
        let tag = ipc::transact(self.idx(), w.tag(proto::SCHEDULER)?, Buffers::None)?;
        Reader::new(tag).get()
    }
}
