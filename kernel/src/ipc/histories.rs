//! The kernel's own code on the host: threads that make system calls, one after the other, as
//! a test or a random history says. After each step the state is checked (`checks`).

use super::{Bound, fast, fault};
use crate::arch::entry::Exit;
use crate::arch::{clock, cpu};
use crate::cap::{Cap, Rights};
use crate::checks;
use crate::ipc::state::Ipc;
use crate::obj::factory::Factory;
use crate::obj::task::Task;
use crate::obj::thread::{THREADS, Thread};
use crate::obj::{self, Object};
use crate::sched;
use crate::util::budget::Budget;
use crate::util::one;
use l4re_sys::cap::CapIdx;
use l4re_sys::fpage::{Fpage, MemRights};
use l4re_sys::item::{self, MapItem, RcvItem};
use l4re_sys::msgtag::{MsgTag, TagFlags};
use l4re_sys::sched::CpuSet;
use l4re_sys::sysf::Sysf;
use l4re_sys::timeout::{Timeout, TimeoutS};
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::varg::{self, VargTag};
use l4re_sys::{ObjRights, ipc_error, op, proto};
use proptest::prelude::*;
use std::sync::MutexGuard;

/// Where the UTCBs of every task are.
const AREA: u64 = 0x10_0000;
const UTCBS: u64 = 4;
/// Capabilities that a history works with: the fixed ones, then those that it makes.
const SLOTS: u8 = 32;
const FIXED: u8 = 18;

const TASK_A: u8 = 0;
const TASK_B: u8 = 1;
const THREADS_AT: u8 = 2;
const THREADS_MADE: u8 = 4;
const GATES: u8 = 6;
const IRQS: u8 = 8;
const SEMAPHORE: u8 = 10;
const GROUPS: u8 = 11;
const FACTORY: u8 = 13;
const SCHEDULER: u8 = 14;
const SMALL_FACTORY: u8 = 15;

/// A machine with two tasks of two threads each, the objects they use, and a thread with a
/// task of its own, which never waits for ever: so there is always one that goes on.
struct Machine {
    factory: &'static Factory,
    limit: u64,
    made: Vec<(Object, u64)>,
    ticker: &'static Thread,
    _one: MutexGuard<'static, ()>,
}

