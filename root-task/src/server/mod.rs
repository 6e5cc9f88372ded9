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
mod work;

use core::cell::RefCell;

use l4re_sys::{
    BufferDesc, CapIdx, MapItem, MsgTag, ObjRights, RcvItem, ReturnItem, Sysf, Timeout, TimeoutS,
    ipc_error, proto, utcb,
};

use crate::account::{Account, ProgramId};
use crate::budget::Budget;
use crate::dataspace::Dataspace;
use crate::dma::DmaSpace;
use crate::error::{Error, Result};
use crate::fallible::{List, Shared};
use crate::heap::pays;
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
use work::{Jobs, Progress, Sweep};

/// How long others may run between two steps of work, in microseconds.
const PAUSE_US: u64 = 1000;
/// After so many requests a step of work is done, even if there are more.
const REQUESTS: usize = 16;
/// The label of the interrupt that tells of vanished objects: that of no object.
const DELETION: u64 = 4;

/// Something that clients talk to.
#[derive(Clone)]
pub enum Object {
    /// Memory.
    Dataspace(Shared<Dataspace>),
    /// What makes dataspaces, name spaces and the like, charged to the account; whether it
    /// makes schedulers, too.
    Allocator(Shared<Account>, bool),
    /// An address space's regions; also its pager and exception handler.
    RegionMap(Shared<RefCell<RegionMap>>),
    /// Names.
    Names(Shared<RefCell<Names>>),
    /// A log.
    Log(Shared<RefCell<LogLine>>),
    /// A part of the kernel's scheduler.
    Scheduler(Shared<SchedulerProxy>),
    /// What devices may use.
    DmaSpace(Shared<RefCell<DmaSpace>>),
    /// The parent of a program.
    Parent(ProgramId),
    /// I/O ports: first and last of each range.
    Ports(Shared<List<(u16, u16)>>),
    /// Interrupts, by their numbers.
    Interrupts(Shared<List<u32>>),
}

