//! From a loaded program to one that runs.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use l4re_sys::consts::MAIN_THREAD_PRIO;
use l4re_sys::{CapIdx, Fpage, MemRights, ObjRights, SchedParam, item};

use super::load::Loaded;
use super::{Running, State, UTCBS};
use crate::account::{Account, ProgramId};
use crate::error::Result;
use crate::image::Image;
use crate::kernel;
use crate::log_line::LogLine;
use crate::owned_cap::OwnedCap;
use crate::plan::Start;
use crate::regions::{Access, RegionMap};
use crate::server::dataspace::map_item;
use crate::server::scheduler::SchedulerProxy;
use crate::server::{Object, Server};
use crate::startup::{Startup, caps};

/// A segment of at most so many bytes is mapped before the program starts.
const EAGER_BYTES: usize = 128 << 10;

impl Server {
    /// Makes the kernel objects, gives the capabilities, and lets the program run.
    pub(super) fn launch(
        &mut self,
        id: ProgramId,
        start: &Start,
        loaded: Loaded,
        account: &Rc<Account>,
        gates: &BTreeMap<&str, OwnedCap>,
    ) -> Result<()> {
        let Loaded {
            image,
            regions,
            stack,
            stack_range,
            kip,
        } = loaded;
        let factory = account.factory.cap();
        let utcbs = Fpage::memory(UTCBS.0, UTCBS.1, MemRights::empty());
        let task = self
            .slots
            .alloc()?
            .fill(|slot| kernel::create_task(factory, slot, utcbs))?;
        let thread = self
            .slots
            .alloc()?
            .fill(|slot| kernel::create_thread(factory, slot))?;
        let log = LogLine::new(start.name.clone(), self.colour.then_some(id));
        let log = Rc::new(RefCell::new(log));

        let mut objects = vec![
            (caps::RM, Object::RegionMap(regions.clone())),
            (caps::PARENT, Object::Parent(id)),
            (caps::ALLOCATOR, Object::Allocator(account.clone(), true)),
            (
                caps::SCHEDULER,
                Object::Scheduler(Rc::new(SchedulerProxy::for_programs())),
            ),
        ];
        if !start.kernel_log {
            objects.push((caps::LOG, Object::Log(log.clone())));
        }
        let give = |cap, rights, slot| kernel::give_cap(task.cap(), cap, rights, 0, slot);
        for (slot, object) in objects {
            let label = self.publish(account, object)?;
            give(self.gate(label)?, ObjRights::RWS, slot)?;
        }
        if start.kernel_log {
            give(CapIdx::LOG, ObjRights::RWS, caps::LOG)?;
        }
        give(task.cap(), ObjRights::RWS, caps::TASK)?;
        give(thread.cap(), ObjRights::RWS, caps::MAIN_THREAD)?;
        give(factory, ObjRights::RWS, caps::FACTORY)?;
        give(self.gate(self.kip)?, ObjRights::R, caps::KIP)?;
        give(self.gate(self.rom)?, ObjRights::RS, caps::FIRST_FREE)?;
        let mut named = alloc::vec!["rom"];
        for grant in &start.gates {
            let slot = caps::FIRST_FREE + named.len() as u64;
            let Some(gate) = gates.get(grant.gate.as_str()) else {
                continue;
            };
            let own = if grant.server {
                item::OBJ_RIGHTS_MASK
            } else {
                0
            };
            kernel::give_cap(task.cap(), gate.cap(), grant.rights, own, slot)?;
            named.push(&grant.name);
        }

        let mut devices = Vec::new();
        if !start.ports.is_empty() {
            devices.push(("sigma0", Object::Ports(start.ports.clone().into())));
        }
        if !start.irqs.is_empty() {
            devices.push(("icu", Object::Interrupts(start.irqs.clone().into())));
        }
        for (name, object) in devices {
            let slot = caps::FIRST_FREE + named.len() as u64;
            let label = self.publish(account, object)?;
            give(self.gate(label)?, ObjRights::RWS, slot)?;
            named.push(name);
        }

        let binary = format!("rom/{}", start.module);
        let startup = Startup {
            binary: &binary,
            args: &start.args,
            env: &[],
            named: &named,
            kip,
            utcbs: UTCBS,
            entry: image.entry,
            headers: image.headers,
        };
        let size = stack_range.1 - stack_range.0;
        let top = startup.stack(stack_range.1, size)?;
        stack.write(size as usize - top.bytes.len(), &top.bytes)?;
        map_eagerly(&regions.borrow(), &image, top.pointer, task.cap())?;

        let first_utcb = UTCBS.0;
        kernel::control_thread(thread.cap(), task.cap(), first_utcb, caps::RM)?;
        kernel::run_thread(thread.cap(), &SchedParam::prio(MAIN_THREAD_PRIO))?;
        let thread_cap = thread.cap();
        let running = Running {
            thread,
            task,
            regions,
            log,
            stack: stack_range,
        };
        self.programs[id].state = State::Running(running);
        kernel::ex_regs(thread_cap, image.entry, top.pointer)
    }
}

/// Maps what the program is going to touch at once.
fn map_eagerly(regions: &RegionMap, image: &Image, sp: u64, task: CapIdx) -> Result<()> {
    let map = |address: u64, access: Access| -> Result<u64> {
        let (mapping, spot) = regions.page_fault(address, access)?;
        let item = map_item(&mapping, spot, 0);
        kernel::map_to(task, item.fpage, item.control)?;
        Ok((spot & !((1u64 << mapping.order) - 1)) + (1 << mapping.order))
    };
    for segment in image
        .segments
        .iter()
        .filter(|segment| segment.size <= EAGER_BYTES)
    {
        let (access, end) = if segment.rights.contains(MemRights::W) {
            // The rest is zero: it comes when it is needed.
            (Access::Write, segment.start + segment.file.len() as u64)
        } else {
            (Access::Read, segment.end())
        };
        let mut at = segment.start;
        while at < end {
            at = map(at, access)?;
        }
    }
    map(sp, Access::Write).map(drop)
}
