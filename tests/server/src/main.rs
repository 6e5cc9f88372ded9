//! What a registry makes of its clients, the hostile ones too: the same on L4Re's own system and
//! on the embedded one. The server is a thread of the program, its clients are others.

#![no_std]
#![no_main]

extern crate alloc;

mod common;

use alloc::vec::Vec;
use common::{Outcome, ok, timeout_ms};
use core::cell::{Cell, RefCell};
use core::time::Duration;
use l4re::interface::Memory;
use l4re::ipc_gate::IpcGate;
use l4re::region::{LOST, Window};
use l4re::server::{Deferred, Registry};
use l4re::sys::consts::{PAGE_SHIFT, PAGE_SIZE};
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::utcb::MSG_REGS;
use l4re::sys::{Fpage, MapItem, MemRights, MsgTag, ObjRights, Sysf, TagFlags, err};
use l4re::task::Task;
use l4re::thread::{self, JoinHandle};
use l4re::{Cap, Env, OwnedCap, Result, start, time};
use test_services::{Random, Tap, check};

/// How many messages by chance.
const MESSAGES: u32 = 50_000;
/// The operation `Service::sum`.
const SUM: u64 = 10;
/// How many sessions are opened, one after the other: more than there is memory for at once.
const SESSIONS: u32 = 2_000;

