//! The server: objects that clients talk to, each by its gates, in one loop.

mod allocator;
mod dataspace;
mod devices;
mod dma;
mod log;
mod meta;
mod namespace;
mod program;
mod rm;
mod scheduler;

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use l4re_sys::{
    BufferDesc, CapIdx, MapItem, MsgTag, ObjRights, RcvItem, ReturnItem, Sysf, Timeout, proto, utcb,
};

use crate::account::{Account, ProgramId};
use crate::dataspace::Dataspace;
use crate::dma::DmaSpace;
use crate::error::{Error, Result};
use crate::kernel;
use crate::log_line::LogLine;
use crate::message::{Outcome, Reply, Request};
use crate::names::Names;
use crate::owned_cap::{EmptySlot, OwnedCap, Slots};
use crate::plan::End;
use crate::pool::Pool;
use crate::quota::Charge;
use crate::regions::RegionMap;
use crate::registry::{Label, Registry, Rights};

use program::Program;
pub use program::{BootFile, end_system, report};
use scheduler::SchedulerProxy;

/// Bytes that an object is charged for, besides the memory it holds.
const OBJECT_COST: usize = 512;
/// Objects that are looked at between two messages, when some have vanished.
const SWEEP_STEP: usize = 16;
/// The label of the interrupt that tells of vanished objects: that of no object.
const DELETION: u64 = 4;

/// Something that clients talk to.
#[derive(Clone)]
pub enum Object {
    /// Memory.
    Dataspace(Rc<Dataspace>),
    /// What makes dataspaces, name spaces and the like, charged to the account; whether it
    /// makes schedulers, too.
    Allocator(Rc<Account>, bool),
    /// An address space's regions; also its pager and exception handler.
    RegionMap(Rc<RefCell<RegionMap>>),
    /// Names.
    Names(Rc<RefCell<Names>>),
    /// A log.
    Log(Rc<RefCell<LogLine>>),
    /// A part of the kernel's scheduler.
    Scheduler(Rc<SchedulerProxy>),
    /// What devices may use.
    DmaSpace(Rc<RefCell<DmaSpace>>),
    /// The parent of a program.
    Parent(ProgramId),
    /// I/O ports: first and last of each range.
    Ports(Rc<[(u16, u16)]>),
    /// Interrupts, by their numbers.
    Interrupts(Rc<[u32]>),
}

/// An object, and what goes with it.
struct Entry {
    object: Object,
    gate: OwnedCap,
    account: Rc<Account>,
    /// Whether the object goes when its last client does.
    transient: bool,
    _charges: [Charge; 2],
}

/// The root task.
pub struct Server {
    pool: &'static Pool,
    slots: Slots,
    objects: Registry<Entry>,
    /// Where clients' capabilities arrive.
    windows: [EmptySlot; 2],
    /// Tells of objects whose last client went, if the kernel does.
    deletions: Option<OwnedCap>,
    /// Up to which place the objects have been looked at since it told last.
    sweep: Option<usize>,
    /// Whether it told again meanwhile.
    sweep_again: bool,
    account: Rc<Account>,
    files: Vec<BootFile>,
    rom: Label,
    kip: Label,
    programs: Vec<Program>,
    /// The gates that programs share.
    gates: Vec<OwnedCap>,
    colour: bool,
    end: End,
    /// Bytes of the kernel's memory that each program's objects may take.
    kernel_share: usize,
    kernel_memory: usize,
}

