//! Messages from thread to thread.

use crate::{Case, Outcome, ok};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use l4re::ipc::{self, Accept};
use l4re::ipc_gate::IpcGate;
use l4re::msg::{BYTES, Writer};
use l4re::region::Window;
use l4re::semaphore::Semaphore;
use l4re::server::{self, Answer, Request};
use l4re::sys::utcb::MSG_REGS;
use l4re::sys::{MemRights, ObjRights, Timeout, TimeoutS};
use l4re::{Cap, CapSlot, Error, IpcErrorKind, OwnedCap, Phase, Result, start, time};
use rt::thread::JoinHandle;
use test_services::check;

pub const CASES: &[Case] = &[
    ("calls: every number of words arrives whole", words),
    ("calls: bytes of any length arrive whole", bytes),
    ("calls: labels and rights", labels),
    ("calls: errors are the client's", errors),
    ("calls: a server passes on a capability", capabilities),
    ("calls: a page is shared until it is taken back", pages),
    ("calls: timeouts", timeouts),
    ("calls: a thread waits for its interrupt alone", interrupts),
    ("calls: an empty slot is told", empty_slot),
];

const PROTOCOL: i64 = 0x77;
const LABEL: u64 = 0xfedc_ba98_7654_3210;

/// Answers with each word of the request, changed.
const ECHO: i64 = PROTOCOL;
/// Answers with the bytes of the request, backwards.
const BACKWARDS: i64 = PROTOCOL + 1;
/// Answers with the gate's label and the rights.
const WHO: i64 = PROTOCOL + 2;
/// Answers with the error code that the first word tells.
const FAIL: i64 = PROTOCOL + 3;
/// Adds one to the semaphore that the request passes on.
const UP: i64 = PROTOCOL + 4;
/// Adds one to each byte of the page that the request shares.
const PAGE: i64 = PROTOCOL + 5;
/// Ends the server.
const END: i64 = PROTOCOL + 6;

fn change(i: usize, word: u64) -> u64 {
    word.rotate_left(i as u32) ^ 0x5555_0000_aaaa_ffff
}

/// What a server makes of a request.
fn answer(slot: &CapSlot, window: &Window, request: Request) -> Result<Answer> {
    let mut r = request.reader();
    let mut w = Writer::new();
    match request.protocol() {
        ECHO => {
            let words: Vec<u64> = (0..request.tag().words())
                .map(|_| r.get())
                .collect::<Result<_>>()?;
            for (i, word) in words.into_iter().enumerate() {
                w.put(change(i, word));
            }
        }
        BACKWARDS => {
            let mut bytes = [0; BYTES];
            let len = r.bytes(&mut bytes)?;
            let bytes = bytes.get_mut(..len).ok_or(Error::OUT_OF_RANGE)?;
            bytes.reverse();
            w.bytes(bytes);
        }
        WHO => {
            w.put(request.label()).put(request.rights().bits());
        }
        FAIL => return Err(Error::from_label(-r.get::<i64>()?)),
        UP => {
            r.cap()?;
            Cap::<Semaphore>::new(slot.idx()).up()?;
        }
        PAGE => {
            r.memory()?;
            let mut page = vec![0; window.size()];
            window.read(0, &mut page)?;
            page.iter_mut().for_each(|b| *b = b.wrapping_add(1));
            window.write(0, &page)?;
        }
        END => return Ok(Answer::last(0)),
        _ => return Err(Error::NO_OPERATION),
    }
    Answer::message(&w, 0)
}

/// A server in a thread of its own, and a gate to it.
struct Server {
    gate: OwnedCap<IpcGate>,
    thread: JoinHandle,
}

