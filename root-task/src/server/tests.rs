//! The server on the fake kernel: messages in, answers out, and nothing left behind.

use super::*;
use crate::account::ProgramId;
use crate::image::tests as elf;
use crate::plan::Plan;
use crate::pool::tests::pool;
use crate::quota::Quota;
use alloc::rc::Rc;
use l4re_sys::op::factory;
use l4re_sys::re::{dataspace, mem_alloc, parent, rm};
use l4re_sys::varg::{self, VargTag};
use l4re_sys::{ExcRegs, Fpage, MemRights, fake};
use std::boxed::Box;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::String;
use std::vec;
use std::vec::Vec;

/// What the kernel has seen.
#[derive(Default)]
struct Kernel {
    log: String,
    /// The labels of gates, by capability; those that were deleted are gone.
    gates: BTreeMap<u64, u64>,
    /// Objects of other kinds.
    objects: BTreeMap<u64, i64>,
    /// Counts down to a request to a factory that is refused, if it is not 0.
    refuse: u32,
}

impl Kernel {
    fn answer(&mut self, call: fake::Call) -> fake::Reply {
        let words = call.words();
        match call.tag.label() {
            proto::LOG if words[0] == l4re_sys::op::vcon::WRITE => {
                let bytes = call.bytes();
                let text = &bytes[16..16 + words[1] as usize];
                self.log += &String::from_utf8_lossy(text);
            }
            proto::FACTORY if self.refuse == 1 => {
                self.refuse = 0;
                return fake::Reply::label(-l4re_sys::err::ENOMEM);
            }
            proto::FACTORY => {
                self.refuse = self.refuse.saturating_sub(1);
                let slot = call.utcb.br(0) & !0xfff;
                assert!(!self.gates.contains_key(&slot) && !self.objects.contains_key(&slot));
                if words[0] as i64 == factory::GATE {
                    self.gates.insert(slot, words[2]);
                } else {
                    self.objects.insert(slot, words[0] as i64);
                }
            }
            proto::TASK if words[0] == l4re_sys::op::task::CAP_INFO => {
                let there = self.gates.contains_key(&words[1]);
                return fake::Reply::label(there.into());
            }
            proto::TASK if words[0] == l4re_sys::op::task::UNMAP => {
                let fpage = Fpage::from_raw(words[2]);
                if words[1] == l4re_sys::unmap::UnmapFlags::DELETE_OBJ.bits() {
                    let cap = fpage.cap().0;
                    let gate = self.gates.remove(&cap).is_some();
                    assert!(gate || self.objects.remove(&cap).is_some(), "deleted twice");
                }
            }
            proto::PLATFORM_CTL if call.dest == CapIdx::ICU => panic!("the system ends"),
            _ => {}
        }
        fake::Reply::label(0)
    }
}

/// A server with `program` as boot file, and the kernel that it runs on.
struct World {
    server: Server,
    kernel: Rc<RefCell<Kernel>>,
    quota: Shared<Quota>,
    pool: &'static Pool,
}

fn with_world(test: impl FnOnce(&mut World)) {
    let kernel = Rc::new(RefCell::new(Kernel::default()));
    let answering = kernel.clone();
    fake::with(
        move |call| pays(None, || answering.borrow_mut().answer(call)),
        || {
            let pool = pool(1024);
            let program = elf::program();
            let base = pool
                .alloc_zeroed(program.len(), 4096, 0..usize::MAX)
                .unwrap();
            // SAFETY: just allocated, and never freed.
            let bytes = unsafe {
                core::ptr::copy_nonoverlapping(program.as_ptr(), base as *mut u8, program.len());
                core::slice::from_raw_parts(base as *const u8, program.len())
            };
            let file = |name: &str, bytes| BootFile {
                name: List::copy_of(name.as_bytes()).unwrap(),
                bytes,
            };
            let mut files = List::new();
            files.push(file("program", bytes)).unwrap();
            let text = Box::leak(Box::new([b'x'; 9]));
            files.push(file("text", text)).unwrap();
            let factory = OwnedCap::borrowed(CapIdx::FACTORY);
            let account = Account::root(pool, 64 << 20, factory).unwrap();
            let quota = account.quota.clone();
            // SAFETY: the file is as good as an information page.
            let kip = unsafe { Dataspace::foreign(pool, base, 4096, MemRights::RX) };
            let slots = Slots::new(1 << 16).unwrap();
            let server = Server::new(pool, slots, account, files, kip).unwrap();
            test(&mut World {
                server,
                kernel,
                quota,
                pool,
            });
        },
    );
}

