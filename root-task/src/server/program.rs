//! Programs: started from boot files, told about when they end, and cleared away.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use core::cell::RefCell;
use core::fmt;

use l4re_sys::consts::{KIP_ADDR, MAIN_THREAD_PRIO, PAGE_SIZE, STACK_ADDR};
use l4re_sys::re::parent;
use l4re_sys::re::rm::RmFlags;
use l4re_sys::{CapIdx, ExcRegs, Fpage, MemRights, ObjRights, SchedParam, item, proto};

use super::allocator::USER_LIMITS;
use super::dataspace::map_item;
use super::scheduler::SchedulerProxy;
use super::{Object, Server};
use crate::account::{Account, ProgramId};
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::fault::{Fault, Kind};
use crate::image::{Image, Segment};
use crate::kernel;
use crate::log_line::LogLine;
use crate::message::{Outcome, Request};
use crate::names::{Entry, Meaning, Names};
use crate::owned_cap::OwnedCap;
use crate::plan::{End, Plan, Start};
use crate::quota::Quota;
use crate::regions::{Access, Region, RegionMap};
use crate::registry::Label;
use crate::startup::{Startup, caps};

/// The status of a program that faulted.
const STATUS_FAULT: i64 = 139;
/// The status of a program that overflowed its stack.
const STATUS_STACK_OVERFLOW: i64 = 134;
/// The status of a program that could not be started.
const STATUS_NO_START: i64 = 126;

/// The kernel's memory for a program's objects, in bytes.
const KERNEL_QUOTA: usize = 4 << 20;
/// Where UTCBs are, and the logarithm (base 2) of their area's size.
const UTCBS: (u64, u32) = (0xb300_0000, 14);
/// Where programs are loaded that can be loaded anywhere.
const RELOCATION_BASE: u64 = 0xa000_0000;
/// Bytes of a stack whose program asks for none, and what may be asked for.
const STACK_SIZE: u64 = 1 << 20;
const STACK_SIZES: (u64, u64) = (64 << 10, 1 << 30);
/// A segment of at most so many bytes is mapped before the program starts.
const EAGER_BYTES: usize = 128 << 10;
/// Data of at most so many bytes is copied before the program starts, more when it is written.
const COPY_BYTES: usize = 1 << 20;

/// A file that the boot loader loaded.
pub struct BootFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// A program, running or not any more.
pub(super) struct Program {
    name: String,
    state: State,
}

#[cfg(test)]
impl Program {
    /// Whether it has been started and not ended.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }
}

enum State {
    Starting,
    Running(Running),
    Ended(i64),
}

/// What a running program has.
struct Running {
    // The thread goes before its task.
    thread: OwnedCap,
    task: OwnedCap,
    regions: Rc<RefCell<RegionMap>>,
    log: Rc<RefCell<LogLine>>,
    stack: (u64, u64),
}

/// A program that is not running yet.
struct Loaded {
    image: Image,
    regions: Rc<RefCell<RegionMap>>,
    stack: Rc<Dataspace>,
    stack_range: (u64, u64),
    kip: u64,
}

type Failure = String;

impl Server {
    pub(super) fn publish_files(&mut self) -> Result<Label> {
        let account = self.account.clone();
        let mut names = Names::new(account.quota.clone());
        for index in 0..self.files.len() {
            let bytes = self.files[index].bytes;
            let (base, size) = (bytes.as_ptr() as usize, bytes.len());
            // SAFETY: a boot file is whole pages that stay, and are never written.
            let memory =
                unsafe { Dataspace::foreign(self.pool, &account.quota, base, size, MemRights::RX) };
            let label = self.publish(&account, Object::Dataspace(Rc::new(memory)))?;
            let entry = Entry {
                meaning: Meaning::Object(label),
                write: false,
                special: false,
            };
            // Of files with one name the first counts.
            let _ = names.register(self.files[index].name.as_bytes(), entry, |_| false);
        }
        self.publish(&account, Object::Names(Rc::new(RefCell::new(names))))
    }