impl Server {
    fn start() -> Result<Server> {
        let env = start::env();
        let gate = env.factory().create_gate()?;
        let slot = CapSlot::alloc()?;
        let window = Window::new(env.rm(), 12)?;
        let thread = rt::thread::spawn(move || {
            // A request brings a capability or memory; which, the client says by turns.
            let mut memory = false;
            let mut done = false;
            while !done {
                let accept = if memory {
                    Accept::Memory(&window)
                } else {
                    Accept::Cap(&slot)
                };
                let served = server::run(accept, |request| {
                    done = request.protocol() == END;
                    if request.protocol() == PAGE + 100 {
                        memory = !memory;
                        return Ok(Answer::last(0));
                    }
                    answer(&slot, &window, request)
                });
                if served.is_err() {
                    return;
                }
            }
        })?;
        gate.bind_thread(thread.thread(), LABEL)?;
        Ok(Server { gate, thread })
    }

    fn ask(&self, protocol: i64, w: &Writer) -> Result<l4re::msg::Reader> {
        ipc::request(self.gate.cap(), protocol, w, Accept::Words)
    }

    fn end(self) -> Outcome {
        ok(self.ask(END, &Writer::new()))?;
        ok(self.thread.join())
    }
}

fn words() -> Outcome {
    let server = ok(Server::start())?;
    for n in (0..=MSG_REGS).chain((0..MSG_REGS).rev()) {
        let word = |i: usize| 0x0123_4567_89ab_cdefu64.wrapping_mul((n * 64 + i) as u64 | 1);
        let mut w = Writer::new();
        for i in 0..n {
            w.put(word(i));
        }
        let mut reply = ok(server.ask(ECHO, &w))?;
        for i in 0..n {
            check!(ok(reply.get::<u64>())? == change(i, word(i)));
        }
        check!(reply.get::<u64>().is_err());
    }
    server.end()
}

fn bytes() -> Outcome {
    let server = ok(Server::start())?;
    for len in [0, 1, 7, 8, 9, 63, 100, BYTES - 9, BYTES - 8] {
        let text: Vec<u8> = (0..len).map(|i| (i * 7 + len) as u8).collect();
        let mut w = Writer::new();
        w.bytes(&text);
        let mut reply = ok(server.ask(BACKWARDS, &w))?;
        let mut back = vec![0; len];
        check!(ok(reply.bytes(&mut back))? == len);
        check!(back.iter().rev().eq(&text));
    }
    server.end()
}

fn labels() -> Outcome {
    let server = ok(Server::start())?;
    let mut reply = ok(server.ask(WHO, &Writer::new()))?;
    check!(ok(reply.get::<u64>())? == LABEL);
    check!(ok(reply.get::<u8>())? == (ObjRights::W | ObjRights::S).bits());
    // A capability with fewer rights to the same gate.
    let slot = ok(CapSlot::alloc())?;
    let task = Cap::<l4re::task::Task>::THIS;
    ok(task.map_cap(server.gate.idx(), ObjRights::R, slot.idx()))?;
    let weak: OwnedCap<IpcGate> = slot.filled();
    let mut reply = ok(ipc::request(weak.cap(), WHO, &Writer::new(), Accept::Words))?;
    check!(ok(reply.get::<u64>())? == LABEL);
    check!(ok(reply.get::<u8>())? == 0);
    drop(weak);
    server.end()
}

fn errors() -> Outcome {
    let server = ok(Server::start())?;
    for code in [1i64, 2, 38, 99, 1001] {
        let mut w = Writer::new();
        w.put(code);
        let error = server.ask(FAIL, &w).err();
        check!(error == Some(Error::from_label(-code)));
    }
    check!(server.ask(0x1000, &Writer::new()).err() == Some(Error::NO_OPERATION));
    // A message that lacks its argument.
    check!(server.ask(FAIL, &Writer::new()).is_err());
    server.end()
}