impl World {
    fn start(&mut self, plan: &str) {
        self.server
            .start_all(&Plan::parse(plan.as_bytes()).unwrap())
            .unwrap();
    }

    fn log(&self) -> String {
        self.kernel.borrow().log.clone()
    }

    /// The label of the gate to the object that fulfils a condition, with all rights.
    fn gate(&self, condition: impl Fn(&Object) -> bool) -> u64 {
        let objects = &self.server.objects;
        let labels = objects.labels(|entry| condition(&entry.object) && !entry.account.has_ended());
        labels[0].raw() | 3
    }

    /// Sends a message by a gate; gives the answer's label, if there is one.
    fn send(&mut self, gate: u64, label: i64, words: &[u64], items: &[(u64, u64)]) -> Option<i64> {
        let regs = utcb();
        let all = words
            .iter()
            .copied()
            .chain(items.iter().flat_map(|&(a, b)| [a, b]));
        for (i, word) in all.enumerate() {
            regs.set_mr(i, word);
        }
        let tag = MsgTag::new(label, words.len(), items.len(), l4re_sys::TagFlags::empty());
        self.server.handle(tag, gate).map(MsgTag::label)
    }

    /// The label of the gate that the last answer passed on.
    fn passed(&self) -> u64 {
        let fpage = Fpage::from_raw(utcb().mr(1));
        self.kernel.borrow().gates[&fpage.cap().0] | 3
    }

    fn create(&mut self, allocator: u64, kind: i64, args: &[u64]) -> Option<i64> {
        let mut words = vec![kind as u64];
        for &arg in args {
            words.extend([VargTag::new(varg::UMWORD, 8).0, arg]);
        }
        self.send(allocator, proto::FACTORY, &words, &[])
    }
}

fn is_allocator(object: &Object) -> bool {
    matches!(object, Object::Allocator(..))
}

fn is_rm(object: &Object) -> bool {
    matches!(object, Object::RegionMap(_))
}

fn is_parent(object: &Object) -> bool {
    matches!(object, Object::Parent(_))
}

/// An item as it arrives for one of the server's own gates.
fn own(gate: u64) -> (u64, u64) {
    (8 | 4, gate)
}

const TWO: &str = "start program -n one\nstart program -n two";

#[test]
fn the_end_of_a_program_gives_everything_back() {
    with_world(|w| {
        let have = |w: &World| {
            let kernel = w.kernel.borrow();
            let objects = kernel.gates.len() + kernel.objects.len();
            [w.quota.used(), w.pool.available(), objects]
        };
        let none = have(w);
        w.start(TWO);
        let two = have(w);
        let allocator = w.gate(is_allocator);
        let region_map = w.gate(is_rm);
        assert_eq!(w.create(allocator, proto::DATASPACE, &[1 << 20]), Some(0));
        let ds = w.passed();
        let words = [dataspace::ALLOCATE.into(), 0, 1 << 20];
        w.send(ds, proto::DATASPACE, &words, &[]);
        w.server.finish_work();
        let words = [rm::ATTACH.into(), 0, 1 << 20, 0x2_0006, 0, 12, 0, 1, 0, 0];
        assert_eq!(w.send(region_map, proto::RM, &words, &[own(ds)]), Some(0));
        assert_eq!(w.create(allocator, proto::FACTORY, &[1 << 20]), Some(0));
        let part = w.passed();
        assert_eq!(w.create(part, proto::NAMESPACE, &[]), Some(0));
        let exit = [parent::SIGNAL.into(), parent::SIGNAL_EXIT, 7];
        let parent = w.gate(is_parent);
        assert_eq!(w.send(parent, proto::PARENT, &exit, &[]), None);
        w.server.finish_work();
        // The other one is as large.
        let one = have(w);
        for i in 0..3 {
            assert_eq!(one[i].abs_diff(none[i]) * 2, two[i].abs_diff(none[i]));
        }
        // The system ends with the second one.
        let parent = w.gate(is_parent);
        let end = AssertUnwindSafe(|| w.send(parent, proto::PARENT, &exit, &[]));
        assert!(catch_unwind(end).is_err());
        assert!(w.log().contains("[root] one: exited with 7\n"));
        assert!(w.log().ends_with("[root] system ends with status 7\n"));
    });
}