    /// Starts what the plan says. Ends the system if nothing of it runs.
    pub fn start_all(&mut self, plan: Plan) {
        self.colour = plan.colour;
        self.end = plan.end;
        let mut gates = BTreeMap::new();
        for name in &plan.gates {
            let gate = self.slots.alloc().and_then(|slot| {
                slot.fill(|slot| kernel::create_unbound_gate(CapIdx::FACTORY, slot))
            });
            match gate {
                Ok(gate) => drop(gates.insert(name.as_str(), gate)),
                Err(error) => report(format_args!("gate {name}: {error:?}")),
            }
        }
        // All are there before the first can end.
        for start in &plan.starts {
            let name = start.name.clone();
            self.programs.push(Program {
                name,
                state: State::Starting,
            });
        }
        for (id, start) in plan.starts.iter().enumerate() {
            if let Err(reason) = self.start(id, start, &gates) {
                report(format_args!("{}: cannot be started: {reason}", start.name));
                self.release(id, STATUS_NO_START);
            }
        }
        // The gates themselves stay as long as a program has them.
        for gate in gates.into_values() {
            self.gates.push(gate);
        }
        self.check_end();
    }

    fn start(
        &mut self,
        id: ProgramId,
        start: &Start,
        gates: &BTreeMap<&str, OwnedCap>,
    ) -> core::result::Result<(), Failure> {
        let file = |name: &str| match self.files.iter().find(|file| file.name == name) {
            Some(file) => Ok(file.bytes),
            None => Err(format!("no boot file is named {name:?}")),
        };
        let program = file(&start.module)?;
        let bytes = match &start.loader {
            Some(loader) => file(loader)?,
            None => program,
        };
        let image = Image::read(bytes).map_err(|e| e.to_string())?;
        let no_kernel_memory = |e| format!("the kernel has no memory for it ({e:?})");
        let account = self
            .program_account(id, start.memory)
            .map_err(no_kernel_memory)?;
        self.check_room(&image, &account)?;
        let loaded = self
            .load(start, image, bytes, &account)
            .map_err(|e| match e {
                Error::ENOMEM => "does not fit into memory".to_string(),
                Error::EADDRNOTAVAIL => "its segments, stack and UTCBs overlap".to_string(),
                e => format!("{e:?}"),
            })?;
        self.launch(id, start, loaded, &account, gates)
            .map_err(no_kernel_memory)
    }

    fn program_account(&self, id: ProgramId, memory: Option<usize>) -> Result<Rc<Account>> {
        let factory = self
            .slots
            .alloc()?
            .fill(|slot| kernel::create_factory(CapIdx::FACTORY, slot, KERNEL_QUOTA))?;
        let limit = memory.unwrap_or(self.account.quota.limit());
        Ok(Rc::new(Account {
            quota: Quota::new(limit, Some(self.account.quota.clone())),
            factory: Rc::new(factory),
            program: Some(id),
            depth: self.account.depth + 1,
        }))
    }

    /// Whether there is memory for all that the image may write.
    fn check_room(&self, image: &Image, account: &Account) -> core::result::Result<(), Failure> {
        let own = image.segments.iter().filter(|segment| segment.copy);
        let wanted = own.fold(0usize, |sum, segment| sum.saturating_add(segment.size));
        let free = account.quota.available().min(self.pool.available());
        if wanted > free {
            let (wanted, free) = (wanted >> 10, free >> 10);
            return Err(format!(
                "does not fit into memory: needs {wanted} KiB, free are {free}"
            ));
        }
        Ok(())
    }

