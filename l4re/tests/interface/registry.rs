//! The server loop on a fake kernel that brings messages and collects the answers.

use crate::common::env;
use crate::{set, tag, transfer_items};
use l4re::server::{Deferred, Registry};
use l4re::sys::fake::{self, Call, Reply};
use l4re::sys::{CapIdx, Fpage, MsgTag, ObjRights, Sysf, err, ipc_error, proto};
use l4re::{Cap, Error, OwnedCap, Result};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

#[l4re::interface(protocol = 0x60)]
trait Thing {
    fn add(&self, n: u32) -> Result<u32>;
    fn make(&self) -> Result<OwnedCap<dyn Thing>>;
    fn remove(&self) -> Result<()>;
    fn later(&self) -> Result<u32>;
    fn keep(&self, cap: Cap<()>) -> Result<u64>;
    fn stop(&self) -> Result<()>;
    fn nested(&self) -> Result<()>;
    fn open(&self) -> Result<OwnedCap<dyn Thing>>;
    fn dropped(&self) -> Result<u32>;
}

/// What the test looks at afterwards.
#[derive(Default)]
struct Shared {
    dropped: Cell<u32>,
    deferred: RefCell<Vec<Deferred<u32>>>,
}

struct Object {
    registry: Registry,
    shared: Rc<Shared>,
    sum: Cell<u32>,
    me: Rc<Cell<Option<l4re::server::Served<dyn Thing>>>>,
}

impl Drop for Object {
    fn drop(&mut self) {
        self.shared.dropped.set(self.shared.dropped.get() + 1);
    }
}

impl Thing for Object {
    fn add(&self, n: u32) -> Result<u32> {
        self.sum.set(self.sum.get().wrapping_add(n));
        Ok(self.sum.get())
    }
    fn make(&self) -> Result<OwnedCap<dyn Thing>> {
        self.registry.session(object(&self.registry, &self.shared))
    }
    fn remove(&self) -> Result<()> {
        self.registry
            .remove(self.me.take().ok_or(Error::NOT_FOUND)?);
        // Still there while the method runs.
        self.add(1).map(drop)
    }
    fn later(&self) -> Result<u32> {
        let deferred = self.registry.defer()?;
        assert!(self.registry.defer::<u32>().is_err());
        self.shared.deferred.borrow_mut().push(deferred);
        Ok(0)
    }
    fn keep(&self, cap: Cap<()>) -> Result<u64> {
        Ok(cap.idx().index())
    }
    fn stop(&self) -> Result<()> {
        self.registry.stop();
        Ok(())
    }
    fn nested(&self) -> Result<()> {
        self.registry.run()
    }
    fn open(&self) -> Result<OwnedCap<dyn Thing>> {
        let (registry, shared) = (self.registry.clone(), self.shared.clone());
        let answer = async move { registry.session(object(&registry, &shared)) };
        self.registry.answer(answer)
    }
    fn dropped(&self) -> Result<u32> {
        Ok(self.shared.dropped.get())
    }
}

fn object(registry: &Registry, shared: &Rc<Shared>) -> Object {
    Object {
        registry: registry.clone(),
        shared: shared.clone(),
        sum: Cell::default(),
        me: Rc::default(),
    }
}

/// What the kernel does at a wait.
enum Event {
    /// Brings a message: tag, label, content.
    Message(MsgTag, u64, Vec<u64>),
    /// Fails with an error.
    Fail(u64),
}

/// Words and errors of a fake kernel with one registry.
struct Kernel {
    events: VecDeque<Event>,
    /// Labels of the answers, with their first word and the slot of the reply capability.
    answers: Vec<(i64, u64, CapIdx)>,
    /// The labels that gates were bound with.
    labels: Vec<u64>,
    /// How many slots have been emptied.
    unmapped: usize,
    buffers: Vec<(u64, u64)>,
    /// Nobody waits for answers.
    refuses: bool,
}

const REFUSED: u64 = ipc_error::SE_TIMEOUT;

impl Kernel {
    fn new(events: Vec<Event>) -> Self {
        Kernel {
            events: events.into(),
            answers: Vec::new(),
            labels: Vec::new(),
            unmapped: 0,
            buffers: Vec::new(),
            refuses: false,
        }
    }