#[test]
fn what_cannot_be_started_is_told() {
    with_world(|w| {
        let plan = "gate g\nstart nothing\nstart text -n t\nstart program -m 4K -n small\n\
                    start program -g g -n good";
        w.start(plan);
        let log = w.log();
        for line in [
            "[root] nothing: cannot be started: no boot file is named \"nothing\"\n",
            "[root] t: cannot be started: not an ELF file\n",
            "[root] small: cannot be started: does not fit into memory: needs 16 KiB, free are 4\n",
        ] {
            assert!(log.contains(line), "{log}");
        }
        let good = w
            .server
            .programs
            .iter()
            .filter(|program| program.is_running());
        assert_eq!(good.count(), 1);
    });
}

#[test]
fn faults_are_served_or_told() {
    with_world(|w| {
        w.start(TWO);
        let region_map = w.gate(is_rm);
        assert_eq!(
            w.send(
                region_map,
                proto::PAGE_FAULT,
                &[0x100_2000 | 2, 0x100_0200],
                &[]
            ),
            Some(0)
        );
        assert_eq!(utcb().mr(0), 0x100_2000 | 8);
        assert_eq!(Fpage::from_raw(utcb().mr(1)).mem_rights(), MemRights::RW);
        // Writing to code, and where nothing is.
        let refused = w.send(region_map, proto::PAGE_FAULT, &[0x100_0000 | 2, 0], &[]);
        assert_eq!(refused, Some(-l4re_sys::err::EACCESS));
        assert_eq!(
            w.send(region_map, proto::PAGE_FAULT, &[0x10, 0], &[]),
            Some(-l4re_sys::err::ENOENT)
        );
        let regs = ExcRegs {
            trapno: 14,
            err: 6,
            pfa: 0x10,
            ip: 0x100_0234,
            ..ExcRegs::ZERO
        };
        // SAFETY: the structure is 26 words without padding.
        let words: [u64; 26] = unsafe { core::mem::transmute(regs) };
        assert_eq!(w.send(region_map, proto::EXCEPTION, &words, &[]), None);
        let line = "[root] one: fault: null pointer write at ip=0x1000234 addr=0x10 sp=0x0\n\
                    [root] one:   at 0x0000000001000234\n";
        assert!(w.log().ends_with(line), "{}", w.log());
        // The gate of one that is gone means nothing any more.
        let after = w.send(region_map, proto::PAGE_FAULT, &[0x100_2000, 0], &[]);
        assert_eq!(after, Some(-l4re_sys::err::ENOENT));
    });
}

