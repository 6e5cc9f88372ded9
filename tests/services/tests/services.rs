//! The services that every program has: memory, region map, names, log, scheduler.

#![no_std]
#![no_main]

use l4re::sys::re::rm::{self, RmFlags};
use l4re::sys::re::{dataspace, mem_alloc, namespace};
use l4re::sys::varg::{self, VargTag};
use l4re::sys::{CapIdx, Fpage, MapItem, MemRights, ObjRights, RcvItem, err, op, proto};
use l4re::{CapSlot, Env};
use test_services::{Tap, call, check, label, send, word};

type Outcome = Result<(), i64>;

const PAGE: u64 = 4096;
const NUMBER: u64 = VargTag::new(varg::UMWORD, 8).0;

/// The capabilities under test.
struct Services {
    rm: CapIdx,
    mem: CapIdx,
    rom: CapIdx,
    scheduler: CapIdx,
    log: CapIdx,
    thread: CapIdx,
}

#[l4re::main]
fn main(env: &Env) -> i32 {
    let raw = env.raw();
    let rom = env
        .named::<()>("rom")
        .map_or(CapIdx::INVALID, |cap| cap.idx());
    let s = Services {
        rm: raw.rm,
        mem: raw.mem_alloc,
        rom,
        scheduler: raw.scheduler,
        log: raw.log,
        thread: raw.main_thread,
    };
    let mut tap = Tap::default();
    tap.case(
        "memory is zeroed and keeps what is written",
        s.memory_is_memory(),
    );
    tap.case("a dataspace tells its size and rights", s.dataspace_info());
    tap.case(
        "offsets and rights beyond a dataspace are refused",
        s.dataspace_limits(),
    );
    tap.case("copies are copies", s.copies());
    tap.case("clearing clears", s.clearing());
    tap.case("memory given up is there again", s.memory_comes_back());
    tap.case("a quota holds", s.quota_holds());
    tap.case("regions are found, split and detached", s.regions());
    tap.case("areas keep their addresses", s.areas());
    tap.case(
        "wrong requests to the region map are refused",
        s.region_errors(),
    );
    tap.case("boot files are found by name", s.boot_files());
    tap.case("names are registered, found and unlinked", s.names());
    tap.case(
        "the scheduler knows processors and runs threads",
        s.scheduling(),
    );
    tap.case("objects tell their protocols", s.meta());
    tap.case("a log takes lines from others", s.logs());
    tap.end()
}

fn slot() -> Result<CapSlot, i64> {
    CapSlot::alloc().map_err(|_| -1)
}

fn rw(cap: CapIdx) -> Option<MapItem> {
    Some(MapItem::cap(cap, ObjRights::RW))
}

/// A capability that is given up at the end of a case.
struct Owned(l4re::OwnedCap<()>);

impl Owned {
    fn idx(&self) -> CapIdx {
        self.0.cap().idx()
    }
}

impl Services {
    fn create(&self, kind: i64, args: &[u64]) -> Result<Owned, i64> {
        self.create_by(self.mem, kind, args)
    }

    fn create_by(&self, factory: CapIdx, kind: i64, args: &[u64]) -> Result<Owned, i64> {
        let slot = slot()?;
        let mut words = [0; 16];
        words[0] = kind as u64;
        let mut len = 1;
        for &arg in args {
            words[len..len + 2].copy_from_slice(&[NUMBER, arg]);
            len += 2;
        }
        let reply = call(
            factory,
            proto::FACTORY,
            &words[..len],
            None,
            Some(slot.idx()),
        );
        match label(reply) {
            0 if reply.items() == 1 => Ok(Owned(slot.filled())),
            0 => Err(-2),
            error => Err(error),
        }
    }

    fn memory(&self, size: u64) -> Result<Owned, i64> {
        self.create(proto::DATASPACE, &[size])
    }

    fn attach(&self, ds: CapIdx, start: u64, size: u64, flags: RmFlags) -> Result<u64, i64> {
        let words = [
            rm::ATTACH.into(),
            start,
            size,
            flags.bits().into(),
            0,
            12,
            ds.0,
            1,
            0,
            0,
        ];
        let rights = if flags.contains(RmFlags::W) {
            ObjRights::RW
        } else {
            ObjRights::R
        };
        let item = ds.is_valid().then(|| MapItem::cap(ds, rights));
        match label(call(self.rm, proto::RM, &words, item, None)) {
            0 => Ok(word(0)),
            error => Err(error),
        }
    }

