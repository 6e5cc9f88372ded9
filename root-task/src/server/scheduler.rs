//! Parts of the kernel's scheduler: lower priorities, fewer processors.

use l4re_sys::consts::MAX_PRIO;
use l4re_sys::op::scheduler as op;
use l4re_sys::{CpuSet, ReturnItem, SchedParam, proto};

use super::Server;
use crate::error::{Error, Result};
use crate::fallible::List;
use crate::kernel;
use crate::message::{Outcome, Reply, Request};

/// Programs run below the root task, so that none can keep it from running.
pub(super) const PROGRAM_LIMIT: u64 = MAX_PRIO - 1;
/// Words of processors that a part can have: more than kernels know.
pub(super) const MAX_CPU_WORDS: usize = 16;

/// A part of the scheduler.
pub struct SchedulerProxy {
    /// Added to priorities.
    base: u64,
    /// No priority is above.
    limit: u64,
    /// The processors, 64 a word; none: all.
    cpus: List<u64>,
}

impl SchedulerProxy {
    /// What programs get.
    pub(super) fn for_programs() -> Self {
        SchedulerProxy {
            base: 0,
            limit: PROGRAM_LIMIT,
            cpus: List::new(),
        }
    }

    /// Priorities above `base`, up to `limit`, on some processors.
    pub(super) fn restricted(base: u64, limit: u64, cpus: List<u64>) -> Result<Self> {
        if base > MAX_PRIO || limit > MAX_PRIO {
            return Err(Error::ERANGE);
        }
        if limit <= base {
            return Err(Error::EINVAL);
        }
        Ok(SchedulerProxy {
            base,
            limit: limit.min(PROGRAM_LIMIT),
            cpus,
        })
    }

    fn prio(&self, prio: u64) -> u64 {
        prio.saturating_add(self.base).min(self.limit)
    }

    /// The processors of a set that this part has, as a set of granularity 0 from the first on.
    fn cpus(&self, set: CpuSet) -> CpuSet {
        if self.cpus.is_empty() {
            return set;
        }
        let has = |cpu: u64| {
            let word = self.cpus.get((cpu / 64) as usize);
            word.is_some_and(|word| word >> (cpu % 64) & 1 != 0)
        };
        let shift = u32::from(set.granularity()).min(24);
        let (offset, total) = (u64::from(set.offset()), self.cpus.len() as u64 * 64);
        let mut first = None;
        let mut map = 0;
        for cpu in offset..total {
            let bit = (cpu - offset) >> shift;
            if bit >= 64 {
                break;
            }
            if set.map >> bit & 1 == 0 || !has(cpu) {
                continue;
            }
            let first = *first.get_or_insert(cpu);
            if cpu - first >= 64 {
                break;
            }
            map |= 1 << (cpu - first);
        }
        CpuSet::new(first.unwrap_or(offset) as u32, 0, map)
    }
}

impl Server {
    pub(super) fn scheduler(
        &mut self,
        proxy: &SchedulerProxy,
        request: &Request,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        match request.proto {
            proto::SCHEDULER => {}
            proto::IRQ => return Err(Error::ENOSYS),
            _ => return Err(Error::EBADPROTO),
        }
        match request.word(0)? {
            op::INFO => {
                let gran_offset = request.word(1)?;
                let [map, max, classes] = kernel::scheduler_info(gran_offset)?;
                let set = CpuSet { gran_offset, map };
                let map = if proxy.cpus.is_empty() {
                    map
                } else {
                    aligned(proxy, set)
                };
                for (i, word) in [map, max, classes].into_iter().enumerate() {
                    reply.set_u64(i * 8, word);
                }
            }
            op::RUN_THREAD => {
                let set = CpuSet {
                    gran_offset: request.word(1)?,
                    map: request.word(2)?,
                };
                let param = SchedParam {
                    affinity: proxy.cpus(set),
                    prio: proxy.prio(request.word(3)?),
                    quantum: request.word(4)?,
                };
                let ReturnItem::Mapped { .. } = request.needed_item()? else {
                    return Err(Error::EINVAL);
                };
                kernel::run_thread(self.windows[0].cap(), &param)?;
            }
            op::IDLE_TIME => {
                let idle = kernel::idle_time(request.word(1)?, request.word(2)?)?;
                reply.set_u64(0, idle);
            }
            _ => return Err(Error::ENOSYS),
        }
        Ok(Outcome::Reply(0))
    }
}

/// The map of a set, without the processors that the part does not have, in the set's own
/// granularity.
fn aligned(proxy: &SchedulerProxy, set: CpuSet) -> u64 {
    let shift = u32::from(set.granularity()).min(24);
    let mut map = 0;
    for (word, cpus) in (0u64..).zip(&proxy.cpus) {
        for bit in (0..64).filter(|bit| cpus >> bit & 1 != 0) {
            let place = (word * 64 + bit).checked_sub(set.offset().into());
            let place = place.map(|cpu| cpu >> shift).filter(|place| *place < 64);
            map |= place.map_or(0, |place| 1 << place);
        }
    }
    map & set.map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_moved_and_limited() {
        let proxy = SchedulerProxy::restricted(0x10, 0x20, List::new()).unwrap();
        assert_eq!(
            (proxy.prio(1), proxy.prio(0x40), proxy.prio(u64::MAX)),
            (0x11, 0x20, 0x20)
        );
        assert_eq!(SchedulerProxy::for_programs().prio(255), 254);
        assert_eq!(
            SchedulerProxy::restricted(5, 5, List::new()).err(),
            Some(Error::EINVAL)
        );
        assert_eq!(
            SchedulerProxy::restricted(0, 256, List::new()).err(),
            Some(Error::ERANGE)
        );
    }

    #[test]
    fn processors_are_limited() {
        let proxy = SchedulerProxy::restricted(0, 255, List::copy_of(&[0b1010]).unwrap()).unwrap();
        let set = proxy.cpus(CpuSet::new(0, 0, !0));
        assert_eq!((set.offset(), set.map), (1, 0b101));
        // Pairs of processors.
        let set = proxy.cpus(CpuSet::new(0, 1, 0b10));
        assert_eq!((set.offset(), set.map), (3, 1));
        assert_eq!(proxy.cpus(CpuSet::new(64, 0, !0)).map, 0);
        assert_eq!(proxy.cpus(CpuSet::new(0, 255, !0)).map, 0b101);
        assert_eq!(aligned(&proxy, CpuSet::new(0, 0, 0b1111)), 0b1010);
    }
}