#[test]
fn a_page_that_cannot_be_mapped_ends_its_program_alone() {
    with_world(|w| {
        w.start(TWO);
        let region_map = w.gate(is_rm);
        let fault = [0x100_2000 | 2, 0x100_0200];
        let failed = MsgTag::new(0, 0, 0, l4re_sys::TagFlags::ERROR);
        // An answer that nobody waited for, and a failure of another answer, end nothing.
        assert_eq!(w.send(region_map, proto::PAGE_FAULT, &fault, &[]), Some(0));
        utcb().set_error(l4re_sys::ipc_error::SE_TIMEOUT);
        w.server.answered(failed);
        assert_eq!(
            w.send(region_map, proto::RM, &[0], &[]),
            Some(-l4re_sys::err::EMSGTOOSHORT)
        );
        utcb().set_error(l4re_sys::ipc_error::SE_MAP_FAILED);
        w.server.answered(failed);
        assert_eq!(w.send(region_map, proto::PAGE_FAULT, &fault, &[]), Some(0));
        utcb().set_error(l4re_sys::ipc_error::SE_MAP_FAILED);
        w.server.answered(failed);
        let line = "[root] one: a page cannot be mapped: its kernel memory is used up\n";
        assert!(w.log().ends_with(line), "{}", w.log());
        let after = w.send(region_map, proto::PAGE_FAULT, &fault, &[]);
        assert_eq!(after, Some(-l4re_sys::err::ENOENT));
        let running = w
            .server
            .programs
            .iter()
            .filter(|program| program.is_running());
        assert_eq!(running.count(), 1);
    });
}

#[test]
fn rights_are_asked_for() {
    with_world(|w| {
        w.start(TWO);
        let allocator = w.gate(is_allocator);
        assert_eq!(
            w.create(allocator & !2, proto::DATASPACE, &[4096]),
            Some(-l4re_sys::err::EPERM)
        );
        assert_eq!(w.create(allocator, proto::DATASPACE, &[4096]), Some(0));
        let ds = w.passed();
        let map = |flags| [dataspace::MAP.into(), 0, 0, flags];
        assert_eq!(
            w.send(ds & !1, proto::DATASPACE, &map(6), &[]),
            Some(-l4re_sys::err::EPERM)
        );
        assert_eq!(w.send(ds & !1, proto::DATASPACE, &map(4), &[]), Some(0));
        let clear = [dataspace::CLEAR.into(), 0, 1];
        assert_eq!(
            w.send(ds & !1, proto::DATASPACE, &clear, &[]),
            Some(-l4re_sys::err::EACCESS)
        );
        let attach = [rm::ATTACH.into(), 0, 4096, 0x2_0006, 0, 12, 0, 1, 0, 0];
        let region_map = w.gate(is_rm);
        let refused = w.send(region_map, proto::RM, &attach, &[own(ds & !1)]);
        assert_eq!(refused, Some(-l4re_sys::err::EPERM));
        // A private copy may be written.
        let private = [rm::ATTACH.into(), 0, 4096, 0x2_1006, 0, 12, 0, 1, 0, 0];
        assert_eq!(
            w.send(region_map, proto::RM, &private, &[own(ds & !1)]),
            Some(0)
        );
    });
}

#[test]
fn a_part_of_the_memory_goes_with_its_allocator() {
    with_world(|w| {
        w.start(TWO);
        let used = w.quota.used();
        let allocator = w.gate(is_allocator);
        assert_eq!(w.create(allocator, proto::FACTORY, &[64 << 10]), Some(0));
        let part = w.passed();
        assert_eq!(w.create(part, proto::DATASPACE, &[32 << 10]), Some(0));
        let ds = w.passed();
        let words = [dataspace::ALLOCATE.into(), 0, 32 << 10];
        assert_eq!(w.send(ds, proto::DATASPACE, &words, &[]), Some(0));
        assert_eq!(
            w.send(part, proto::MEM_ALLOC, &[mem_alloc::INFO.into()], &[]),
            Some(0)
        );
        assert_eq!(utcb().mr(0), 64 << 10);
        assert!(utcb().mr(1) > 32 << 10 && utcb().mr(4) < 32 << 10);
        assert_eq!(w.create(part, proto::DATASPACE, &[64 << 10]), Some(0));
        let big = w.passed();
        let words = [dataspace::ALLOCATE.into(), 0, 64 << 10];
        assert_eq!(
            w.send(big, proto::DATASPACE, &words, &[]),
            Some(-l4re_sys::err::ENOMEM)
        );
        // Its last client goes, and the kernel tells.
        let label = Label::of_message(part).0;
        let gate = w.server.objects.get(label).unwrap().gate.cap().0;
        w.kernel.borrow_mut().gates.remove(&gate);
        w.kernel.borrow_mut().objects.insert(gate, 0);
        assert_eq!(w.send(DELETION, proto::IRQ, &[], &[]), None);
        w.server.finish_work();
        assert_eq!(w.quota.used(), used);
        assert_eq!(
            w.send(ds, proto::DATASPACE, &[dataspace::INFO.into()], &[]),
            Some(-l4re_sys::err::ENOENT)
        );
    });
}