impl Machine {
    fn new() -> Self {
        let one = one::processor();
        let limit = 1 << 26;
        let factory = Factory::make_root(limit).unwrap();
        let task = || {
            let area = Fpage::memory(AREA, 12, MemRights::RW);
            match factory.create_task(area) {
                Ok(Object::Task(task)) => {
                    task.map_area(&Budget::unlimited()).unwrap();
                    task
                }
                _ => panic!("no task"),
            }
        };
        let (a, b, own) = (task(), task(), task());
        let thread = |task: &'static Task, n: u64| {
            let thread = obj::create(&THREADS, factory).unwrap();
            thread.init();
            let address = AREA + n * l4re_sys::utcb::SIZE as u64;
            thread.bind(task, task.find_utcb(address).unwrap(), address);
            thread
        };
        let threads = [thread(a, 0), thread(a, 1), thread(b, 0), thread(b, 1)];
        let ticker = thread(own, 0);
        let mut machine = Self {
            factory,
            limit,
            made: Vec::new(),
            ticker,
            _one: one,
        };
        let mut objects = vec![Object::Task(a), Object::Task(b)];
        objects.extend(threads.map(Object::Thread));
        let rest = [
            proto::NONE,
            proto::NONE,
            proto::IRQ_SENDER,
            proto::IRQ_SENDER,
            proto::SEMAPHORE,
            proto::THREAD_GROUP,
            proto::THREAD_GROUP,
        ];
        // What a factory makes is made by the ticker's system calls, into its own table.
        for (n, object) in objects.iter().enumerate() {
            machine.give(own, n as u8, *object);
        }
        machine.give(own, FACTORY, Object::Factory(factory));
        machine.give(own, SCHEDULER, Object::Scheduler);
        machine
            .made
            .push((Object::Task(own), stamp(Object::Task(own))));
        machine.made.extend(objects.iter().map(|o| (*o, stamp(*o))));
        machine
            .made
            .push((Object::Thread(ticker), stamp(Object::Thread(ticker))));
        ticker.start(1);
        cpu::switch_to(ticker);
        sched::first(ticker);
        for (n, kind) in rest.into_iter().enumerate() {
            machine.create(GATES + n as u8, kind, Some(0));
        }
        machine.create(SMALL_FACTORY, proto::FACTORY, Some(1 << 17));
        for task in [a, b] {
            for slot in 0..SLOTS {
                if let Some(cap) = own.caps.get(usize::from(slot)) {
                    machine.give(task, slot, cap.object());
                }
            }
        }
        for (n, thread) in threads.into_iter().enumerate() {
            let own = CapIdx::from_index((u64::from(THREADS_AT) + n as u64) ^ 1);
            thread.pager.set(own);
            thread.exc_handler.set(own);
            thread.start(2 + n as u8 % 3);
        }
        machine.settle();
        machine
    }

    fn give(&self, task: &'static Task, slot: u8, object: Object) {
        let cap = Cap::new(object, Rights::ALL);
        (task.caps)
            .set(usize::from(slot), cap, task.account())
            .unwrap();
    }

    /// Who makes the next system call.
    fn current(&self) -> Bound {
        let current = cpu::current().expect("somebody runs");
        assert!(current.can_run(), "who runs can run");
        current.bound().expect("who runs is bound")
    }

    /// What the entry code does on the way out, and the check of all that must hold.
    fn settle(&self) {
        checks::state();
        while let Some(current) = cpu::current()
            && current.exit.get() == Exit::Exception
        {
            current.exit.set(Exit::Iret);
            let next = fault::triggered(self.current());
            assert!(cpu::current().is_some_and(|c| core::ptr::eq(c, next)));
            checks::state();
        }
        assert!(self.factory.account.used() <= self.limit);
    }

    fn is_ticker(&self) -> bool {
        core::ptr::eq(self.current().thread(), self.ticker)
    }

    /// A system call of the current thread; the result is the tag, if it goes on at once.
    fn syscall(
        &self,
        dest: u64,
        protocol: i64,
        words: &[u64],
        items: &[MapItem],
        timeout: Timeout,
    ) -> Option<MsgTag> {
        let current = self.current();
        let utcb = current.utcb();
        let items_words = (items.iter()).flat_map(|item| [item.control, item.fpage.raw()]);
        for (at, word) in words.iter().copied().chain(items_words).enumerate() {
            utcb.set_mr(at, word);
        }
        let tag = MsgTag::new(protocol, words.len(), items.len(), TagFlags::empty());
        current.set_result(tag.0, 0);
        let leave = fast::syscall(current, 0x77, dest, tag.0, timeout.0);
        let at_once = leave.at_once_tag();
        let next = leave.next().unwrap_or(current.thread());
        assert!(
            cpu::current().is_some_and(|c| core::ptr::eq(c, next)),
            "the one that goes on is the processor's current one"
        );
        let goes_on = core::ptr::eq(next, current.thread());
        let tag = MsgTag(at_once.unwrap_or_else(|| current.regs().rax));
        self.settle();
        goes_on.then_some(tag)
    }

    fn invoke(&self, slot: u8, protocol: i64, words: &[u64], items: &[MapItem]) -> Option<MsgTag> {
        let timeout = self.timeout(NEVER, NEVER);
        self.syscall(at(slot, Sysf::CALL), protocol, words, items, timeout)
    }

    /// The ticker waits for a while at most.
    fn timeout(&self, send: TimeoutS, recv: TimeoutS) -> Timeout {
        let limit = |t: TimeoutS| match t.is_never() && self.is_ticker() {
            true => TimeoutS::from_us(50),
            false => t,
        };
        Timeout::new(limit(send), limit(recv))
    }

    fn receive_into(&self, slot: u8) {
        let utcb = self.current().utcb();
        utcb.set_bdr(l4re_sys::BufferDesc(0));
        utcb.set_br(0, RcvItem::single(CapIdx::from_index(u64::from(slot))).0);
        utcb.set_br(1, 0);
    }

    fn create(&mut self, slot: u8, kind: i64, argument: Option<u64>) {
        let creator = self.current();
        let mut words = vec![kind as u64];
        if let Some(argument) = argument {
            let tag = match kind {
                proto::TASK => VargTag::new(varg::FPAGE, 8),
                _ => VargTag::new(varg::UMWORD, 8),
            };
            words.extend([tag.0, argument]);
        }
        if kind == proto::NONE {
            words.truncate(1);
        }
        self.receive_into(slot);
        self.invoke(FACTORY, proto::FACTORY, &words, &[]);
        if let Some(cap) = creator.task().and_then(|t| t.caps.get(usize::from(slot))) {
            self.made.push((cap.object(), stamp(cap.object())));
        }
    }

    /// All objects die; what they cost is back, and no thread is left.
    fn end(self) {
        for (object, stamped) in &self.made {
            if stamp(*object) == *stamped {
                object.delete();
            }
        }
        while obj::reap(&Budget::unlimited()).is_err() {}
        checks::state();
        assert_eq!(
            self.factory.account.used(),
            0,
            "all that was paid for is given back"
        );
        assert!(checks::no_thread());
        assert_eq!(sched::timeout::first(), u64::MAX);
        assert_eq!(sched::top_priority(), 0);
        cpu::forget_current();
    }
}