impl Server {
    /// A server with `pool`'s memory, the boot files, and the kernel information page.
    ///
    /// # Errors
    /// The kernel has no memory for the first objects.
    pub fn new(
        pool: &'static Pool,
        slots: Slots,
        account: Rc<Account>,
        files: Vec<BootFile>,
        kip: Dataspace,
    ) -> Result<Self> {
        let windows = [slots.alloc()?, slots.alloc()?];
        let mut server = Server {
            pool,
            slots,
            objects: Registry::default(),
            windows,
            deletions: None,
            sweep: None,
            sweep_again: false,
            account: account.clone(),
            files,
            rom: Label::of_message(0).0,
            kip: Label::of_message(0).0,
            programs: Vec::new(),
            gates: Vec::new(),
            colour: false,
            end: End::All,
            kernel_share: 0,
            kernel_memory: 0,
        };
        server.deletions = server.watch_deletions().ok();
        server.kip = server.publish(&account, Object::Dataspace(Rc::new(kip)))?;
        server.rom = server.publish_files()?;
        Ok(server)
    }

    fn watch_deletions(&self) -> Result<OwnedCap> {
        let irq = self
            .slots
            .alloc()?
            .fill(|slot| kernel::create_irq(CapIdx::FACTORY, slot))?;
        kernel::bind(irq.cap(), DELETION)?;
        kernel::register_deletion_irq(irq.cap())?;
        Ok(irq)
    }

    /// Serves requests until the system ends.
    pub fn run(&mut self) -> ! {
        let regs = utcb();
        let mut answer = None;
        loop {
            regs.set_bdr(BufferDesc(0));
            for (i, window) in self.windows.iter().enumerate() {
                regs.set_br(i, RcvItem::single_or_local(window.cap()).0);
            }
            regs.set_br(self.windows.len(), RcvItem::VOID.0);
            let (flags, tag) = match answer.take() {
                Some(tag) => (Sysf::REPLY_AND_WAIT, tag),
                None => (Sysf::WAIT, MsgTag(0)),
            };
            let timeout = match self.sweep {
                Some(_) => Timeout::BOTH_ZERO,
                None => Timeout::SEND_ZERO,
            };
            // SAFETY: only capabilities are received, into empty slots.
            let (tag, label) = unsafe { l4re_sys::ipc(CapIdx::INVALID, flags, 0, tag, timeout) };
            // A client that did not wait for its answer, or that vanished, is no reason to stop.
            if !tag.has_error() {
                answer = self.handle(tag, label);
            } else if self.sweep.is_some() {
                self.sweep_on();
            }
        }
    }

    /// Handles one message; gives the tag of the answer, which then stands in the UTCB.
    fn handle(&mut self, tag: MsgTag, label: u64) -> Option<MsgTag> {
        let request = Request::take(tag, utcb());
        let mut reply = Reply::default();
        let outcome = if label == DELETION {
            self.sweep_again = self.sweep.is_some();
            self.sweep.get_or_insert(0);
            Ok(Outcome::NoReply)
        } else {
            request
                .check()
                .and_then(|()| self.dispatch(label, &request, &mut reply))
        };
        self.clear_windows(&request);
        self.sweep_on();
        match outcome {
            Ok(Outcome::Reply(label)) => Some(reply.put(label, utcb())),
            Ok(Outcome::NoReply) => None,
            Err(error) => Some(reply.put(error.label(), utcb())),
        }
    }

    fn dispatch(&mut self, label: u64, request: &Request, reply: &mut Reply) -> Result<Outcome> {
        let (label, rights) = Label::of_message(label);
        let entry = self.objects.get(label).ok_or(Error::ENOENT)?;
        let object = entry.object.clone();
        if request.proto == proto::META {
            return meta::handle(&object, request, reply);
        }
        match object {
            Object::Dataspace(memory) => self.dataspace(&memory, rights, request, reply),
            Object::Allocator(account, root) => {
                self.allocator(&account, root, rights, request, reply)
            }
            Object::RegionMap(regions) => {
                let program = entry.account.program;
                self.region_map(&regions, program, request, reply)
            }
            Object::Names(names) => {
                let account = entry.account.clone();
                self.namespace(&names, &account, rights, request, reply)
            }
            Object::Log(log) => self.log(&log, request, reply),
            Object::Scheduler(proxy) => self.scheduler(&proxy, request, reply),
            Object::DmaSpace(space) => self.dma_space(&mut space.borrow_mut(), request, reply),
            Object::Parent(program) => self.parent(program, request),
            Object::Ports(allowed) => self.ports(&allowed, request, reply),
            Object::Interrupts(allowed) => self.interrupts(&allowed, request, reply),
        }
    }