#[test]
fn no_program_takes_all_slots() {
    with_world(|w| {
        w.start(TWO);
        let allocators = w.server.objects.labels(|entry| is_allocator(&entry.object));
        let (one, two) = (allocators[0].raw() | 3, allocators[1].raw() | 3);
        let mut made = 0;
        while w.create(one, proto::DATASPACE, &[4096]) == Some(0) {
            made += 1;
        }
        assert!(made <= crate::account::PROGRAM_SLOTS);
        // A part of its allocator is no way around.
        assert_eq!(
            w.create(one, proto::FACTORY, &[4096]),
            Some(-l4re_sys::err::ENOMEM)
        );
        assert_eq!(w.create(two, proto::DATASPACE, &[4096]), Some(0));
    });
}

/// Random messages to every object: no panic, and the quota as before when all have gone.
#[test]
fn random_messages_do_no_harm() {
    with_world(|w| {
        w.start(TWO);
        let used = w.quota.used();
        let gates: Vec<u64> = w
            .server
            .objects
            .labels(|entry| !matches!(entry.object, Object::Parent(_)))
            .iter()
            .map(|label| label.raw())
            .collect();
        let protos = [
            proto::DATASPACE,
            proto::NAMESPACE,
            proto::RM,
            proto::MEM_ALLOC,
            proto::FACTORY,
            proto::LOG,
            proto::SCHEDULER,
            proto::META,
            proto::PAGE_FAULT,
            proto::IO_PAGE_FAULT,
        ];
        let mut seed = 11u64;
        let mut random = |n: usize| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) as usize % n
        };
        let mut made: Vec<u64> = Vec::new();
        for _ in 0..if cfg!(miri) { 100 } else { 30_000 } {
            let all = gates.len() + made.len();
            let index = random(all);
            let gate = gates
                .get(index)
                .or(made.get(index.wrapping_sub(gates.len())));
            let gate = gate.copied().unwrap_or(0) | random(4) as u64;
            let words: Vec<u64> = (0..random(14))
                .map(|_| match random(6) {
                    0 => random(16) as u64,
                    1 => (random(1 << 16) as u64) << 12,
                    2 => u64::MAX - random(0x2000) as u64,
                    3 => 8 << 16 | 1,
                    4 => protos[random(protos.len())] as u64,
                    _ => 1 << random(64),
                })
                .collect();
            let item = match random(4) {
                0 => vec![],
                1 => vec![(8, 0x1000 | 0x30)],
                2 => vec![(random(64) as u64, random(1 << 20) as u64)],
                _ => vec![own(gates[random(gates.len())])],
            };
            let label = protos[random(protos.len())];
            let answer = w.send(gate, label, &words, &item);
            if label == proto::FACTORY && answer == Some(0) && made.len() < 50 {
                let gate = w.passed();
                made.push(gate & !3);
            }
        }
        let program = w.server.objects.labels(|entry| entry.transient);
        for label in program {
            w.server.remove(label);
        }
        w.server.finish_work();
        let parent = w.gate(is_parent);
        let exit = [parent::SIGNAL.into(), parent::SIGNAL_EXIT, 0];
        assert_eq!(w.send(parent, proto::PARENT, &exit, &[]), None);
        w.server.finish_work();
        assert!(w.quota.used() < used);
        assert!(!w.log().contains("fault"));
    });
}