const NEVER: TimeoutS = TimeoutS::NEVER;

fn stamp(object: Object) -> u64 {
    object.header().stamp()
}

fn at(slot: u8, flags: Sysf) -> u64 {
    CapIdx::from_index(u64::from(slot)).0 | flags.bits()
}

fn cap_item(slot: u8) -> MapItem {
    MapItem::cap(CapIdx::from_index(u64::from(slot)), ObjRights::RWSD)
}

/// How long one waits.
#[derive(Clone, Copy, Debug)]
enum Wait {
    Not,
    Short,
    Never,
}

impl Wait {
    fn timeout(self) -> TimeoutS {
        match self {
            Self::Not => TimeoutS::ZERO,
            Self::Short => TimeoutS::from_us(100),
            Self::Never => NEVER,
        }
    }
}

/// One step of a history, by whichever thread runs.
#[derive(Clone, Debug)]
enum Step {
    Ipc {
        to: u8,
        flags: Sysf,
        reply: Option<u8>,
        item: Option<u8>,
        words: u8,
        send: Wait,
        recv: Wait,
    },
    Create(u8, u8),
    Unmap(u8, bool),
    Bind(u8, u8),
    Trigger(u8),
    Down(u8),
    Member(u8, u8, bool),
    ExRegs(u8, u8),
    Run(u8, u8),
    BindTask(u8, u8, u8, bool),
    Give(u8, u8),
    ModifySenders,
    PageFault(u64),
    Exception,
    Pass(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let slot = || 0..SLOTS;
    let wait = || prop_oneof![Just(Wait::Not), Just(Wait::Short), Just(Wait::Never)];
    let flags = prop_oneof![
        1 => Just(Sysf::SEND),
        1 => Just(Sysf::RECV),
        1 => Just(Sysf::WAIT),
        3 => Just(Sysf::CALL),
        1 => Just(Sysf::SEND_AND_WAIT),
        3 => Just(Sysf::REPLY_AND_WAIT),
        1 => Just(Sysf::SEND | Sysf::REPLY),
        1 => Just(Sysf::CALL | Sysf::REPLY),
        1 => Just(Sysf::NONE),
    ];
    let endpoint = || prop_oneof![4 => THREADS_AT..IRQS, 1 => slot()];
    let ipc = (
        endpoint(),
        flags,
        prop::option::of(0u8..3),
        prop::option::weighted(0.2, slot()),
        0u8..40,
        wait(),
        wait(),
    );
    prop_oneof![
        12 => ipc.prop_map(|(to, flags, reply, item, words, send, recv)| Step::Ipc {
            to, flags, reply, item, words, send, recv
        }),
        2 => (FIXED..SLOTS, 0u8..8).prop_map(|(a, b)| Step::Create(a, b)),
        1 => (slot(), any::<bool>()).prop_map(|(a, b)| Step::Unmap(a, b)),
        2 => (GATES..SEMAPHORE, prop_oneof![THREADS_AT..GATES, GROUPS..FACTORY, slot()])
            .prop_map(|(a, b)| Step::Bind(a, b)),
        2 => (IRQS..GROUPS).prop_map(Step::Trigger),
        1 => prop_oneof![Just(SEMAPHORE), slot()].prop_map(Step::Down),
        2 => (GROUPS..FACTORY, THREADS_AT..GATES, any::<bool>())
            .prop_map(|(a, b, c)| Step::Member(a, b, c)),
        2 => (prop_oneof![THREADS_AT..GATES, slot()], 0u8..4).prop_map(|(a, b)| Step::ExRegs(a, b)),
        1 => (prop_oneof![THREADS_AT..GATES, slot()], 1u8..6).prop_map(|(a, b)| Step::Run(a, b)),
        1 => (slot(), slot(), 0u8..UTCBS as u8, any::<bool>())
            .prop_map(|(a, b, c, d)| Step::BindTask(a, b, c, d)),
        1 => (slot(), slot()).prop_map(|(a, b)| Step::Give(a, b)),
        1 => Just(Step::ModifySenders),
        2 => (0u64..1 << 20).prop_map(Step::PageFault),
        1 => Just(Step::Exception),
        2 => (0u16..300).prop_map(Step::Pass),
    ]
}

impl Machine {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Ipc {
                to,
                flags,
                reply,
                item,
                words,
                send,
                recv,
            } => {
                let dest = match reply {
                    Some(index) if flags.intersects(Sysf::REPLY | Sysf::OPEN_WAIT) => {
                        CapIdx::reply(u64::from(index)).0 | flags.bits()
                    }
                    None if flags.contains(Sysf::REPLY) => CapIdx::INVALID.0 | flags.bits(),
                    _ => at(to, flags),
                };
                let words = vec![0x1234; usize::from(words)];
                let items: Vec<_> = item.map(cap_item).into_iter().collect();
                self.receive_into(SLOTS - 1);
                let timeout = self.timeout(send.timeout(), recv.timeout());
                self.syscall(dest, 1, &words, &items, timeout);
            }
            Step::Create(slot, kind) => {
                let area = Fpage::memory(AREA, 12, MemRights::RW).raw();
                let (kind, argument) = [
                    (proto::NONE, None),
                    (proto::TASK, Some(area)),
                    (proto::THREAD, None),
                    (proto::FACTORY, Some(4096)),
                    (proto::IRQ_SENDER, None),
                    (proto::SEMAPHORE, Some(1)),
                    (proto::THREAD_GROUP, Some(0)),
                    (proto::THREAD, None),
                ][usize::from(kind)];
                self.create(slot, kind, argument);
            }
            Step::Unmap(slot, delete) => {
                let flags = match delete {
                    true => UnmapFlags::DELETE_OBJ,
                    false => UnmapFlags::ALL_SPACES,
                };
                let fpage = Fpage::obj(CapIdx::from_index(u64::from(slot)), 0, ObjRights::RWSD);
                let words = [op::task::UNMAP, flags.bits(), fpage.raw()];
                // Of either task, whoever asks.
                self.invoke(TASK_A + slot % 2, proto::TASK, &words, &[]);
            }
            Step::Bind(slot, to) => {
                let words = [op::rcv_endpoint::BIND, u64::from(slot) << 8];
                self.invoke(slot, proto::KOBJECT, &words, &[cap_item(to)]);
            }
            Step::Trigger(slot) => {
                self.invoke(slot, proto::IRQ, &[], &[]);
            }
            Step::Down(slot) => {
                self.invoke(slot, proto::SEMAPHORE, &[op::semaphore::DOWN], &[]);
            }
            Step::Member(group, thread, add) => {
                let operation = match add {
                    true => op::thread_group::ADD,
                    false => op::thread_group::REMOVE,
                };
                let items = [cap_item(thread)];
                self.invoke(group, proto::THREAD_GROUP, &[operation], &items);
            }
            Step::ExRegs(slot, how) => {
                let flags = u64::from(how) << 16;
                let words = [op::thread::EX_REGS | flags, 0x1000, u64::MAX];
                self.invoke(slot, proto::THREAD, &words, &[]);
            }
            Step::Run(slot, priority) => {
                let set = CpuSet {
                    gran_offset: 0,
                    map: 1,
                };
                let words = [
                    op::scheduler::RUN_THREAD,
                    set.gran_offset,
                    set.map,
                    u64::from(priority),
                    0,
                ];
                self.invoke(SCHEDULER, proto::SCHEDULER, &words, &[cap_item(slot)]);
            }
            Step::BindTask(thread, task, utcb, alien) => {
                let mut flags = op::thread::CONTROL
                    | op::thread::CONTROL_BIND_TASK
                    | op::thread::CONTROL_SET_PAGER
                    | op::thread::CONTROL_SET_EXC_HANDLER;
                // An alien of the history alone.
                let aliens = thread >= FIXED && alien;
                if aliens {
                    flags |= op::thread::CONTROL_ALIEN;
                }
                let handler = CapIdx::from_index(u64::from(GATES)).0;
                let address = AREA + u64::from(utcb) * l4re_sys::utcb::SIZE as u64;
                let words = [
                    flags,
                    handler,
                    handler,
                    0,
                    op::thread::CONTROL_ALIEN,
                    address,
                ];
                self.invoke(thread, proto::THREAD, &words, &[cap_item(task)]);
            }
            Step::Give(source, target) => {
                let all = Fpage::obj(CapIdx(0), 5, ObjRights::RWSD);
                let words = [op::task::MAP, item::MAP, all.raw()];
                self.invoke(target, proto::TASK, &words, &[cap_item(source)]);
            }
            Step::ModifySenders => {
                let words = [op::thread::MODIFY_SENDER, 0, 0, 0, 4];
                let current = CapIdx::INVALID.0 | Sysf::CALL.bits();
                let timeout = self.timeout(NEVER, NEVER);
                self.syscall(current, proto::THREAD, &words, &[], timeout);
            }
            // The ticker has nobody to ask for help.
            Step::PageFault(_) | Step::Exception if self.is_ticker() => {}
            Step::PageFault(address) => {
                let next = fault::page_fault(self.current(), address & !7);
                assert!(cpu::current().is_some_and(|c| core::ptr::eq(c, next)));
                self.settle();
            }
            Step::Exception => {
                let next = fault::exception(self.current());
                assert!(cpu::current().is_some_and(|c| core::ptr::eq(c, next)));
                self.settle();
            }
            Step::Pass(us) => {
                if clock::pass(u64::from(us)) {
                    sched::timer_interrupt();
                }
                let next = sched::after_interrupt(self.current().thread());
                assert!(cpu::current().is_some_and(|c| core::ptr::eq(c, next)));
                self.settle();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 100 },
        ..ProptestConfig::default()
    })]
    #[test]
    fn any_history_keeps_the_kernel_in_order(
        steps in prop::collection::vec(step(), 0..if cfg!(miri) { 30 } else { 300 })
    ) {
        let mut machine = Machine::new();
        for step in &steps {
            machine.step(step);
        }
        machine.end();
    }
}