    fn detach(&self, start: u64, size: u64, flags: u32) -> Result<(i64, u64, u64), i64> {
        let words = [rm::DETACH.into(), start, size, flags.into()];
        let label = label(call(self.rm, proto::RM, &words, None, None));
        if label < 0 {
            return Err(label);
        }
        let found = (label, word(0), word(1));
        // The region map forgets; who had the memory mapped takes it out.
        let mut at = found.1;
        while at < found.1 + found.2 {
            let page = Fpage::page(at, MemRights::RWX);
            let words = [op::task::UNMAP, sys_all(), page.raw()];
            call(CapIdx::TASK, proto::TASK, &words, None, None);
            at += PAGE;
        }
        Ok(found)
    }

    fn memory_is_memory(&self) -> Outcome {
        let ds = self.memory(64 * PAGE)?;
        let at = self.attach(ds.idx(), 0, 64 * PAGE, RmFlags::RW | RmFlags::SEARCH_ADDR)?;
        for i in 0..64 {
            let p = (at + i * PAGE + 8 * i) as *mut u64;
            // SAFETY: attached above, and nothing else is there.
            let (before, after) = unsafe {
                let before = p.read_volatile();
                p.write_volatile(i);
                (before, p.read_volatile())
            };
            check!(before == 0 && after == i);
        }
        self.detach(at, 64 * PAGE, rm::DETACH_OVERLAP)?;
        Ok(())
    }

    fn dataspace_info(&self) -> Outcome {
        let ds = self.memory(10_000)?;
        let reply = call(
            ds.idx(),
            proto::DATASPACE,
            &[dataspace::INFO.into()],
            None,
            None,
        );
        check!(label(reply) == 0);
        check!(word(0) == 10_000);
        check!(word(1) & 7 == 7);
        Ok(())
    }

    fn dataspace_limits(&self) -> Outcome {
        check!(self.create(proto::DATASPACE, &[]).is_err());
        check!(self.create(proto::DATASPACE, &[u64::MAX]).is_err());
        let ds = self.memory(2 * PAGE)?;
        let ask = |op: u32, a: u64, b: u64, c: u64| {
            label(call(
                ds.idx(),
                proto::DATASPACE,
                &[op.into(), a, b, c],
                None,
                None,
            ))
        };
        check!(ask(dataspace::MAP, 2 * PAGE, 0, 4) == -err::ERANGE);
        check!(ask(dataspace::MAP, u64::MAX, 0, 4) == -err::ERANGE);
        check!(ask(dataspace::CLEAR, 2 * PAGE, 1, 0) == -err::ERANGE);
        check!(ask(dataspace::ALLOCATE, 0, 2 * PAGE + 1, 0) == -err::ERANGE);
        check!(ask(dataspace::ALLOCATE, PAGE, u64::MAX, 0) == -err::ERANGE);
        check!(ask(99, 0, 0, 0) == -err::ENOSYS);
        let short = call(
            ds.idx(),
            proto::DATASPACE,
            &[dataspace::MAP.into()],
            None,
            None,
        );
        check!(label(short) == -err::EMSGTOOSHORT);
        check!(label(call(ds.idx(), 0x1234, &[0], None, None)) == -err::EBADPROTO);
        Ok(())
    }