/// Random numbers, the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }

    /// A word that means something more often than chance would have it.
    fn word(&mut self) -> u64 {
        match self.below(7) {
            0 => self.below(16) as u64,
            1 => (self.below(1 << 10) as u64) << 12,
            2 => u64::MAX - self.below(0x2000) as u64,
            3 => 8 << 16 | 1,
            4 => 0x2_2006,
            5 => self.below(64) as u64,
            _ => 1 << self.below(64),
        }
    }
}

const KINDS: [i64; 6] = [
    proto::DATASPACE,
    proto::NAMESPACE,
    proto::RM,
    proto::LOG,
    proto::RE_DMA_SPACE,
    proto::FACTORY,
];

/// The gates of objects of programs other than the first.
fn gates(w: &World) -> Vec<(u64, bool)> {
    let of_others = |entry: &Entry| {
        entry.account.program.is_some_and(|id| id > 0) && !entry.account.has_ended()
    };
    let labels = w.server.objects.labels(of_others);
    let gate = |label: &Label| {
        let entry = w.server.objects.get(*label)?;
        let parent = matches!(entry.object, Object::Parent(_));
        (!parent).then(|| (label.raw() | 3, entry.transient))
    };
    labels.iter().filter_map(gate).collect()
}

/// One request, well-formed more often than not.
fn request(w: &mut World, random: &mut Random, gates: &[(u64, bool)]) {
    let any = |random: &mut Random| gates[random.below(gates.len())].0;
    let gate = any(random);
    let label = Label::of_message(gate).0;
    let kind = match &w.server.objects.get(label).unwrap().object {
        Object::Dataspace(_) => proto::DATASPACE,
        Object::Allocator(..) => proto::FACTORY,
        Object::RegionMap(_) => proto::RM,
        Object::Names(_) => proto::NAMESPACE,
        Object::Log(_) => proto::LOG,
        Object::DmaSpace(_) => proto::RE_DMA_SPACE,
        _ => proto::META,
    };
    let item = own(any(random) & !(random.below(4) as u64));
    let (words, items) = match (random.below(8), kind) {
        (0, _) => (
            (0..random.below(20)).map(|_| random.word()).collect(),
            vec![item],
        ),
        (_, proto::FACTORY) => {
            let size = (1 + random.below(64) as u64) << 12;
            let flags = if random.below(8) == 0 { 1 } else { 0 };
            let number = VargTag::new(varg::UMWORD, 8).0;
            let string = VargTag::new(varg::STRING, 8).0;
            let what = KINDS[random.below(KINDS.len())];
            let tag = if what == proto::LOG { string } else { number };
            (vec![what as u64, tag, size, number, flags], vec![])
        }
        (_, proto::RM) => {
            let flags = [0x2_0006, 0x2_2006, 0x2_1006, 0x2_0004][random.below(4)];
            let op = [0, 0, 0, 1, 2, 3, 4, 5, 6, 7][random.below(10)];
            let at = (0x100 + random.below(256) as u64) << 12;
            let size = (1 + random.below(40) as u64) << 12;
            let name = random.below(30) as u64 * 8;
            let mut words = vec![op, at, size, flags, 0, 12, 0, name];
            words.extend((0..name / 8).map(|_| random.word()));
            words.push(0);
            (words, vec![item])
        }
        (_, proto::NAMESPACE) => {
            let op = [0, 1, 1, 2][random.below(4)] | (random.below(32) as u64) << 32;
            (
                vec![op, 8, random.below(40) as u64 + 0x3031_3233_3435_3600],
                vec![item],
            )
        }
        (_, proto::LOG) => (vec![0, 16, random.word(), random.word()], vec![]),
        _ => {
            let op = random.below(8) as u64;
            let size = |random: &mut Random| (random.below(64) as u64) << 12;
            (
                vec![op, size(random), size(random), size(random)],
                vec![item],
            )
        }
    };
    let label = if random.below(30) == 0 {
        KINDS[random.below(6)]
    } else {
        kind
    };
    w.send(gate, label, &words, &items);
}

