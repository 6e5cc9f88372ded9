//! The parent of the child: makes a world, serves its faults, cancels calls that nobody else ends,
//! and keeps in order what happened besides the calls.

use crate::caller;
use crate::idle;
use crate::notes::{PER_THREAD, mix, notes};
use core::sync::atomic::Ordering::Relaxed;
use l4re::Env;
use l4re::sys::op::thread as op;
use l4re::sys::{
    CapIdx, Fpage, MapItem, MemRights, MsgTag, ObjRights, Sysf, TagFlags, Timeout, TimeoutS,
    op as ops, proto, utcb,
};
use test_fuzz::layout::{self, Control, THREADS, cap, control};
use test_pressure::{self as kit, Crew};
use test_services::{call, label};

/// Priorities: the parent's, its child's threads', and that of the thread that tells when they
/// are done.
const PARENT: u64 = 100;
const CHILD: [u64; THREADS] = [10, 9];
const IDLE: u64 = 5;

/// What the child's factory may spend: more than any world does.
const LIMIT: u64 = 2 << 20;
/// Where the child's UTCBs are.
pub const UTCBS: u64 = 0x6000_0000_0000;
/// A place for the base of segment fs.
const FS_BASE: u64 = 0x12_3000;
/// How long a world that never comes to rest is waited for.
const PATIENCE_US: u64 = 400_000;
/// How often a page is mapped in a row before it is clear that it does not help.
const IN_VAIN: u32 = 4;
/// How often calls are cancelled in a row without anything happening.
const FRUITLESS: u32 = 3;

/// The labels of the gates by which messages come to the parent.
const PAGER_LABEL: u64 = 0x100;
const ECHO_LABEL: u64 = 0x200;
const IDLE_LABEL: u64 = 0x300;

/// What happened besides the answers to calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A thread's page fault: the address with its flags.
    Fault(u64),
    /// A thread's exception: its number and error code.
    Exception(u64, u64),
    /// A message to the parent, by its pager's gate or the echo service's: tag, mixed words.
    Message(u64, u64),
    /// No thread could go on: this one's call was cancelled.
    Cancel,
}

/// Something that happened: when, and to which thread.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The place in the order of all that happened.
    pub order: u64,
    /// The thread; that it is the echo service's client is [`THREADS`].
    pub thread: usize,
    /// What.
    pub what: What,
}

/// How a world ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All calls were made.
    Done,
    /// A thread can never go on.
    Stuck,
    /// A page that is mapped does not help.
    Vain,
    /// Something runs without end: what was told depends on time.
    Endless,
    /// More happened than there is room for.
    Full,
}

const EVENTS: usize = 256;

/// The parent's view of its child.
pub struct Warden {
    seed: u64,
    own_factory: CapIdx,
    /// What the child starts with, in its order.
    caps: CapIdx,
    events: [Event; EVENTS],
    count: usize,
    mapped: (u64, u32),
    _crew: Crew,
}

fn ok(code: i64) -> Result<(), i64> {
    if code < 0 { Err(code) } else { Ok(()) }
}

impl Warden {
    /// A parent without a child.
    pub fn new(env: &Env, seed: u64) -> Result<Self, i64> {
        ok(kit::run(env.main_thread().idx(), PARENT))?;
        let own_factory = env.factory().idx();
        let quiet = kit::slots(2);
        ok(kit::create(own_factory, proto::SEMAPHORE, Some(0), quiet))?;
        let gate = quiet.next();
        let main = env.main_thread().idx();
        ok(kit::create_gate(own_factory, main, IDLE_LABEL, gate))?;
        idle::set(quiet, gate);
        let mut crew = Crew::new()?;
        crew.spawn(0, IDLE, idle::run, 0)?;
        Ok(Warden {
            seed,
            own_factory,
            caps: kit::slots(1 << cap::ORDER),
            events: [Event {
                order: 0,
                thread: 0,
                what: What::Cancel,
            }; EVENTS],
            count: 0,
            mapped: (0, 0),
            _crew: crew,
        })
    }

    /// What happened besides the answers, in order.
    pub fn events(&self) -> &[Event] {
        &self.events[..self.count]
    }

    /// What the random numbers of a world begin with.
    pub fn seed_of(&self, world: u64) -> u64 {
        mix(mix(0, self.seed), world)
    }

    /// Makes a world and lets it come to rest. An error is the code of what the parent itself was
    /// refused.
    pub fn world(&mut self, world: u64) -> Result<End, i64> {
        // What the last one left takes a moment to go.
        for _ in 0..200 {
            match self.bear(world) {
                Err(error) if error == -l4re::sys::err::ENOMEM => {
                    self.kill();
                    kit::sleep_us(1_000);
                }
                Err(error) => return Err(error),
                Ok(()) => return Ok(self.watch()),
            }
        }
        Err(-l4re::sys::err::ENOMEM)
    }

    /// Ends the child and all that it was given.
    pub fn kill(&mut self) {
        kit::delete_range(self.caps, cap::ORDER);
    }

