//! Schedulers.

use super::Icu;
use crate::cap::Cap;
use crate::error::Result;
use crate::thread::Thread;
use l4re_sys::op::scheduler as op;
use l4re_sys::{CpuSet, SchedParam, proto};

/// A scheduler, or who stands in for one (`L4::Scheduler`, `l4/sys/scheduler`). Its interrupt 0
/// tells of processors that come and go.
#[l4re::interface(server, protocol = proto::SCHEDULER, opcode = u64, name = "L4::Scheduler")]
pub trait Scheduler: Icu {
    /// The processors from those on that `first` tells ([`CpuSet::gran_offset`]): their map, one
    /// more than the highest number, the classes of scheduling.
    ///
    /// # Errors
    /// The server's.
    #[op = op::INFO]
    fn cpus(&self, first: u64) -> Result<(u64, u64, u64)>;

    /// Runs a thread.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if it has no such processors.
    #[op = op::RUN_THREAD]
    fn run_thread(&self, thread: Cap<Thread>, param: &SchedParam) -> Result<()>;

    /// The idle time of processors, in microseconds.
    ///
    /// # Errors
    /// As [`run_thread`](Self::run_thread).
    #[op = op::IDLE_TIME]
    fn idle_time(&self, cpus: &CpuSet) -> Result<u64>;
}