    fn copies(&self) -> Outcome {
        let (a, b) = (self.memory(4 * PAGE)?, self.memory(4 * PAGE)?);
        let flags = RmFlags::RW | RmFlags::SEARCH_ADDR;
        let at = self.attach(a.idx(), 0, 4 * PAGE, flags)? as *mut u8;
        let to = self.attach(b.idx(), 0, 4 * PAGE, flags)? as *mut u8;
        for i in 0..3 * PAGE as usize {
            // SAFETY: within the region attached above.
            unsafe { at.add(i).write_volatile(i as u8 ^ (i >> 8) as u8) };
        }
        let words = [dataspace::COPY_IN.into(), 100, 50, 2 * PAGE];
        let item = Some(MapItem::cap(a.idx(), ObjRights::R));
        check!(label(call(b.idx(), proto::DATASPACE, &words, item, None)) == 0);
        // SAFETY: the byte lies in the region that is attached there, which nobody else uses.
        unsafe { at.add(50).write_volatile(0xaa) };
        for i in [0, 1, 4000, 2 * PAGE as usize - 1] {
            let byte = (50 + i) as u8 ^ ((50 + i) >> 8) as u8;
            // SAFETY: the byte lies in the region that is attached there, which nobody else uses.
            check!(unsafe { to.add(100 + i).read_volatile() } == byte);
        }
        // SAFETY: the byte lies in the region that is attached there, which nobody else uses.
        check!(unsafe { to.add(99).read_volatile() } == 0);
        let own = [dataspace::COPY_IN.into(), 0, 0, PAGE];
        check!(label(call(b.idx(), proto::DATASPACE, &own, rw(self.mem), None)) == -err::EINVAL);
        self.detach(at as u64, 4 * PAGE, rm::DETACH_OVERLAP)?;
        self.detach(to as u64, 4 * PAGE, rm::DETACH_OVERLAP)?;
        Ok(())
    }

    fn clearing(&self) -> Outcome {
        let ds = self.memory(4 * PAGE)?;
        let at = self.attach(ds.idx(), 0, 4 * PAGE, RmFlags::RW | RmFlags::SEARCH_ADDR)?;
        let bytes = at as *mut u8;
        for i in 0..4 * PAGE as usize {
            // SAFETY: attached above.
            unsafe { bytes.add(i).write_volatile(7) };
        }
        let words = [dataspace::CLEAR.into(), 10, 2 * PAGE];
        check!(label(call(ds.idx(), proto::DATASPACE, &words, None, None)) == 0);
        for (i, expected) in [(9, 7), (10, 0), (2 * PAGE + 9, 0), (2 * PAGE + 10, 7)] {
            // SAFETY: attached above.
            check!(unsafe { bytes.add(i as usize).read_volatile() } == expected);
        }
        self.detach(at, 4 * PAGE, rm::DETACH_OVERLAP)?;
        Ok(())
    }

    /// Memory in turns, of which all together would not fit.
    fn memory_comes_back(&self) -> Outcome {
        let part = self.create(proto::FACTORY, &[3 << 20])?;
        for _ in 0..20 {
            let ds = self.create_by(part.idx(), proto::DATASPACE, &[1 << 20])?;
            let words = [dataspace::ALLOCATE.into(), 0, 1 << 20];
            check!(label(call(ds.idx(), proto::DATASPACE, &words, None, None)) == 0);
        }
        Ok(())
    }

    fn quota_holds(&self) -> Outcome {
        check!(self.create(proto::FACTORY, &[]).is_err());
        check!(self.create(proto::FACTORY, &[0]).is_err());
        let part = self.create(proto::FACTORY, &[1 << 20])?;
        let reply = call(
            part.idx(),
            proto::MEM_ALLOC,
            &[mem_alloc::INFO.into()],
            None,
            None,
        );
        check!(label(reply) == 0);
        check!(word(0) == 1 << 20 && word(4) <= 1 << 20);
        let ds = self.create_by(part.idx(), proto::DATASPACE, &[2 << 20])?;
        let words = [dataspace::ALLOCATE.into(), 0, 2 << 20];
        check!(label(call(ds.idx(), proto::DATASPACE, &words, None, None)) == -err::ENOMEM);
        let args = [2 << 20, mem_alloc::CONTINUOUS];
        check!(self.create_by(part.idx(), proto::DATASPACE, &args).err() == Some(-err::ENOMEM));
        Ok(())
    }