/// An object, and what goes with it.
struct Entry {
    object: Object,
    gate: OwnedCap,
    account: Shared<Account>,
    /// Whether the object goes when its last client does.
    transient: bool,
    /// For its slot.
    _charge: Charge,
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
    sweep: Sweep,
    jobs: Jobs,
    account: Shared<Account>,
    files: List<BootFile>,
    rom: Label,
    kip: Label,
    programs: List<Program>,
    /// The gates that programs share.
    gates: List<OwnedCap>,
    colour: bool,
    end: End,
    /// Bytes of the kernel's memory that each program's objects may take.
    kernel_share: usize,
    /// The label of the page fault that is being answered.
    fault_answered: Option<u64>,
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
        account: Shared<Account>,
        files: List<BootFile>,
        kip: Dataspace,
    ) -> Result<Self> {
        let windows = [slots.alloc()?, slots.alloc()?];
        let mut server = Server {
            pool,
            slots,
            objects: Registry::default(),
            windows,
            deletions: None,
            sweep: Sweep::default(),
            jobs: Jobs::default(),
            account: account.clone(),
            files,
            rom: Label::of_message(0).0,
            kip: Label::of_message(0).0,
            programs: List::new(),
            gates: List::new(),
            colour: false,
            end: End::All,
            kernel_share: 0,
            fault_answered: None,
            kernel_memory: 0,
        };
        server.deletions = server.watch_deletions().ok();
        server.kip = server.publish(&account, Object::Dataspace(Shared::new(kip)?))?;
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
        let mut served = 0;
        loop {
            let work = self.has_work();
            if work && served >= REQUESTS {
                if let Some(tag) = answer.take() {
                    let flags = Sysf::REPLY | Sysf::SEND;
                    let slot = self.jobs.reply_slot();
                    // SAFETY: sending an answer changes nothing of the root task's own.
                    let (tag, _) =
                        unsafe { l4re_sys::ipc(slot, flags, 0, tag, Timeout::SEND_ZERO) };
                    self.answered(tag);
                }
                served = 0;
                self.work(&Budget::step());
            }
            regs.set_bdr(BufferDesc(0));
            for (i, window) in self.windows.iter().enumerate() {
                regs.set_br(i, RcvItem::single_or_local(window.cap()).0);
            }
            regs.set_br(self.windows.len(), RcvItem::VOID.0);
            let (flags, tag) = match answer.take() {
                Some(tag) => (Sysf::REPLY_AND_WAIT, tag),
                None => (Sysf::WAIT, MsgTag(0)),
            };
            // While there is work, the others run in between: programs have less priority.
            let timeout = match work {
                true => Timeout::new(TimeoutS::ZERO, TimeoutS::from_us(PAUSE_US)),
                false => Timeout::SEND_ZERO,
            };
            let slot = self.jobs.reply_slot();
            // SAFETY: only capabilities are received, into empty slots.
            let (tag, label) = unsafe { l4re_sys::ipc(slot, flags, 0, tag, timeout) };
            self.answered(tag);
            // A client that did not wait for its answer, or that vanished, is no reason to stop.
            if !tag.has_error() {
                answer = self.handle(tag, label);
                served += 1;
            } else if work {
                served = 0;
                self.work(&Budget::step());
            }
        }
    }

    /// Handles one message; gives the tag of the answer, which then stands in the UTCB.
    fn handle(&mut self, tag: MsgTag, label: u64) -> Option<MsgTag> {
        let request = Request::take(tag, utcb());
        let fault = request.is_page_fault().then_some(label);
        let mut reply = Reply::default();
        let mut progress = Progress::default();
        let mut outcome = if label == DELETION {
            self.start_sweep();
            self.work(&Budget::step());
            Ok(Outcome::NoReply)
        } else {
            let budget = Budget::step();
            request
                .check()
                .and_then(|()| self.serve(label, &request, &mut progress, &mut reply, &budget))
        };
        self.clear_windows(&request);
        if outcome == Ok(Outcome::Later) {
            outcome = match self.defer(label, request, progress) {
                Ok(()) => Ok(Outcome::NoReply),
                Err(progress) => self.cut_short(label, progress, &mut reply),
            };
        }
        match outcome {
            Ok(Outcome::Reply(answer)) => {
                self.fault_answered = fault;
                Some(reply.put(answer, utcb()))
            }
            Ok(Outcome::NoReply | Outcome::Later) => None,
            Err(error) => Some(reply.put(error.label(), utcb())),
        }
    }

    /// Looks at what became of an answer; `tag` is what the kernel says. A page that cannot be
    /// mapped, since the program has no kernel memory left for its tables, ends the program: its
    /// thread faults again and again.
    fn answered(&mut self, tag: MsgTag) {
        let Some(label) = self.fault_answered.take() else {
            return;
        };
        if tag.has_error()
            && utcb().error() & ipc_error::MASK == ipc_error::SE_MAP_FAILED
            // Else there will be some.
            && !self.is_freeing()
            && let Some(entry) = self.objects.get(Label::of_message(label).0)
            && let Some(id) = entry.account.program
        {
            self.cannot_map(id);
        }
    }

    /// Serves a request, or a step of it, at the cost of the account that its object is of.
    fn serve(
        &mut self,
        label: u64,
        request: &Request,
        progress: &mut Progress,
        reply: &mut Reply,
        budget: &Budget,
    ) -> Result<Outcome> {
        let (label, rights) = Label::of_message(label);
        let entry = self.objects.get(label).ok_or(Error::ENOENT)?;
        // What an allocator makes is charged to the account that it stands for.
        let account = match &entry.object {
            Object::Allocator(account, _) => account,
            _ => &entry.account,
        };
        if account.has_ended() {
            return Err(Error::ENOENT);
        }
        let (object, account) = (entry.object.clone(), account.clone());
        let outcome = pays(Some(&account.heap), || {
            let step = (&mut *progress, budget);
            self.dispatch(&object, &account, rights, request, step, reply)
        });
        self.try_again(outcome, request, progress)
    }

    fn dispatch(
        &mut self,
        object: &Object,
        account: &Shared<Account>,
        rights: Rights,
        request: &Request,
        step: (&mut Progress, &Budget),
        reply: &mut Reply,
    ) -> Result<Outcome> {
        if request.proto == proto::META {
            return meta::handle(object, request, reply);
        }
        match object {
            Object::Dataspace(memory) => self.dataspace(memory, rights, request, step, reply),
            Object::Allocator(account, root) => {
                self.allocator(account, *root, rights, request, step, reply)
            }
            Object::RegionMap(regions) => {
                self.region_map(regions, account.program, request, step, reply)
            }
            Object::Names(names) => self.namespace(names, account, rights, request, reply),
            Object::Log(log) => self.log(log, request, reply),
            Object::Scheduler(proxy) => self.scheduler(proxy, request, reply),
            Object::DmaSpace(space) => self.dma_space(&mut space.borrow_mut(), request, reply),
            Object::Parent(program) => self.parent(*program, request),
            Object::Ports(allowed) => self.ports(allowed, request, reply),
            Object::Interrupts(allowed) => self.interrupts(allowed, request, reply),
        }
    }

    /// Makes an object known; its gate is made by the account's factory.
    fn publish(&mut self, account: &Shared<Account>, object: Object) -> Result<Label> {
        let charge = Charge::of(&account.slots, 1).ok_or(Error::ENOMEM)?;
        let slot = self.slots.alloc()?;
        self.objects.insert(|label| {
            let gate =
                slot.fill(|slot| kernel::create_gate(account.factory.cap(), slot, label.raw()))?;
            let account = account.clone();
            Ok(Entry {
                object,
                gate,
                account,
                transient: false,
                _charge: charge,
            })
        })
    }

    /// Makes an object known that goes when its last client does, and passes it on in a reply.
    fn publish_to_client(
        &mut self,
        account: &Shared<Account>,
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
        let entry = self.objects.get(label).ok_or(Error::ENOENT)?;
        if entry.account.has_ended() {
            return Err(Error::ENOENT);
        }
        Ok(entry.gate.cap())
    }

    /// The object of ours that a client passed, with the rights it passed.
    fn own_object(&self, item: ReturnItem) -> Option<(Label, Object, Rights)> {
        let ReturnItem::Label(label) = item else {
            return None;
        };
        let (label, rights) = Label::of_message(label);
        let entry = self.objects.get(label)?;
        (!entry.account.has_ended()).then(|| (label, entry.object.clone(), rights))
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