/// Programs send anything, their objects vanish, the kernel refuses, and they end at any time: what
/// is left then is what was there without them.
#[test]
fn programs_that_end_at_any_time_leave_nothing() {
    let (histories, requests) = if cfg!(miri) { (1, 60) } else { (12, 3000) };
    for history in 0..histories {
        with_world(|w| {
            let have = |w: &World| {
                let kernel = w.kernel.borrow();
                let objects = kernel.gates.len() + kernel.objects.len();
                [w.quota.used(), w.pool.available(), objects]
            };
            let none = have(w);
            let names = ["a", "b", "c", "d"].map(|name| std::format!("start program -n {name}\n"));
            w.start(&(names.concat() + "end first"));
            let four = have(w);
            let mut random = Random(history * 7919 + 1);
            let mut running: Vec<ProgramId> = vec![1, 2, 3];
            for _ in 0..requests {
                let gates = gates(w);
                match random.below(100) {
                    0..4 => w.server.work(&Budget::of(1 + random.below(5000) as u32)),
                    4 => w.kernel.borrow_mut().refuse = 1 + random.below(6) as u32,
                    5..9 => {
                        // The last client of an object goes, and the kernel tells.
                        let gone = gates[random.below(gates.len())];
                        let label = Label::of_message(gone.0).0;
                        let slot = w.server.objects.get(label).unwrap().gate.cap().0;
                        if gone.1 && w.kernel.borrow_mut().gates.remove(&slot).is_some() {
                            w.kernel.borrow_mut().objects.insert(slot, 0);
                            w.send(DELETION, proto::IRQ, &[], &[]);
                        }
                    }
                    9 if random.below(requests) < 60 && running.len() > 1 => {
                        let id = running.swap_remove(random.below(running.len()));
                        end(w, id);
                    }
                    _ => request(w, &mut random, &gates),
                }
            }
            w.kernel.borrow_mut().refuse = 0;
            for id in running {
                end(w, id);
            }
            w.server.finish_work();
            let left = have(w);
            for i in 0..3 {
                assert_eq!(
                    left[i].abs_diff(none[i]) * 4,
                    four[i].abs_diff(none[i]),
                    "{i}"
                );
            }
            assert!(w.server.jobs.is_idle());
            assert!(!w.log().contains("panicked"));
        });
    }
}

fn end(w: &mut World, id: ProgramId) {
    let parent = w.gate(|object| matches!(object, Object::Parent(parent) if *parent == id));
    let exit = [parent::SIGNAL.into(), parent::SIGNAL_EXIT, 7];
    assert_eq!(w.send(parent, proto::PARENT, &exit, &[]), None);
}

/// A request that means much work does not keep others waiting: it is answered later, and others
/// before it.
#[test]
fn others_are_served_while_a_large_request_is() {
    with_world(|w| {
        w.start(TWO);
        let allocator = w.gate(is_allocator);
        assert_eq!(w.create(allocator, proto::DATASPACE, &[2 << 20]), Some(0));
        let ds = w.passed();
        let words = [dataspace::ALLOCATE.into(), 0, 2 << 20];
        // It goes on later.
        assert_eq!(w.send(ds, proto::DATASPACE, &words, &[]), None);
        assert!(w.server.has_work());
        let info = [dataspace::INFO.into()];
        assert_eq!(w.send(ds, proto::DATASPACE, &info, &[]), Some(0));
        let mut steps = 0;
        while w.server.has_work() {
            w.server.work(&Budget::step());
            steps += 1;
        }
        assert!((2..20).contains(&steps), "{steps}");
        // All of it is there: nothing more to do.
        assert_eq!(w.send(ds, proto::DATASPACE, &words, &[]), Some(0));
        assert!(w.server.jobs.is_idle());
    });
}