    fn regions(&self) -> Outcome {
        let ds = self.memory(10 * PAGE)?;
        let at = self.attach(ds.idx(), 0, 10 * PAGE, RmFlags::RW | RmFlags::SEARCH_ADDR)?;
        check!(at % PAGE == 0 && at != 0);
        let last = (at + 9 * PAGE) as *mut u64;
        // SAFETY: attached above.
        unsafe { last.write_volatile(42) };
        // Nothing goes where something is.
        let taken = self.attach(ds.idx(), at + PAGE, PAGE, RmFlags::RW);
        check!(taken == Err(-err::EADDRNOTAVAIL));
        check!(self.detach(at + 4 * PAGE, 2 * PAGE, rm::DETACH_EXACT)?.0 & 3 == rm::SPLIT_DS);
        // SAFETY: the rest of the region is still there.
        check!(unsafe { last.read_volatile() } == 42);
        let again = self.attach(ds.idx(), at + 4 * PAGE, PAGE, RmFlags::RW)?;
        check!(again == at + 4 * PAGE);
        let (kind, start, size) = self.detach(at, 10 * PAGE, rm::DETACH_OVERLAP)?;
        check!(kind & rm::DETACH_AGAIN != 0 && size > 0 && start >= at);
        let mut rounds = 0;
        while self.detach(at, 10 * PAGE, rm::DETACH_OVERLAP)?.0 & rm::DETACH_AGAIN != 0 {
            rounds += 1;
            check!(rounds < 4);
        }
        check!(self.detach(at, 10 * PAGE, rm::DETACH_OVERLAP) == Err(-err::ENOENT));
        Ok(())
    }

    fn areas(&self) -> Outcome {
        let size = 16 * PAGE;
        let flags = RmFlags::SEARCH_ADDR.bits();
        let words = [
            rm::RESERVE_AREA.into(),
            0,
            size,
            u64::from(flags) | 16 << 32,
        ];
        check!(label(call(self.rm, proto::RM, &words, None, None)) == 0);
        let area = word(0);
        check!(area % (1 << 16) == 0);
        let ds = self.memory(PAGE)?;
        check!(self.attach(ds.idx(), area, PAGE, RmFlags::RW) == Err(-err::EADDRNOTAVAIL));
        let inside = RmFlags::RW | RmFlags::SEARCH_ADDR | RmFlags::IN_AREA;
        let at = self.attach(ds.idx(), area, PAGE, inside)?;
        check!((area..area + size).contains(&at));
        check!(self.attach(ds.idx(), area, 2 * size, inside) == Err(-err::EADDRNOTAVAIL));
        self.detach(at, PAGE, rm::DETACH_OVERLAP)?;
        let free = |address| {
            label(call(
                self.rm,
                proto::RM,
                &[rm::FREE_AREA.into(), address],
                None,
                None,
            ))
        };
        check!(free(area + PAGE) == 0);
        check!(free(area + PAGE) == -err::ENOENT);
        Ok(())
    }

    fn region_errors(&self) -> Outcome {
        let ds = self.memory(PAGE)?;
        let attach = |start, size, flags| self.attach(ds.idx(), start, size, flags).err();
        let search = RmFlags::RW | RmFlags::SEARCH_ADDR;
        check!(attach(0, 0, search) == Some(-err::EINVAL));
        check!(attach(0, PAGE, RmFlags::from_bits_retain(1 << 30)) == Some(-err::EINVAL));
        check!(attach(u64::MAX - PAGE, 8 * PAGE, RmFlags::RW).is_some());
        check!(attach(1 << 60, PAGE, RmFlags::RW).is_some());
        check!(attach(0, 1 << 60, search).is_some());
        check!(self.detach(0, 0, rm::DETACH_EXACT).is_err());
        check!(label(call(self.rm, proto::RM, &[77], None, None)) == -err::ENOSYS);
        Ok(())
    }

    fn query(&self, names: CapIdx, path: &[u8], to: CapIdx) -> i64 {
        let mut words = [0; 10];
        words[0] = namespace::QUERY.into();
        words[1] = path.len() as u64;
        for (i, byte) in path.iter().enumerate() {
            words[2 + i / 8] |= u64::from(*byte) << (i % 8 * 8);
        }
        let len = 2 + path.len().div_ceil(8);
        label(call(names, proto::NAMESPACE, &words[..len], None, Some(to)))
    }

