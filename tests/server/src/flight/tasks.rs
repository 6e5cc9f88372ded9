//! Many things in flight in one thread.

use crate::{Outcome, ok, timeout_ms};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::pin::pin;
use core::time::Duration;
use futures_util::future::{self, Either};
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use l4re::irq::Irq;
use l4re::server::{Registry, Remote, TaskSet};
use l4re::sync::mpsc;
use l4re::sys::{MsgTag, Sysf, TagFlags};
use l4re::thread::{self, JoinHandle};
use l4re::time::Instant;
use l4re::{Cap, OwnedCap, Result, start, time};
use test_services::check;

#[l4re::interface(protocol = 0x74)]
trait Clock {
    /// Answers in `ms` milliseconds.
    fn wait(&self, ms: u64) -> Result<u64>;
    /// Waits for so many interrupts, or no longer than `ms`.
    fn interrupts(&self, count: u64, ms: u64) -> Result<u64>;
    /// The next value that another thread sends.
    fn next(&self) -> Result<u32>;
    fn open(&self) -> Result<OwnedCap<dyn Visit>>;
    /// Requests that have not been answered.
    fn in_flight(&self) -> Result<u32>;
    fn many(&self, timers: u32) -> Result<u32>;
    fn busy(&self) -> Result<()>;
    fn end(&self) -> Result<()>;
}

#[l4re::interface(protocol = 0x75)]
trait Visit {
    fn never(&self) -> Result<()>;
}

/// Counts what is in flight.
struct InFlight(Rc<Cell<u32>>);

