//! From a loaded program to one that runs.

use core::cell::RefCell;
use core::fmt::Write;

use l4re_sys::consts::MAIN_THREAD_PRIO;
use l4re_sys::{CapIdx, Fpage, MemRights, ObjRights, SchedParam, item};

use super::load::Loaded;
use super::{Gates, Running, State, UTCBS};
use crate::account::{Account, ProgramId};
use crate::error::{Error, Result};
use crate::fallible::{List, Shared};
use crate::image::Image;
use crate::kernel;
use crate::log_line::LogLine;
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
        account: &Shared<Account>,
        gates: &Gates<'_>,
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
        let log = LogLine::new(start.name.as_bytes(), self.colour.then_some(id))?;
        let log = Shared::new(RefCell::new(log))?;

        let mut objects = List::with_room(5)?;
        objects.push((caps::RM, Object::RegionMap(regions.clone())))?;
        objects.push((caps::PARENT, Object::Parent(id)))?;
        objects.push((caps::ALLOCATOR, Object::Allocator(account.clone(), true)))?;
        let scheduler = Shared::new(SchedulerProxy::for_programs())?;
        objects.push((caps::SCHEDULER, Object::Scheduler(scheduler)))?;
        if !start.kernel_log {
            objects.push((caps::LOG, Object::Log(log.clone())))?;
        }
        let give = |cap, rights, slot| kernel::give_cap(task.cap(), cap, rights, 0, slot);
        while let Some((slot, object)) = objects.pop() {
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
        let mut named = List::copy_of(&["rom"])?;
        for grant in &start.gates {
            let slot = caps::FIRST_FREE + named.len() as u64;
            let Some((_, gate)) = gates.iter().find(|(name, _)| *name == grant.gate) else {
                continue;
            };
            let own = if grant.server {
                item::OBJ_RIGHTS_MASK
            } else {
                0
            };
            kernel::give_cap(task.cap(), gate.cap(), grant.rights, own, slot)?;
            named.push(&grant.name)?;
        }

        let ports = List::copy_of(&start.ports)?;
        let irqs = List::copy_of(&start.irqs)?;
        let devices = [
            (!ports.is_empty()).then_some(("sigma0", Object::Ports(Shared::new(ports)?))),
            (!irqs.is_empty()).then_some(("icu", Object::Interrupts(Shared::new(irqs)?))),
        ];
        for (name, object) in devices.into_iter().flatten() {
            let slot = caps::FIRST_FREE + named.len() as u64;
            let label = self.publish(account, object)?;
            give(self.gate(label)?, ObjRights::RWS, slot)?;
            named.push(name)?;
        }

        let mut binary = List::new();
        write!(binary, "rom/{}", start.module).map_err(|_| Error::ENOMEM)?;
        let startup = Startup {
            binary: core::str::from_utf8(&binary).unwrap_or("rom"),
            args: &start.args,
            env: &start.env,
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
            account: account.clone(),
            regions,
            log,
        };
        if let Some(program) = self.programs.get_mut(id) {
            program.state = State::Running(running);
        }
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