    fn boot_files(&self) -> Outcome {
        let slot = slot()?;
        check!(self.query(self.rom, b"no such file", slot.idx()) == -err::ENOENT);
        check!(self.query(self.rom, b"services", slot.idx()) == 0);
        let file = Owned(slot.filled());
        let reply = call(
            file.idx(),
            proto::DATASPACE,
            &[dataspace::INFO.into()],
            None,
            None,
        );
        check!(label(reply) == 0);
        let (size, flags) = (word(0), word(1));
        check!(size > PAGE && flags & 2 == 0);
        let flags = RmFlags::R | RmFlags::SEARCH_ADDR;
        let at = self.attach(file.idx(), 0, PAGE, flags)?;
        // SAFETY: attached above.
        check!(unsafe { (at as *const [u8; 4]).read_volatile() } == *b"\x7fELF");
        self.detach(at, PAGE, rm::DETACH_OVERLAP)?;
        let write = [dataspace::MAP.into(), 0, 0, 6];
        check!(label(call(file.idx(), proto::DATASPACE, &write, None, None)) == -err::EPERM);
        let clear = [dataspace::CLEAR.into(), 0, 1];
        check!(label(call(file.idx(), proto::DATASPACE, &clear, None, None)) == -err::EACCESS);
        // A copy of it can be written, the file stays as it is.
        let copy = self.memory(2 * PAGE)?;
        let words = [dataspace::COPY_IN.into(), 0, 0, PAGE];
        let item = Some(MapItem::cap(file.idx(), ObjRights::R));
        check!(label(call(copy.idx(), proto::DATASPACE, &words, item, None)) == 0);
        let rw = RmFlags::RW | RmFlags::SEARCH_ADDR;
        let at = self.attach(copy.idx(), 0, 2 * PAGE, rw)? as *mut u8;
        let file_at = self.attach(file.idx(), 0, PAGE, flags)? as *const u8;
        // SAFETY: attached above.
        unsafe {
            check!(at.add(1).read_volatile() == b'E');
            at.add(1).write_volatile(b'X');
            check!(at.add(1).read_volatile() == b'X');
            check!(file_at.add(1).read_volatile() == b'E');
        }
        self.detach(at as u64, 2 * PAGE, rm::DETACH_OVERLAP)?;
        self.detach(file_at as u64, PAGE, rm::DETACH_OVERLAP)?;
        Ok(())
    }

    fn names(&self) -> Outcome {
        let space = self.create(proto::NAMESPACE, &[])?;
        let ds = self.memory(PAGE)?;
        let register = |name: u64, len: u64, flags: u64, item: Option<MapItem>| {
            let words = [u64::from(namespace::REGISTER_OBJ) | flags << 32, len, name];
            label(call(space.idx(), proto::NAMESPACE, &words, item, None))
        };
        let name = |text: &[u8; 8]| u64::from_le_bytes(*text);
        check!(register(name(b"ds......"), 2, 1, rw(ds.idx())) == 0);
        check!(register(name(b"ds......"), 2, 1, rw(ds.idx())) == -err::EEXIST);
        check!(register(name(b"a/b....."), 3, 1, rw(ds.idx())) == -err::EINVAL);
        check!(register(0, 0, 1, rw(ds.idx())) == -err::EINVAL);
        check!(register(name(b"longer.."), 100, 1, rw(ds.idx())) == -err::EMSGTOOSHORT);
        check!(register(name(b"later..."), 5, 1, None) == 0);
        // Somebody else's capability.
        check!(register(name(b"thread.."), 6, 1, rw(self.thread)) == 0);
        let to = slot()?;
        check!(self.query(space.idx(), b"later", to.idx()) == -err::EAGAIN);
        check!(self.query(space.idx(), b"thread", to.idx()) == 0);
        let thread = Owned(to.filled());
        check!(
            label(call(
                thread.idx(),
                proto::THREAD,
                &[op::thread::STATS],
                None,
                None
            )) == 0
        );
        let to = slot()?;
        check!(self.query(space.idx(), b"ds/rest", to.idx()) == namespace::PARTLY_RESOLVED);
        check!(word(1) == 4 && word(2) as u32 == u32::from_le_bytes(*b"rest"));
        let found = Owned(to.filled());
        let reply = call(
            found.idx(),
            proto::DATASPACE,
            &[dataspace::INFO.into()],
            None,
            None,
        );
        check!(label(reply) == 0 && word(0) == PAGE);
        let unlink = [namespace::UNLINK.into(), 2, name(b"ds......")];
        check!(label(call(space.idx(), proto::NAMESPACE, &unlink, None, None)) == 0);
        check!(label(call(space.idx(), proto::NAMESPACE, &unlink, None, None)) == -err::ENOENT);
        // The boot files are not ours to change.
        let words = [
            u64::from(namespace::REGISTER_OBJ) | 1 << 32,
            1,
            u64::from(b'x'),
        ];
        let denied = label(call(self.rom, proto::NAMESPACE, &words, rw(ds.idx()), None));
        check!(denied == -err::EPERM);
        Ok(())
    }