    fn call(&mut self, call: Call) -> Reply {
        let mr = |i| call.utcb.mr(i);
        if call.flags == Sysf::CALL {
            match call.tag.label() {
                proto::FACTORY if mr(0) == 0 => self.labels.push(mr(2)),
                proto::KOBJECT if mr(0) == 0x10 => self.labels.push(mr(1)),
                proto::TASK if mr(0) == 1 => self.unmapped += 1,
                _ => {}
            }
            // The kernel leaves the registers as it likes.
            (1..20).for_each(|i| call.utcb.set_mr(i, 0xdead));
            return Reply::label(0);
        }
        if call.flags.contains(Sysf::REPLY) {
            let slot = CapIdx(call.dest.0 & !Sysf::MASK);
            self.answers.push((call.tag.label(), mr(0), slot));
        }
        if !call.flags.contains(Sysf::RECV) {
            return match self.refuses {
                true => call.fail(REFUSED),
                false => Reply::label(0),
            };
        }
        self.buffers.push((call.utcb.br(0), call.utcb.br(1)));
        match self.events.pop_front() {
            None => call.fail(ipc_error::NOT_EXISTENT),
            Some(Event::Fail(error)) => call.fail(error),
            Some(Event::Message(tag, label, words)) => {
                set(&words);
                transfer_items(tag);
                // The first object's label stands for itself; others are the kernel's to know.
                let label = match label {
                    0..16 => self.labels[label as usize] | 3,
                    other => other,
                };
                Reply { tag, label }
            }
        }
    }
}

/// Runs a registry with one object on what the kernel brings.
fn run(
    events: Vec<Event>,
    prepare: impl FnOnce(&Registry, &Rc<Shared>),
) -> (Kernel, Rc<Shared>, Result<()>) {
    run_on(Kernel::new(events), prepare)
}

fn run_on(
    mut kernel: Kernel,
    prepare: impl FnOnce(&Registry, &Rc<Shared>),
) -> (Kernel, Rc<Shared>, Result<()>) {
    l4re::cap_alloc::init(0x1000);
    let shared = Rc::<Shared>::default();
    let result = fake::with(
        |call| kernel.call(call),
        || {
            let registry = Registry::of_thread(env(), Cap::new(CapIdx::from_index(5)));
            let object = object(&registry, &shared);
            let me = object.me.clone();
            let served = registry.serve(Cap::<dyn Thing>::new(crate::GATE), object)?;
            me.set(Some(served));
            prepare(&registry, &shared);
            let result = registry.run();
            shared.deferred.take();
            result
        },
    );
    (kernel, shared, result)
}

fn message(op: u64, argument: u64) -> Event {
    Event::Message(tag(0x60, 1, 0), 0, vec![op | argument << 32])
}

const STOP: u64 = 5;

fn labels(kernel: &Kernel) -> Vec<i64> {
    kernel.answers.iter().map(|answer| answer.0).collect()
}

#[test]
fn requests_reach_their_object() {
    let events = vec![
        message(0, 5),
        message(0, 6),
        message(9, 0),
        message(STOP, 0),
    ];
    let (kernel, shared, result) = run(events, |_, _| ());
    result.unwrap();
    assert_eq!(labels(&kernel), [0, 0, -38, 0]);
    assert_eq!(
        (kernel.answers[0].1 as u32, kernel.answers[1].1 as u32),
        (5, 11)
    );
    // The end drops the objects.
    assert_eq!(shared.dropped.get(), 1);
    assert_ne!(kernel.labels[0], 0);
    assert_eq!(kernel.labels[0] & 3, 0);
}

#[test]
fn labels_that_are_made_up_name_nothing() {
    let (probe, ..) = run(vec![message(STOP, 0)], |_, _| ());
    let good = probe.labels[0];
    let bad = [
        !0,
        3 << 32,
        good + 32,
        good + (1 << 32),
        good ^ 1 << 63,
        0x7fff_ffe0,
        1 << 20,
    ];
    let mut events: Vec<_> = (bad.iter())
        .map(|label| Event::Message(tag(0x60, 1, 0), *label, vec![0]))
        .collect();
    events.push(message(STOP, 0));
    let (kernel, ..) = run(events, |_, _| ());
    let mut expected = vec![-err::ENOENT; bad.len()];
    expected.push(0);
    assert_eq!(labels(&kernel), expected);
}