    /// Lays out the address space.
    fn load(
        &mut self,
        start: &Start,
        mut image: Image,
        bytes: &'static [u8],
        account: &Rc<Account>,
    ) -> Result<Loaded> {
        if image.relocatable {
            let bias = RELOCATION_BASE - image.span().start.min(RELOCATION_BASE);
            image = image.moved(bias).map_err(|_| Error::EADDRNOTAVAIL)?;
        }
        let name = format!("rom/{}", start.loader.as_ref().unwrap_or(&start.module));
        let mut map = RegionMap::new(account.quota.clone(), USER_LIMITS);
        for segment in &image.segments {
            self.attach_segment(&mut map, segment, bytes, account, &name)?;
        }
        let attach = |map: &mut RegionMap, at: u64, size: u64, region: Region| {
            let flags = region.flags;
            map.attach(at, size, flags, 0, region)
        };
        let kip = image.wishes.kip_address.unwrap_or(KIP_ADDR);
        if let Some(Object::Dataspace(memory)) = self.objects.get(self.kip).map(|e| &e.object) {
            let region = Region::of(memory.clone(), 0, RmFlags::RX, "[kip]");
            attach(&mut map, kip, PAGE_SIZE as u64, region)?;
        }
        let utcbs = Region::without_memory(RmFlags::RW | RmFlags::KERNEL, "[utcb]");
        attach(&mut map, UTCBS.0, 1 << UTCBS.1, utcbs)?;

        let page = PAGE_SIZE as u64;
        let size = image.wishes.stack_size.unwrap_or(STACK_SIZE);
        let size = size
            .clamp(STACK_SIZES.0, STACK_SIZES.1)
            .next_multiple_of(page);
        let bottom = image.wishes.stack_address.unwrap_or(STACK_ADDR) & !(page - 1);
        let stack = Rc::new(Dataspace::on_demand(
            self.pool,
            &account.quota,
            size as usize,
        )?);
        let region = Region::of(stack.clone(), 0, RmFlags::RW, "[stack]");
        attach(&mut map, bottom, size, region)?;
        // Nothing may come to lie right below the stack, so that its overflow is noticed. If
        // something does already, it is what the program asked for: the KIP, read-only.
        if let Some(guard) = bottom.checked_sub(page) {
            let _ = map.reserve_area(guard, page, RmFlags::RESERVED, 0);
        }
        for &(first, last) in &image.wishes.reserved {
            let size = last.checked_sub(first).and_then(|size| size.checked_add(1));
            map.reserve_area(first, size.ok_or(Error::EINVAL)?, RmFlags::empty(), 0)?;
        }
        let stack_range = (bottom, bottom + size);
        Ok(Loaded {
            image,
            regions: Rc::new(RefCell::new(map)),
            stack,
            stack_range,
            kip,
        })
    }

    fn attach_segment(
        &self,
        map: &mut RegionMap,
        segment: &Segment,
        bytes: &'static [u8],
        account: &Rc<Account>,
        name: &str,
    ) -> Result<()> {
        let base = bytes.as_ptr() as usize;
        // SAFETY: a boot file is whole pages that stay, and are never written.
        let file = unsafe {
            Dataspace::foreign(self.pool, &account.quota, base, bytes.len(), MemRights::RX)
        };
        let flags = RmFlags::from_bits_retain(segment.rights.bits().into());
        let mut region = if segment.copy {
            let memory = Dataspace::on_demand(self.pool, &account.quota, segment.size)?;
            if segment.file.len() <= COPY_BYTES {
                memory.write(0, &bytes[segment.file.clone()])?;
            } else {
                memory.copy_in(0, &file, segment.file.start, segment.file.len())?;
            }
            Region::of(Rc::new(memory), 0, flags, name)
        } else {
            Region::of(Rc::new(file), segment.file.start as u64, flags, name)
        };
        region.backing_offset = segment.file.start as u64;
        map.attach(segment.start, segment.size as u64, flags, 0, region)
            .map(drop)
    }