    fn scheduling(&self) -> Outcome {
        let words = [op::scheduler::INFO, 0];
        check!(label(call(self.scheduler, proto::SCHEDULER, &words, None, None)) == 0);
        check!(word(0) & 1 == 1 && word(1) >= 1);
        let item = Some(MapItem::cap(self.thread, ObjRights::RWS));
        let run = [op::scheduler::RUN_THREAD, 0, 1, 2, 0];
        check!(label(call(self.scheduler, proto::SCHEDULER, &run, item, None)) == 0);
        check!(
            label(call(
                self.scheduler,
                proto::SCHEDULER,
                &run,
                rw(self.mem),
                None
            )) < 0
        );
        Ok(())
    }

    fn meta(&self) -> Outcome {
        let supports = |cap: CapIdx, protocol: i64| {
            let words = [op::meta::SUPPORTS.into(), protocol as u64];
            label(call(cap, proto::META, &words, None, None))
        };
        check!(supports(self.mem, proto::MEM_ALLOC) == 1);
        check!(supports(self.mem, proto::FACTORY) == 1);
        check!(supports(self.mem, proto::RM) == 0);
        check!(supports(self.rm, proto::RM) == 1);
        check!(supports(self.rom, proto::NAMESPACE) == 1);
        check!(supports(self.log, proto::LOG) == 1);
        let count = call(
            self.mem,
            proto::META,
            &[op::meta::NUM_INTERFACES.into()],
            None,
            None,
        );
        check!(label(count) >= 2);
        let beyond = [op::meta::INTERFACE.into(), 1000];
        check!(label(call(self.mem, proto::META, &beyond, None, None)) == -err::ERANGE);
        check!(label(call(self.mem, proto::META, &[99], None, None)) == -err::ENOSYS);
        Ok(())
    }

    fn logs(&self) -> Outcome {
        let slot = slot()?;
        let text = VargTag::new(varg::STRING, 5).0;
        let words = [proto::LOG as u64, text, u64::from_le_bytes(*b"other\0\0\0")];
        let reply = call(self.mem, proto::FACTORY, &words, None, Some(slot.idx()));
        check!(label(reply) == 0);
        let log = Owned(slot.filled());
        let regs = l4re::sys::utcb();
        for (i, word) in [op::vcon::WRITE, 8, u64::from_le_bytes(*b"a line\n\0")]
            .into_iter()
            .enumerate()
        {
            regs.set_mr(i, word);
        }
        regs.set_br(0, RcvItem::VOID.0);
        use l4re::sys::{MsgTag, Sysf, TagFlags, Timeout};
        let tag = MsgTag::new(proto::LOG, 3, 0, TagFlags::SCHEDULE);
        // SAFETY: nothing is received.
        let (tag, _) = unsafe { l4re::sys::ipc(log.idx(), Sysf::SEND, 0, tag, Timeout::NEVER) };
        check!(!tag.has_error());
        // What is no operation of a log is refused.
        regs.set_mr(0, 0x77);
        let tag = MsgTag::new(proto::LOG, 2, 0, TagFlags::empty());
        check!(label(send(log.idx(), tag)) == -err::ENOSYS);
        Ok(())
    }
}

fn sys_all() -> u64 {
    l4re::sys::unmap::UnmapFlags::ALL_SPACES.bits()
}