/// What waits for memory that is being freed gets it.
#[test]
fn memory_that_is_being_freed_is_waited_for() {
    with_world(|w| {
        w.start("start program -n one -m 3M\nstart program -n two");
        let allocator = w.gate(is_allocator);
        assert_eq!(w.create(allocator, proto::DATASPACE, &[2 << 20]), Some(0));
        let first = w.passed();
        for page in 0..512 {
            let words = [dataspace::ALLOCATE.into(), page << 12, 1];
            assert_eq!(w.send(first, proto::DATASPACE, &words, &[]), Some(0));
        }
        assert_eq!(w.create(allocator, proto::DATASPACE, &[2 << 20]), Some(0));
        let second = w.passed();
        // The first one vanishes: nobody has looked yet.
        let slot = w
            .server
            .objects
            .get(Label::of_message(first).0)
            .unwrap()
            .gate
            .cap()
            .0;
        w.kernel.borrow_mut().gates.remove(&slot);
        w.kernel.borrow_mut().objects.insert(slot, 0);
        w.server.start_sweep();
        let words = [dataspace::ALLOCATE.into(), 0, 2 << 20];
        assert_eq!(w.send(second, proto::DATASPACE, &words, &[]), None);
        w.server.finish_work();
        assert_eq!(w.send(second, proto::DATASPACE, &words, &[]), Some(0));
    });
}

#[test]
fn a_program_cannot_take_all_slots_for_later_answers() {
    with_world(|w| {
        w.start(TWO);
        let allocator = w.gate(is_allocator);
        assert_eq!(w.create(allocator, proto::DATASPACE, &[2 << 20]), Some(0));
        let ds = w.passed();
        let words = [dataspace::ALLOCATE.into(), 0, 2 << 20];
        w.send(ds, proto::DATASPACE, &words, &[]);
        w.server.finish_work();
        let words = [dataspace::COPY_IN.into(), 1 << 20, 0, 1 << 20];
        let mut later = 0;
        loop {
            match w.send(ds, proto::DATASPACE, &words, &[own(ds)]) {
                None => later += 1,
                answer => {
                    assert_eq!(answer, Some(-l4re_sys::err::ENOMEM));
                    break;
                }
            }
        }
        assert!((1..100).contains(&later), "{later}");
        w.server.finish_work();
        assert!(w.server.jobs.is_idle());
        assert_eq!(w.send(ds, proto::DATASPACE, &words, &[own(ds)]), None);
        w.server.finish_work();
    });
}

/// Regions with long names, logs and names, until a program cannot pay for more: that is all
/// that happens, and only to it.
#[test]
fn who_fills_its_quota_is_refused_and_nobody_else() {
    with_world(|w| {
        w.start("start program -n one -m 400K\nstart program -n two");
        let allocators = w.server.objects.labels(|entry| is_allocator(&entry.object));
        let maps = w.server.objects.labels(|entry| is_rm(&entry.object));
        let attach = |n: u64| {
            let mut words = vec![rm::ATTACH.into(), 0x4000_0000_0000 + n * 4096, 4096];
            words.extend([0x2_2004, 0, 12, 0, 47 * 8]);
            words.extend([u64::from_le_bytes([b'x'; 8]); 47]);
            words.push(0);
            words
        };
        let mut n = 0;
        let refused = loop {
            let answer = w.send(maps[0].raw() | 3, proto::RM, &attach(n), &[]);
            if answer != Some(0) {
                break answer;
            }
            n += 1;
        };
        assert_eq!(refused, Some(-l4re_sys::err::ENOMEM));
        assert!(n > 200, "{n}");
        // Nothing more, of whatever kind.
        for kind in KINDS {
            let words = match kind {
                proto::LOG => vec![kind as u64, VargTag::new(varg::STRING, 8).0, 0x41],
                _ => vec![kind as u64, VargTag::new(varg::UMWORD, 8).0, 4096],
            };
            for _ in 0..200 {
                w.send(allocators[0].raw() | 3, proto::FACTORY, &words, &[]);
            }
            let answer = w.send(allocators[0].raw() | 3, proto::FACTORY, &words, &[]);
            assert_eq!(answer, Some(-l4re_sys::err::ENOMEM));
            let answer = w.send(allocators[1].raw() | 3, proto::FACTORY, &words, &[]);
            assert_eq!(answer, Some(0));
        }
        assert_eq!(
            w.send(maps[1].raw() | 3, proto::RM, &attach(0), &[]),
            Some(0)
        );
    });
}