fn capabilities() -> Outcome {
    let server = ok(Server::start())?;
    let semaphore = ok(start::env().factory().create_semaphore())?;
    for _ in 0..3 {
        let mut w = Writer::new();
        w.cap(semaphore.cap(), ObjRights::RWS);
        ok(server.ask(UP, &w))?;
    }
    let at_once = Timeout::new(TimeoutS::NEVER, TimeoutS::ZERO);
    for _ in 0..3 {
        ok(semaphore.down(at_once))?;
    }
    check!(semaphore.down(at_once).is_err_and(Error::is_timeout));
    // Nothing where a capability should be.
    check!(server.ask(UP, &Writer::new()).is_err());
    server.end()
}

fn pages() -> Outcome {
    let env = start::env();
    let server = ok(Server::start())?;
    // From now on the server is ready for memory.
    ok(server.ask(PAGE + 100, &Writer::new()))?;
    let mut region = ok(ok(env.mem_alloc().dataspace(3 << 12))
        .and_then(|ds| ok(env.rm().attach(ds)))
        .map_err(Error::from_label))?;
    ok(region.write(1 << 12, b"abc"))?;
    let mut w = Writer::new();
    w.memory(ok(region.share(1 << 12, 12, MemRights::RW))?);
    ok(server.ask(PAGE, &w))?;
    let mut text = [0; 3];
    ok(region.read(1 << 12, &mut text))?;
    check!(&text == b"bcd");
    ok(region.read(0, &mut text))?;
    check!(text == [0; 3]);
    // What is not aligned, or not there, cannot be shared.
    check!(region.share(100, 12, MemRights::R).is_err());
    check!(region.share(3 << 12, 12, MemRights::R).err() == Some(Error::OUT_OF_RANGE));
    server.end()
}

fn timeouts() -> Outcome {
    let env = start::env();
    let semaphore = ok(env.factory().create_semaphore())?;
    let wait = |us| semaphore.down(Timeout::new(TimeoutS::NEVER, TimeoutS::from_us(us)));
    let Some(Error::Ipc(error)) = wait(0).err() else {
        return Err(line!().into());
    };
    check!(error.phase() == Phase::Receive && error.kind() == IpcErrorKind::Timeout);
    let before = env.kip().clock_us();
    check!(wait(20_000).is_err_and(Error::is_timeout));
    check!(env.kip().clock_us() - before >= 19_000);
    // Another thread ends a wait without end.
    let cap = semaphore.cap();
    let thread = ok(rt::thread::spawn(move || {
        time::sleep(Duration::from_millis(20));
        let _ = cap.up();
    }))?;
    ok(semaphore.down(Timeout::NEVER))?;
    ok(thread.join())
}

fn interrupts() -> Outcome {
    let env = start::env();
    let irq = ok(env.factory().create_irq())?;
    ok(irq.bind_thread(env.main_thread(), 0x40))?;
    let wait = |us| irq.receive(Timeout::new(TimeoutS::NEVER, TimeoutS::from_us(us)));
    check!(wait(0).is_err_and(Error::is_timeout));
    let before = env.kip().clock_us();
    check!(wait(20_000).is_err_and(Error::is_timeout));
    check!(env.kip().clock_us() - before >= 19_000);
    // What has been triggered is received, once.
    ok(irq.trigger())?;
    ok(irq.trigger())?;
    ok(wait(1_000_000))?;
    check!(wait(0).is_err_and(Error::is_timeout));
    // Another thread ends a wait without end.
    let cap = irq.cap();
    let thread = ok(rt::thread::spawn(move || {
        time::sleep(Duration::from_millis(20));
        let _ = cap.trigger();
    }))?;
    ok(irq.receive(Timeout::NEVER))?;
    ok(thread.join())?;
    ok(irq.detach())
}

fn empty_slot() -> Outcome {
    let slot = ok(CapSlot::alloc())?;
    let nobody = Cap::<IpcGate>::new(slot.idx());
    let result = ipc::request(nobody, PROTOCOL, &Writer::new(), Accept::Words);
    let Err(Error::Ipc(error)) = result else {
        return Err(line!().into());
    };
    check!(error.kind() == IpcErrorKind::NotExistent);
    Ok(())
}