#[test]
fn clients_that_are_gone_and_errors_of_waiting() {
    let mut events = vec![message(0, 1), Event::Fail(REFUSED), message(0, 1)];
    for error in [
        ipc_error::RE_CANCELED,
        ipc_error::RE_MSG_CUT,
        ipc_error::RE_ABORTED,
        ipc_error::RE_MAP_FAILED,
        ipc_error::RE_TIMEOUT,
    ] {
        events.push(Event::Fail(REFUSED));
        events.push(Event::Fail(error));
        events.push(message(0, 1));
    }
    events.push(message(STOP, 0));
    let (kernel, _, result) = run(events, |_, _| ());
    result.unwrap();
    assert!(labels(&kernel).iter().all(|label| *label == 0));
    // What will come again ends the loop.
    let (_, shared, result) = run(vec![message(0, 1)], |_, _| ());
    assert_eq!(result.unwrap_err().label(), -2004);
    assert_eq!(shared.dropped.get(), 0);
}

#[test]
fn an_object_that_removes_itself() {
    let old = |label| Event::Message(tag(0x60, 1, 0), label, vec![0]);
    let (probe, ..) = run(vec![message(STOP, 0)], |_, _| ());
    let label = probe.labels[0];
    let events = vec![
        message(2, 0),
        old(label),
        old(label),
        Event::Fail(ipc_error::NOT_EXISTENT),
    ];
    let (kernel, shared, _) = run(events, |registry, shared| {
        // Another object takes no place of the first's.
        registry
            .make::<dyn Thing, _>(object(registry, shared))
            .unwrap();
    });
    assert_eq!(labels(&kernel), [0, -2, -2]);
    assert_eq!(shared.dropped.get(), 1);
    assert_ne!(kernel.labels[0], kernel.labels[1]);
}

#[test]
fn a_place_is_used_again_with_another_label() {
    l4re::cap_alloc::init(0x1000);
    let mut kernel = Kernel::new(Vec::new());
    fake::with(
        |call| kernel.call(call),
        || {
            let registry = Registry::of_thread(env(), Cap::new(CapIdx::from_index(5)));
            let shared = Rc::default();
            for _ in 0..100 {
                let served = registry
                    .make::<dyn Thing, _>(object(&registry, &shared))
                    .unwrap();
                registry.remove(served);
                // A second time removes nothing else.
                registry.remove(served);
            }
            assert_eq!(shared.dropped.get(), 100);
        },
    );
    kernel.labels.sort_unstable();
    kernel.labels.dedup();
    assert_eq!(kernel.labels.len(), 100);
}

#[test]
fn answers_that_come_later() {
    let events = vec![
        message(3, 0),
        message(3, 0),
        message(0, 7),
        message(STOP, 0),
    ];
    let (kernel, shared, result) = run(events, |registry, shared| {
        registry.allow_deferring().unwrap();
        let shared = shared.clone();
        fake::set_clock(1000);
        registry.after(Duration::from_millis(1), move || {
            let deferred = shared.deferred.borrow_mut().pop().expect("the second");
            deferred.send(Ok(99)).unwrap();
        });
        let registry = registry.clone();
        registry.clone().after(Duration::ZERO, move || {
            registry.after(Duration::ZERO, || fake::set_clock(5000));
        });
    });
    result.unwrap();
    // The clock moved behind the first message; the first is dropped unanswered.
    let late = kernel.answers.iter().find(|answer| answer.1 as u32 == 99);
    let dropped = kernel.answers.iter().find(|answer| answer.0 == -err::EIO);
    let (late, dropped) = (late.expect("an answer"), dropped.expect("an error"));
    assert!(late.2.is_reply() && dropped.2.is_reply() && late.2 != dropped.2);
    assert!(shared.deferred.borrow().is_empty());
    assert_eq!(kernel.answers.len(), 4);
}