#[l4re::interface(protocol = 0x70)]
trait Service {
    fn double(&self, n: u32) -> Result<u32>;
    fn text(&self, text: &str, more: Option<&[u64]>) -> Result<u64>;
    fn keep(&self, cap: Cap<IpcGate>) -> Result<bool>;
    fn open(&self) -> Result<OwnedCap<dyn Session>>;
    fn live(&self) -> Result<u32>;
    fn never(&self) -> Result<u32>;
    fn answer_all(&self) -> Result<u32>;
    #[send_only]
    fn tell(&self, n: u32) -> Result<()>;
    fn told(&self) -> Result<u32>;
    fn end(&self) -> Result<()>;
    /// The sum of the first bytes, twice, and a time to take them away between.
    fn sum(&self, bytes: Memory<'_>, len: u32) -> Result<(u64, u64)>;
    fn write(&self, bytes: Memory<'_>, byte: u8) -> Result<()>;
    /// The sum of as many new pages of the server's own, each of which it writes to.
    fn use_memory(&self, pages: u32) -> Result<u64>;
}

#[l4re::interface(protocol = 0x71)]
trait Session {
    fn hello(&self) -> Result<u32>;
}

struct Server {
    registry: Registry,
    live: alloc::rc::Rc<Cell<u32>>,
    told: Cell<u32>,
    deferred: RefCell<Vec<Deferred<u32>>>,
}

struct Client(alloc::rc::Rc<Cell<u32>>);

impl Session for Client {
    fn hello(&self) -> Result<u32> {
        Ok(self.0.get())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Service for Server {
    fn double(&self, n: u32) -> Result<u32> {
        Ok(n.wrapping_mul(2))
    }
    fn text(&self, text: &str, more: Option<&[u64]>) -> Result<u64> {
        // The arguments survive what the method asks of others.
        time::sleep(Duration::from_micros(1));
        let sum = more
            .unwrap_or(&[])
            .iter()
            .fold(0u64, |a, b| a.wrapping_add(*b));
        Ok(sum.wrapping_add(text.chars().map(u64::from).sum()))
    }
    fn keep(&self, cap: Cap<IpcGate>) -> Result<bool> {
        let task = Cap::<l4re::task::Task>::THIS;
        let own = cap.take()?;
        Ok(task.cap_valid(own.idx())? && !task.cap_valid(cap.idx())?)
    }
    fn open(&self) -> Result<OwnedCap<dyn Session>> {
        self.live.set(self.live.get() + 1);
        self.registry.session(Client(self.live.clone()))
    }
    fn live(&self) -> Result<u32> {
        Ok(self.live.get())
    }
    fn never(&self) -> Result<u32> {
        let mut deferred = self.deferred.borrow_mut();
        if deferred.len() < 8 {
            deferred.push(self.registry.defer()?);
        }
        Ok(77)
    }
    fn answer_all(&self) -> Result<u32> {
        let all = self.deferred.take();
        let count = all.len() as u32;
        // Those that do not wait any more are an error, and no more than that.
        let gone = all.into_iter().filter_map(|d| d.send(Ok(5)).err()).count();
        Ok(count << 16 | gone as u32)
    }
    fn tell(&self, n: u32) -> Result<()> {
        self.told.set(self.told.get().wrapping_add(n));
        Ok(())
    }
    fn told(&self) -> Result<u32> {
        Ok(self.told.get())
    }
    fn sum(&self, bytes: Memory<'_>, len: u32) -> Result<(u64, u64)> {
        let sum = || {
            let mut buffer = alloc::vec![0; len as usize];
            bytes.read(0, &mut buffer)?;
            Ok(buffer.into_iter().map(u64::from).sum())
        };
        let first = sum()?;
        time::sleep(Duration::from_millis(30));
        Ok((first, sum()?))
    }
    fn write(&self, bytes: Memory<'_>, byte: u8) -> Result<()> {
        bytes.write(PAGE_SIZE - 1, &[byte])
    }
    fn use_memory(&self, pages: u32) -> Result<u64> {
        let mut memory = alloc::vec![1u8; pages as usize * PAGE_SIZE];
        memory[0] = 2;
        Ok(memory
            .iter()
            .step_by(PAGE_SIZE)
            .map(|b| u64::from(*b))
            .sum())
    }
    fn end(&self) -> Result<()> {
        self.registry.stop();
        Ok(())
    }
}

/// Starts the server's thread.
fn serve() -> Result<(OwnedCap<dyn Service>, JoinHandle)> {
    let gate: OwnedCap<dyn Service> = start::env().factory().create_gate()?.cast();
    let cap = gate.cap();
    let thread = thread::spawn(move || {
        let run = || -> Result<()> {
            let registry = Registry::new()?;
            registry.allow_deferring()?;
            let server = Server {
                registry: registry.clone(),
                live: alloc::rc::Rc::default(),
                told: Cell::default(),
                deferred: RefCell::default(),
            };
            registry.serve(cap, server)?;
            registry.run()
        };
        run().expect("the server ends well");
    })?;
    Ok((gate, thread))
}

fn works(service: Cap<dyn Service>) -> Outcome {
    check!(ok(service.double(21))? == 42);
    check!(ok(service.text("ab", Some(&[1, 2])))? == 3 + 97 + 98);
    check!(ok(service.text("", None))? == 0);
    Ok(())
}

fn by_chance(service: Cap<dyn Service>) -> Outcome {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let utcb = l4re::sys::utcb();
    for _ in 0..MESSAGES {
        let words = random.next() as usize % (MSG_REGS + 1);
        for i in 0..MSG_REGS {
            let word = random.next();
            let small = !word.is_multiple_of(4);
            utcb.set_mr(i, if small { word % 300 } else { word });
        }
        // Not the operations that wait or end.
        let op = match random.next() % 12 {
            5 | 7 | 9 => 64,
            op => op,
        };
        utcb.set_mr(0, op | random.next() << 32);
        let protocol = match random.next() % 8 {
            0 => random.next() as i64 >> 48,
            1 => l4re::sys::proto::META,
            _ => 0x70,
        };
        let kernels = [l4re::sys::proto::KOBJECT];
        let tag = MsgTag::new(protocol, words, 0, TagFlags::empty());
        if kernels.contains(&protocol) {
            continue;
        }
        utcb.set_bdr(l4re::sys::BufferDesc::default());
        utcb.set_br(0, 0);
        // SAFETY: nothing is received but words.
        let (reply, _) =
            unsafe { l4re::sys::ipc(service.idx(), Sysf::CALL, 0, tag, timeout_ms(2000)) };
        // A session is offered, and there is no place for it: that is an error of the reply.
        check!(!reply.has_error() || (op == 3 && words > 0));
    }
    works(service)
}

/// An item that nobody wants is the sender's error; one too many as well.
fn items(service: Cap<dyn Service>) -> Outcome {
    let gate = ok(start::env().factory().create_gate())?;
    for _ in 0..100 {
        check!(ok(service.keep(gate.cap()))?);
    }
    for count in 2..20 {
        let utcb = l4re::sys::utcb();
        utcb.set_mr(0, 2);
        let item = MapItem::cap(gate.idx(), ObjRights::RWS);
        for i in 0..count {
            utcb.set_mr(1 + 2 * i, item.control);
            utcb.set_mr(2 + 2 * i, item.fpage.raw());
        }
        let tag = MsgTag::new(0x70, 1, count, TagFlags::empty());
        // SAFETY: nothing is received but words.
        let (reply, _) =
            unsafe { l4re::sys::ipc(service.idx(), Sysf::CALL, 0, tag, timeout_ms(2000)) };
        check!(reply.has_error());
        // Nothing of what came before the item in excess is left for the next.
        let utcb = l4re::sys::utcb();
        utcb.set_mr(0, 2);
        utcb.set_mr(1, 0);
        utcb.set_mr(2, 0);
        let tag = MsgTag::new(0x70, 1, 1, TagFlags::empty());
        // SAFETY: nothing is received but words, and no reference into the UTCB is held.
        let (reply, _) =
            unsafe { l4re::sys::ipc(service.idx(), Sysf::CALL, 0, tag, timeout_ms(2000)) };
        check!(reply.label() == -l4re::sys::err::EMSGMISSARG);
    }
    works(service)
}

fn sessions(service: Cap<dyn Service>) -> Outcome {
    for _ in 0..SESSIONS {
        let session = ok(service.open())?;
        check!(ok(session.hello())? >= 1);
    }
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(ok(service.open())?);
    }
    check!(ok(service.live())? >= 20);
    held.truncate(3);
    time::sleep(Duration::from_millis(20));
    check!(ok(service.live())? == 3);
    drop(held);
    time::sleep(Duration::from_millis(20));
    check!(ok(service.live())? == 0);
    Ok(())
}

/// Callers that give up before they are answered.
fn impatient(service: Cap<dyn Service>) -> Outcome {
    for _ in 0..20 {
        for _ in 0..8 {
            let utcb = l4re::sys::utcb();
            utcb.set_mr(0, 5);
            let tag = MsgTag::new(0x70, 1, 0, TagFlags::empty());
            // SAFETY: nothing is received but words.
            let (reply, _) =
                unsafe { l4re::sys::ipc(service.idx(), Sysf::CALL, 0, tag, timeout_ms(1)) };
            check!(reply.has_error());
        }
        check!(ok(service.answer_all())? == 8 << 16 | 8);
    }
    works(service)
}

fn patient(service: Cap<dyn Service>) -> Outcome {
    let waiting = ok(thread::spawn(move || {
        assert_eq!(service.never(), Ok(5));
    }))?;
    time::sleep(Duration::from_millis(20));
    check!(ok(service.answer_all())? == 1 << 16);
    ok(waiting.join())
}

/// Callers that are deleted in their calls, and then their answers.
fn dying(service: Cap<dyn Service>) -> Outcome {
    for _ in 0..8 {
        let dying = ok(thread::spawn(move || {
            service.never().expect_err("nobody is there to hear");
        }))?;
        time::sleep(Duration::from_millis(5));
        let fpage = Fpage::obj(dying.thread().idx(), 0, ObjRights::RWSD);
        ok(Cap::<Task>::THIS.unmap_caps(fpage, UnmapFlags::DELETE_OBJ))?;
        // Its stack stays: nobody can tell it that it has ended.
        core::mem::forget(dying);
    }
    check!(ok(service.answer_all())? == 8 << 16 | 8);
    works(service)
}

fn flood(service: Cap<dyn Service>) -> Outcome {
    for _ in 0..10_000 {
        ok(service.tell(3))?;
    }
    check!(ok(service.told())? == 30_000);
    works(service)
}

/// Memory that is not there, that may not be written, that is taken back while it is read.
fn memory(service: Cap<dyn Service>) -> Outcome {
    let env = start::env();
    let mut region =
        ok((env.mem_alloc().dataspace(2 * PAGE_SIZE)).and_then(|ds| env.rm().attach(ds)))?;
    ok(region.write(0, &[3; PAGE_SIZE]))?;
    let region = region;
    let page = |rights| ok(region.share(0, PAGE_SHIFT, rights));
    let full = 3 * PAGE_SIZE as u64;
    let sum = |rights| Ok::<_, i64>(service.sum(page(rights)?.into(), PAGE_SIZE as u32));
    for _ in 0..3 {
        check!(ok(sum(MemRights::R)?)? == (full, full));
        check!(service.write(page(MemRights::R)?.into(), 5) == Err(LOST));
        ok(service.write(page(MemRights::RW)?.into(), 5))?;
        check!(ok(sum(MemRights::R)?)? == (full + 2, full + 2));
        ok(service.write(page(MemRights::RW)?.into(), 3))?;

        // The caller waits; what it shared goes.
        let address = region.as_ptr() as u64;
        let thief = ok(thread::spawn(move || {
            time::sleep(Duration::from_millis(10));
            let fpage = Fpage::memory(address, PAGE_SHIFT, MemRights::RWX);
            // SAFETY: of this task nothing is taken.
            unsafe { Cap::<Task>::THIS.unmap(fpage, UnmapFlags::empty()) }
        }))?;
        check!(sum(MemRights::R)? == Err(LOST));
        ok(ok(thief.join())?)?;

        // A free place has nothing to share.
        let free = ok(Window::new(env.rm(), PAGE_SHIFT))?;
        check!(sum_by_hand(service, free.fpage()) == -err::EMSGMISSARG);
        // The server's own memory comes as before.
        check!(ok(service.use_memory(300))? == 301);
    }
    works(service)
}

/// The label of the answer to `Service::sum`, of a page that need not be there.
fn sum_by_hand(service: Cap<dyn Service>, page: Fpage) -> i64 {
    let utcb = l4re::sys::utcb();
    utcb.set_mr(0, SUM | 1 << 32);
    utcb.set_mr(1, MapItem::map(0, page).control);
    utcb.set_mr(2, page.raw());
    let tag = MsgTag::new(0x70, 1, 1, TagFlags::empty());
    // SAFETY: nothing is received but words.
    let (reply, _) = unsafe { l4re::sys::ipc(service.idx(), Sysf::CALL, 0, tag, timeout_ms(2000)) };
    reply.label()
}

fn end(service: Cap<dyn Service>, thread: JoinHandle) -> Outcome {
    ok(service.end())?;
    ok(thread.join())?;
    // Nobody is there any more.
    let tag = MsgTag::new(0x70, 1, 0, TagFlags::empty());
    // SAFETY: nothing is received but words.
    let (reply, _) = unsafe { l4re::sys::ipc(service.idx(), Sysf::CALL, 0, tag, timeout_ms(10)) };
    check!(reply.has_error());
    Ok(())
}

#[l4re::main]
fn main(_: &Env) -> Result<i32> {
    let (gate, thread) = serve()?;
    let service = gate.cap();
    let mut tap = Tap::default();
    type Case = (&'static str, fn(Cap<dyn Service>) -> Outcome);
    let cases: [Case; 9] = [
        ("server: requests are answered", works),
        ("server: messages by chance", by_chance),
        ("server: capabilities, wanted and unwanted", items),
        ("server: sessions go with their clients", sessions),
        ("server: callers that do not wait", impatient),
        ("server: an answer that comes later", patient),
        ("server: callers that die", dying),
        ("server: a flood of messages", flood),
        ("server: memory that is taken back", memory),
    ];
    for (name, case) in cases {
        tap.case(name, case(service));
    }
    tap.case("server: a clean end", end(service, thread));
    Ok(tap.end())
}