    /// Makes the kernel objects, gives the capabilities, and lets the program run.
    fn launch(
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

        let objects = [
            (caps::RM, Object::RegionMap(regions.clone())),
            (caps::PARENT, Object::Parent(id)),
            (caps::LOG, Object::Log(log.clone())),
            (caps::ALLOCATOR, Object::Allocator(account.clone(), true)),
            (
                caps::SCHEDULER,
                Object::Scheduler(Rc::new(SchedulerProxy::for_programs())),
            ),
        ];
        let give = |cap, rights, slot| kernel::give_cap(task.cap(), cap, rights, 0, slot);
        for (slot, object) in objects {
            let label = self.publish(account, object)?;
            give(self.gate(label)?, ObjRights::RWS, slot)?;
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

    /// What a program tells its parent.
    pub(super) fn parent(&mut self, id: ProgramId, request: &Request) -> Result<Outcome> {
        if request.proto != proto::PARENT {
            return Err(Error::EBADPROTO);
        }
        if request.op()? != parent::SIGNAL {
            return Err(Error::ENOSYS);
        }
        let (signal, value) = (request.u64(8)?, request.u64(16)?);
        if signal != parent::SIGNAL_EXIT {
            return Ok(Outcome::Reply(0));
        }
        let status = value as i64;
        self.flush(id);
        report(format_args!(
            "{}: exited with {status}",
            self.programs[id].name
        ));
        self.release(id, status);
        self.check_end();
        Ok(Outcome::NoReply)
    }

    /// Tells of a fault; ends the program if it is one of its own task.
    pub(super) fn fault(
        &mut self,
        id: Option<ProgramId>,
        regions: &Rc<RefCell<RegionMap>>,
        regs: &ExcRegs,
    ) {
        let Some(program) = id.and_then(|id| self.programs.get(id)) else {
            return;
        };
        let name = program.name.clone();
        let own = match &program.state {
            State::Running(running) if Rc::ptr_eq(&running.regions, regions) => Some(running.stack),
            _ => None,
        };
        let fault = Fault::examine(regs, &regions.borrow(), own.unwrap_or((0, 0)));
        let Some(id) = id else { return };
        self.flush(id);
        let whose = if own.is_some() {
            ""
        } else {
            " in another task"
        };
        report(format_args!("{name}: fault{whose}: {fault}"));
        for frame in &fault.frames {
            report(format_args!("{name}:   {frame}"));
        }
        if own.is_some() {
            let status = match fault.kind {
                Kind::StackOverflow(_) => STATUS_STACK_OVERFLOW,
                _ => STATUS_FAULT,
            };
            self.release(id, status);
            self.check_end();
        }
    }

    /// Brings out the last words of a program.
    fn flush(&self, id: ProgramId) {
        if let Some(State::Running(running)) = self.programs.get(id).map(|p| &p.state) {
            running.log.borrow_mut().flush(&mut kernel::log);
        }
    }

    /// Takes back all that a program had.
    fn release(&mut self, id: ProgramId, status: i64) {
        let state = core::mem::replace(&mut self.programs[id].state, State::Ended(status));
        if let State::Ended(_) = state {
            // It was told of before.
            self.programs[id].state = state;
            return;
        }
        if let State::Running(running) = state {
            drop(running.thread);
            drop(running.task);
        }
        for label in self
            .objects
            .labels(|entry| entry.account.program == Some(id))
        {
            self.remove(label);
        }
    }

    /// Ends the system if it is time to.
    fn check_end(&mut self) {
        let status = |program: &Program| match program.state {
            State::Ended(status) => Some(status),
            _ => None,
        };
        let all = self.programs.iter().map(status);
        let ended = match self.end {
            End::All => all.clone().all(|status| status.is_some()),
            End::First => all.clone().next().flatten().is_some(),
        };
        if !ended {
            return;
        }
        let status = match self.end {
            End::All => all.flatten().find(|&status| status != 0).unwrap_or(0),
            End::First => all.flatten().next().unwrap_or(0),
        };
        end_system(status);
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

/// A line of the root task's own.
pub fn report(line: fmt::Arguments<'_>) {
    kernel::log(format!("[root] {line}\n").as_bytes());
}

/// Ends the system. Never returns, even where the kernel cannot switch the machine off.
pub fn end_system(status: i64) -> ! {
    report(format_args!("system ends with status {status}"));
    if let Err(error) = kernel::shutdown(false) {
        // Fiasco cannot switch a PC off. A restart ends an emulator that is told not to.
        report(format_args!(
            "the kernel cannot switch off ({error:?}), so it restarts"
        ));
        let _ = kernel::shutdown(true);
    }
    loop {
        kernel::sleep();
    }
}