#[test]
fn deferring_must_be_allowed() {
    let (kernel, ..) = run(
        vec![message(3, 0), message(6, 0), message(STOP, 0)],
        |_, _| (),
    );
    // Nor can the loop run in itself.
    assert_eq!(labels(&kernel), [-err::EINVAL, -err::EBUSY, 0]);
}

#[test]
fn what_a_request_brings_is_gone_behind_it() {
    let cap = Fpage::obj(crate::GATE, 0, ObjRights::R).raw();
    let with = Event::Message(tag(0x60, 1, 1), 0, vec![4, 8, cap]);
    let without = Event::Message(tag(0x60, 1, 0), 0, vec![4]);
    let too_many = Event::Message(tag(0x60, 60, 2), 0, vec![4]);
    let (kernel, ..) = run(vec![with, without, too_many, message(STOP, 0)], |_, _| ());
    assert_eq!(labels(&kernel), [0, -1001, -1001, 0]);
    // Once behind each message with items.
    assert_eq!(kernel.unmapped, 2);
    let slot = kernel.answers[0].1;
    assert_eq!(kernel.buffers[0], (slot << 12 | 0xa, 0));
    assert!(
        kernel
            .buffers
            .iter()
            .all(|buffers| *buffers == kernel.buffers[0])
    );
}

#[test]
fn sessions_live_as_long_as_the_loop() {
    let (kernel, shared, result) = run(vec![message(1, 0), message(STOP, 0)], |_, _| ());
    result.unwrap();
    assert_eq!(labels(&kernel), [0, 0]);
    assert_eq!(shared.dropped.get(), 2);
    // The object's gate, the session's, and two interrupts: of gates that go, and the bell.
    assert_eq!(kernel.labels.len(), 4);
}

#[test]
fn sessions_that_nobody_gets_are_dropped() {
    let mut kernel = Kernel::new(vec![message(1, 0), message(0, 1)]);
    kernel.refuses = true;
    let (_, shared, _) = run_on(kernel, |_, _| ());
    assert_eq!(shared.dropped.get(), 1);
}

const MAKE: u64 = 1;
const OPEN: u64 = 7;
const DROPPED: u64 = 8;

/// How many objects had been dropped, as each request for it was answered.
fn dropped(kernel: &Kernel, requests: &[usize]) -> Vec<u32> {
    let count = |at: &usize| kernel.answers[*at].1 as u32;
    requests.iter().map(count).collect()
}

#[test]
fn a_session_outlives_the_refusals_of_others() {
    let events = vec![
        message(OPEN, 0),
        message(9, 0),
        message(DROPPED, 0),
        message(MAKE, 0),
        message(9, 0),
        Event::Fail(REFUSED),
        message(DROPPED, 0),
        message(STOP, 0),
    ];
    let (kernel, _, result) = run(events, |registry, _| registry.allow_deferring().unwrap());
    result.unwrap();
    assert_eq!(labels(&kernel), [0, -38, 0, 0, -38, 0, 0]);
    assert_eq!(dropped(&kernel, &[2, 5]), [0, 0]);
}

#[test]
fn a_session_in_an_answer_that_nobody_collects_goes() {
    let events = vec![message(OPEN, 0), message(DROPPED, 0), message(STOP, 0)];
    let mut kernel = Kernel::new(events);
    kernel.refuses = true;
    let (kernel, _, result) = run_on(kernel, |registry, _| registry.allow_deferring().unwrap());
    result.unwrap();
    assert_eq!(dropped(&kernel, &[1]), [1]);
}

#[test]
fn a_session_that_is_dropped_undelivered_goes() {
    let events = vec![message(DROPPED, 0), message(DROPPED, 0), message(STOP, 0)];
    let (kernel, _, result) = run(events, |registry, shared| {
        let session = || registry.session::<dyn Thing, _>(object(registry, shared));
        drop(session().unwrap());
        // By another thread, too.
        let second = session().unwrap();
        let here = l4re::sys::utcb().as_ptr().addr();
        std::thread::spawn(move || {
            assert_ne!(l4re::sys::utcb().as_ptr().addr(), here);
            drop(second);
        })
        .join()
        .unwrap();
        // This one is passed on by other means.
        session().unwrap().leak();
    });
    result.unwrap();
    assert_eq!(dropped(&kernel, &[0, 1]), [2, 2]);
}