    /// Whether a slot of the child's is filled; `None` if it has no task any more.
    pub fn has(&self, index: u64) -> Option<bool> {
        let words = [ops::task::CAP_INFO, CapIdx::from_index(index).0];
        match label(call(self.slot(cap::TASK), proto::TASK, &words, None, None)) {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn slot(&self, cap: CapIdx) -> CapIdx {
        CapIdx::from_index(self.caps.index() + cap.index())
    }

    fn thread(&self, thread: usize) -> CapIdx {
        CapIdx::from_index(self.slot(cap::THREAD).index() + thread as u64)
    }

    fn bear(&mut self, world: u64) -> Result<(), i64> {
        self.count = 0;
        self.mapped = (0, 0);
        let main = l4re::start::env().main_thread().idx();
        let factory = self.slot(cap::FACTORY);
        ok(kit::create_factory(self.own_factory, LIMIT, factory))?;
        let task = self.slot(cap::TASK);
        let utcbs = Fpage::page(UTCBS, MemRights::RW);
        ok(kit::create_task(factory, utcbs, task))?;
        for thread in 0..THREADS as u64 {
            let own = CapIdx::from_index(cap::THREAD.index() + thread);
            let pager = CapIdx::from_index(cap::PAGER.index() + thread);
            ok(kit::create(factory, proto::THREAD, None, self.slot(own)))?;
            let pager_label = PAGER_LABEL | thread << 4;
            ok(kit::create_gate(
                factory,
                main,
                pager_label,
                self.slot(pager),
            ))?;
            let utcb = UTCBS + thread * utcb::SIZE as u64;
            let how = kit::Bind { task, utcb, pager };
            ok(kit::bind_thread(self.slot(own), how))?;
        }
        ok(kit::create_gate(
            factory,
            main,
            ECHO_LABEL,
            self.slot(cap::ECHO),
        ))?;
        let make = |kind: i64, argument: Option<u64>, to: CapIdx| {
            ok(kit::create(factory, kind, argument, self.slot(to)))
        };
        make(proto::IRQ_SENDER, None, cap::IRQ)?;
        make(proto::SEMAPHORE, None, cap::SEMAPHORE)?;
        kit::trigger(self.slot(cap::SEMAPHORE));
        let other = self.slot(cap::OTHER_TASK);
        ok(kit::create_task(factory, Fpage::INVALID, other))?;
        make(proto::FACTORY, Some(64 << 10), cap::SMALL_FACTORY)?;
        make(ops::factory::GATE, Some(0), cap::LOOSE_GATE)?;
        make(proto::IRQ_SENDER, None, cap::LOOSE_IRQ)?;
        make(proto::THREAD, None, cap::LOOSE_THREAD)?;
        let (first, second) = (self.thread(0), self.thread(1));
        ok(kit::create_gate(
            factory,
            second,
            0x4000,
            self.slot(cap::GATE),
        ))?;
        ok(kit::bind(self.slot(cap::IRQ), first, 0x8000))?;
        let all = Fpage::obj(self.caps, cap::ORDER, ObjRights::RWSD);
        // All control rights, too: the gates are the child's to serve.
        ok(kit::map(task, CapIdx::TASK, all, 0xe0))?;

        // All that it may touch at first: fewer faults, and fewer lines.
        let memory = Fpage::memory(layout::start(), layout::ORDER, MemRights::RWX);
        for page in 0..1u64 << (layout::ORDER - 12) {
            kit::touch(layout::start() + (page << 12));
        }
        ok(kit::map(task, CapIdx::TASK, memory, layout::start()))?;
        let mut at = caller::entry as *const () as u64 & !0xfff;
        while kit::image(at) == Some(false) {
            at -= 0x1000;
        }
        at += 0x1000;
        while kit::image(at) == Some(false) {
            kit::touch(at);
            ok(kit::map(
                task,
                CapIdx::TASK,
                Fpage::page(at, MemRights::RX),
                at,
            ))?;
            at += 0x1000;
        }

        let page = control();
        // The child of before may have written anything.
        notes().clear();
        Control::set(&page.seed, self.seed_of(world));
        Control::set(&page.fs_base, FS_BASE);
        for thread in 0..THREADS {
            Control::set(&page.next[thread], 0);
            let utcb = UTCBS + (thread * utcb::SIZE) as u64;
            Control::set(&page.utcb[thread], utcb);
            let own = self.thread(thread);
            let entry = caller::entry as *const () as u64;
            ok(kit::ex_regs(own, 0, entry, self.stack(thread)))?;
            ok(kit::run(own, CHILD[thread]))?;
        }
        Ok(())
    }

    /// Puts the child's number on its stack.
    fn stack(&self, thread: usize) -> u64 {
        let sp = layout::stack_end(thread) - 32;
        // SAFETY: the memory is the child's; should its thread run, it is told what it knows.
        unsafe { kit::put_words(sp, &[thread as u64]) };
        sp
    }

    fn is_done(&self, thread: usize) -> bool {
        // The first thread that all is over for sleeps, and is no more to be cancelled.
        let next = Control::get(&control().next[thread]);
        next > PER_THREAD as u64 || (next == PER_THREAD as u64 && self.has_answered(thread))
    }

    /// Whether the last call of a thread came back, or was none that is made.
    fn has_answered(&self, thread: usize) -> bool {
        let note = &notes().of[thread][PER_THREAD - 1];
        note.order.load(Relaxed) != 0 || {
            let seed = Control::get(&control().seed);
            crate::tell::with_call(seed, thread, PER_THREAD as u64 - 1, |registers, utcb| {
                crate::excluded::excluded(registers, utcb).is_some()
            })
        }
    }

    /// Serves the child until it rests.
    fn watch(&mut self) -> End {
        let timeout = Timeout::new(TimeoutS::ZERO, TimeoutS::from_us(PATIENCE_US));
        let mut reply = None;
        let mut seen = 0;
        let mut fruitless = 0;
        idle::ask();
        loop {
            let (tag, sender) = match reply.take() {
                None => kit::receive(timeout),
                Some(tag) => kit::raw(CapIdx::INVALID, Sysf::REPLY_AND_WAIT, tag, timeout),
            };
            if tag.has_error() {
                if utcb().error() == l4re::sys::ipc_error::RE_TIMEOUT {
                    return End::Endless;
                }
                continue;
            }
            if sender & !3 == IDLE_LABEL {
                if !idle::is_answer(kit::mr(0)) {
                    continue;
                }
                let all_done = (0..THREADS).all(|thread| self.is_done(thread));
                if all_done {
                    return End::Done;
                }
                let now = notes().progress();
                fruitless = if now == seen { fruitless + 1 } else { 0 };
                if fruitless > FRUITLESS {
                    return End::Stuck;
                }
                // Both in turn, should one be lost.
                let first = usize::from(self.is_done(0)) ^ fruitless as usize & 1;
                self.cancel(first);
                seen = notes().progress();
                idle::ask();
                continue;
            }
            reply = self.answer(tag, sender);
            if self.mapped.1 >= IN_VAIN {
                return End::Vain;
            }
            if self.count == EVENTS {
                return End::Full;
            }
        }
    }

    fn cancel(&mut self, thread: usize) {
        self.happened(thread, What::Cancel);
        kit::ex_regs(self.thread(thread), op::EX_REGS_CANCEL, u64::MAX, u64::MAX);
    }

    fn happened(&mut self, thread: usize, what: What) {
        if let Some(event) = self.events.get_mut(self.count) {
            *event = Event {
                order: notes().next(),
                thread,
                what,
            };
            self.count += 1;
        }
    }

    /// What to reply to a message.
    fn answer(&mut self, tag: MsgTag, sender: u64) -> Option<MsgTag> {
        let from = sender & !0xf;
        let thread = match from {
            ECHO_LABEL => THREADS,
            _ => from.checked_sub(PAGER_LABEL)? as usize >> 4,
        };
        match tag.label() {
            proto::PAGE_FAULT if thread < THREADS && tag.words() == 2 => {
                Some(self.page_fault(thread))
            }
            proto::EXCEPTION if thread < THREADS && tag.words() >= utcb::EXC_REGS_WORDS => {
                Some(self.exception(thread))
            }
            // The child may send what it likes.
            _ => {
                let digest = (0..tag.words()).fold(0, |digest, i| mix(digest, kit::mr(i)));
                self.happened(thread, What::Message(tag.0, mix(digest, sender & 0xf)));
                utcb().set_mr(0, digest);
                Some(MsgTag::new(0x77, 1, 0, TagFlags::empty()))
            }
        }
    }

    fn page_fault(&mut self, thread: usize) -> MsgTag {
        let (fault, page) = (kit::mr(0), kit::mr(0) & !0xfff);
        let write = fault & 2 != 0;
        let again = if self.mapped.0 == page {
            self.mapped.1 + 1
        } else {
            0
        };
        self.mapped = (page, again);
        // Where in a page depends on whether the kernel makes a long call in one go.
        self.happened(thread, What::Fault(page | fault & 7));
        let rights = if layout::contains(page) {
            MemRights::RWX
        } else if kit::image(fault & !7).is_some() && !write {
            MemRights::RX
        } else {
            return MsgTag::new(-l4re::sys::err::EFAULT, 0, 0, TagFlags::empty());
        };
        kit::touch(page);
        let item = MapItem::map(page, Fpage::page(page, rights));
        utcb().set_mr(0, item.control);
        utcb().set_mr(1, item.fpage.raw());
        MsgTag::new(0, 0, 1, TagFlags::empty())
    }

    fn exception(&mut self, thread: usize) -> MsgTag {
        let mut regs = utcb().exc_regs();
        self.happened(thread, What::Exception(regs.trapno, regs.err));
        regs.ip = caller::entry as *const () as u64;
        regs.sp = self.stack(thread);
        regs.flags = 0x202;
        utcb().set_exc_regs(&regs);
        MsgTag::new(0, utcb::EXC_REGS_WORDS, 0, TagFlags::empty())
    }
}