impl InFlight {
    fn new(count: &Rc<Cell<u32>>) -> Self {
        count.set(count.get() + 1);
        InFlight(count.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

struct Server {
    registry: Registry,
    in_flight: Rc<Cell<u32>>,
    irq: Cap<Irq>,
    values: Rc<mpsc::Receiver<u32>>,
    busy: RefCell<TaskSet>,
}

impl Clock for Server {
    fn wait(&self, ms: u64) -> Result<u64> {
        let (registry, mark) = (self.registry.clone(), InFlight::new(&self.in_flight));
        self.registry.answer(async move {
            let _mark = mark;
            registry.sleep(Duration::from_millis(ms)).await;
            Ok(ms)
        })
    }
    fn interrupts(&self, count: u64, ms: u64) -> Result<u64> {
        let mut interrupts = self.registry.interrupts(self.irq)?;
        let late = self.registry.sleep(Duration::from_millis(ms));
        let mark = InFlight::new(&self.in_flight);
        self.registry.answer(async move {
            let _mark = mark;
            let seen = Cell::new(0);
            let all = async {
                while seen.get() < count {
                    seen.set(seen.get() + interrupts.next().await);
                }
            };
            match future::select(pin!(all), pin!(late)).await {
                Either::Left(_) | Either::Right(_) => Ok(seen.get()),
            }
        })
    }
    fn next(&self) -> Result<u32> {
        let values = self.values.clone();
        self.registry
            .answer(async move { values.next().await.ok_or(l4re::Error::NOT_FOUND) })
    }
    fn open(&self) -> Result<OwnedCap<dyn Visit>> {
        self.registry.session(Visitor {
            registry: self.registry.clone(),
            in_flight: self.in_flight.clone(),
            tasks: TaskSet::new(),
        })
    }
    fn in_flight(&self) -> Result<u32> {
        Ok(self.in_flight.get())
    }
    fn many(&self, timers: u32) -> Result<u32> {
        let all: FuturesUnordered<_> = (0..timers)
            .map(|i| {
                let time = Duration::from_micros(u64::from(i % 50) * 200);
                self.registry.sleep(time).map(move |()| 1u32)
            })
            .collect();
        self.registry
            .answer(async move { Ok(all.fold(0, |sum, n| async move { sum + n }).await) })
    }
    fn busy(&self) -> Result<()> {
        // A task that never waits for anything: it is ready again at once.
        self.busy.borrow().spawn(
            &self.registry,
            future::poll_fn(|context| {
                context.waker().wake_by_ref();
                core::task::Poll::Pending
            }),
        )
    }
    fn end(&self) -> Result<()> {
        self.registry.stop();
        Ok(())
    }
}

struct Visitor {
    registry: Registry,
    in_flight: Rc<Cell<u32>>,
    tasks: TaskSet,
}

impl Visit for Visitor {
    fn never(&self) -> Result<()> {
        let mark = InFlight::new(&self.in_flight);
        self.tasks.answer(&self.registry, async move {
            let _mark = mark;
            future::pending().await
        })
    }
}

/// What the tests have of the server.
struct Kit {
    gate: OwnedCap<dyn Clock>,
    irq: OwnedCap<Irq>,
    values: mpsc::Sender<u32>,
    remote: Remote,
    thread: JoinHandle,
}

fn serve() -> Result<Kit> {
    let gate: OwnedCap<dyn Clock> = start::env().factory().create_gate()?.cast();
    let irq = start::env().factory().create_irq()?;
    let (cap, irq_cap) = (gate.cap(), irq.cap());
    let (values, receiver) = mpsc::channel();
    let (ready, is_ready) = mpsc::channel();
    let thread = thread::spawn(move || {
        let run = || -> Result<()> {
            let registry = Registry::new()?;
            registry.allow_deferring()?;
            let server = Server {
                registry: registry.clone(),
                in_flight: Rc::default(),
                irq: irq_cap,
                values: Rc::new(receiver),
                busy: RefCell::default(),
            };
            registry.serve(cap, server)?;
            let _ = ready.send(registry.remote()?);
            registry.run()
        };
        run().expect("the server ends well");
    })?;
    let remote = is_ready.recv().map_err(|_| l4re::Error::NOT_FOUND)?;
    Ok(Kit {
        gate,
        irq,
        values,
        remote,
        thread,
    })
}

fn timers(kit: &Kit) -> Outcome {
    let clock = kit.gate.cap();
    let start = Instant::now();
    ok(thread::scope(|scope| {
        for i in 0..8u64 {
            scope.spawn(move || assert_eq!(clock.wait(500 + i), Ok(500 + i)))?;
        }
        // They are together, not one behind the other.
        while start.elapsed() < Duration::from_millis(400) && clock.in_flight()? < 8 {
            time::sleep(Duration::from_millis(5));
        }
        assert_eq!(clock.in_flight()?, 8);
        Ok(())
    }))?;
    check!(start.elapsed() >= Duration::from_millis(499));
    check!(ok(clock.in_flight())? == 0);
    check!(ok(clock.wait(0))? == 0);
    check!(ok(clock.many(2_000))? == 2_000);
    Ok(())
}

fn irqs(kit: &Kit) -> Outcome {
    let (clock, irq) = (kit.gate.cap(), kit.irq.cap());
    let waits = ok(thread::spawn(move || clock.interrupts(5, 60_000)))?;
    time::sleep(Duration::from_millis(10));
    for _ in 0..5 {
        ok(irq.trigger())?;
        time::sleep(Duration::from_millis(2));
    }
    check!(ok(ok(waits.join())?)? == 5);
    // Nothing comes: the time ends it.
    check!(ok(clock.interrupts(1, 5))? == 0);
    Ok(())
}

fn other_threads(kit: &Kit) -> Outcome {
    let clock = kit.gate.cap();
    for i in 0..20 {
        let values = kit.values.clone();
        let sends = ok(thread::spawn(move || values.send(i).is_ok()))?;
        check!(ok(clock.next())? == i);
        check!(ok(sends.join())?);
    }
    let (done, is_done) = mpsc::channel();
    for i in 0..100 {
        let done = done.clone();
        ok(kit.remote.post(move |_| {
            let _ = done.send(i);
        }))?;
    }
    for i in 0..100 {
        check!(is_done.recv() == Ok(i));
    }
    Ok(())
}

/// Calls by hand that give up.
fn impatient(kit: &Kit) -> Outcome {
    let clock = kit.gate.cap();
    for _ in 0..50 {
        let utcb = l4re::sys::utcb();
        utcb.set_mr(0, 0);
        utcb.set_mr(1, 5);
        let tag = MsgTag::new(0x74, 2, 0, TagFlags::empty());
        // SAFETY: nothing is received but words.
        let (tag, _) = unsafe { l4re::sys::ipc(clock.idx(), Sysf::CALL, 0, tag, timeout_ms(1)) };
        check!(tag.has_error());
    }
    time::sleep(Duration::from_millis(20));
    check!(ok(clock.in_flight())? == 0);
    check!(ok(clock.wait(1))? == 1);
    Ok(())
}

/// More requests than there are slots for reply capabilities, each of a session that goes.
fn sessions(kit: &Kit) -> Outcome {
    let clock = kit.gate.cap();
    for _ in 0..1_200 {
        let visit = ok(clock.open())?;
        l4re::sys::utcb().set_mr(0, 0);
        let tag = MsgTag::new(0x75, 1, 0, TagFlags::empty());
        // SAFETY: nothing is received but words.
        let (tag, _) = unsafe { l4re::sys::ipc(visit.idx(), Sysf::CALL, 0, tag, timeout_ms(1)) };
        check!(tag.has_error());
        drop(visit);
    }
    let visits: Result<Vec<_>> = (0..5).map(|_| clock.open()).collect();
    let visits = ok(visits)?;
    let waiting: Result<Vec<_>> = (visits.iter())
        .map(|visit| {
            let visit = visit.cap();
            thread::spawn(move || visit.never())
        })
        .collect();
    let waiting = ok(waiting)?;
    while ok(clock.in_flight())? < 5 {
        time::sleep(Duration::from_millis(2));
    }
    drop(visits);
    // Those that still wait are told that nothing comes of it.
    for thread in waiting {
        check!(ok(thread.join())?.is_err());
    }
    check!(ok(clock.in_flight())? == 0);
    Ok(())
}

fn busy(kit: &Kit) -> Outcome {
    let clock = kit.gate.cap();
    // This thread has the server's priority: it has its turn by the time slice's end.
    ok(clock.busy())?;
    for i in 0..5 {
        check!(ok(clock.wait(i))? == i);
    }
    Ok(())
}

fn end(kit: Kit) -> Outcome {
    let clock = kit.gate.cap();
    // Requests in flight are answered, somehow.
    let waits = ok(thread::spawn(move || clock.wait(1_000_000)))?;
    while ok(clock.in_flight())? == 0 {
        time::sleep(Duration::from_millis(2));
    }
    ok(clock.end())?;
    check!(ok(waits.join())?.is_err());
    ok(kit.thread.join())?;
    check!(kit.remote.post(|_| ()).is_err());
    kit.remote.stop();
    Ok(())
}

pub fn run(tap: &mut test_services::Tap) -> Result<()> {
    let kit = serve()?;
    type Test = (&'static str, fn(&Kit) -> Outcome);
    let cases: [Test; 6] = [
        ("tasks: many timers at a time", timers),
        ("tasks: interrupts", irqs),
        ("tasks: woken by other threads", other_threads),
        ("tasks: callers that do not wait", impatient),
        ("tasks: they go with their session", sessions),
        ("tasks: one that is always ready", busy),
    ];
    for (name, case) in cases {
        tap.case(name, case(&kit));
    }
    tap.case("tasks: a clean end", end(kit));
    Ok(())
}