    /// Makes an object known; its gate is made by the account's factory.
    fn publish(&mut self, account: &Rc<Account>, object: Object) -> Result<Label> {
        let charge = account.quota.charge(OBJECT_COST).ok_or(Error::ENOMEM)?;
        let place = account.slots.charge(1).ok_or(Error::ENOMEM)?;
        let slot = self.slots.alloc()?;
        self.objects.insert(Error::ENOMEM, |label| {
            let gate =
                slot.fill(|slot| kernel::create_gate(account.factory.cap(), slot, label.raw()))?;
            let account = account.clone();
            Ok(Entry {
                object,
                gate,
                account,
                transient: false,
                _charges: [charge, place],
            })
        })
    }

    /// Makes an object known that goes when its last client does, and passes it on in a reply.
    fn publish_to_client(
        &mut self,
        account: &Rc<Account>,
        object: Object,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        let label = self.publish(account, object)?;
        let transient = match (&self.deletions, self.objects.get(label)) {
            (Some(_), Some(entry)) => kernel::do_not_count(entry.gate.cap()).is_ok(),
            _ => false,
        };
        if let Some(entry) = self.objects.get_mut(label) {
            entry.transient = transient;
            reply.set_item(MapItem::cap(entry.gate.cap(), ObjRights::RWSD));
        }
        Ok(Outcome::Reply(0))
    }

    /// The gate of an object.
    fn gate(&self, label: Label) -> Result<CapIdx> {
        Ok(self.objects.get(label).ok_or(Error::ENOENT)?.gate.cap())
    }

    /// Removes some of the objects whose last client went. A step at a time, so that a client
    /// with many objects does not keep the others waiting.
    fn sweep_on(&mut self) {
        for _ in 0..SWEEP_STEP {
            let Some(place) = self.sweep else { return };
            let Some((place, label, entry)) = self.objects.next(place) else {
                self.sweep = core::mem::take(&mut self.sweep_again).then_some(0);
                return;
            };
            self.sweep = Some(place + 1);
            if entry.transient && !kernel::has_cap(entry.gate.cap()) {
                self.remove(label);
            }
        }
    }

    /// Removes an object, and what was made by it.
    fn remove(&mut self, label: Label) {
        let Some(entry) = self.objects.remove(label) else {
            return;
        };
        if let Object::Allocator(account, _) = &entry.object {
            for label in self.objects.labels(|e| Rc::ptr_eq(&e.account, account)) {
                self.remove(label);
            }
        }
    }

    /// The object of ours that a client passed, with the rights it passed.
    fn own_object(&self, item: ReturnItem) -> Option<(Label, Object, Rights)> {
        let ReturnItem::Label(label) = item else {
            return None;
        };
        let (label, rights) = Label::of_message(label);
        Some((label, self.objects.get(label)?.object.clone(), rights))
    }

    /// Empties the slots that clients' capabilities arrived in.
    fn clear_windows(&mut self, request: &Request) {
        for index in 0..self.windows.len() {
            if let Some(ReturnItem::Mapped { .. }) = request.item(index) {
                for window in &self.windows {
                    kernel::release_cap(window.cap());
                }
                return;
            }
        }
    }

    /// Keeps the first capability that a client passed.
    fn keep_received(&mut self) -> Result<OwnedCap> {
        let fresh = self.slots.alloc()?;
        let kept = core::mem::replace(&mut self.windows[0], fresh);
        if kernel::has_cap(kept.cap()) {
            Ok(kept.received())
        } else {
            Err(Error::EINVAL)
        }
    }
}

#[cfg(test)]
mod tests;
