//! Slots for the replies to requests that are answered later: each object has its share.

#[allow(dead_code, reason = "others need more of it")]
mod common;

use l4re::server::{Deferred, Registry};
use l4re::sys::fake::{self, Call, Reply};
use l4re::sys::{CapIdx, Sysf, err, ipc_error, proto};
use l4re::{Cap, Result};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// As many requests as there are slots, and one for the next caller.
const SLOTS: usize = 1024;

#[l4re::interface(protocol = 0x60)]
trait Wait {
    /// Is answered by a task that never ends.
    fn ever(&self) -> Result<()>;
    /// Is answered never, by a value that the server keeps.
    fn kept(&self) -> Result<()>;
    fn stop(&self) -> Result<()>;
}

/// Counts itself as long as it lives.
struct Counted(Rc<()>);

struct Object {
    registry: Registry,
    tasks: Rc<()>,
    kept: Rc<RefCell<Vec<Deferred<()>>>>,
}

impl Wait for Object {
    fn ever(&self) -> Result<()> {
        let counted = Counted(self.tasks.clone());
        self.registry.answer(async move {
            std::future::pending::<()>().await;
            drop(counted.0);
            Ok(())
        })
    }
    fn kept(&self) -> Result<()> {
        let deferred = self.registry.defer()?;
        self.kept.borrow_mut().push(deferred);
        Ok(())
    }
    fn stop(&self) -> Result<()> {
        self.registry.stop();
        Ok(())
    }
}

/// What callers have got, by their slots: a slot holds the caller who came last.
#[derive(Default)]
struct Kernel {
    labels: Vec<u64>,
    waiting: BTreeMap<u64, usize>,
    answered: BTreeMap<usize, i64>,
    callers: usize,
}

impl Kernel {
    fn call(&mut self, call: Call, next: impl FnOnce(&Kernel) -> (usize, u64)) -> Reply {
        if call.flags == Sysf::CALL {
            if call.tag.label() == proto::KOBJECT && call.utcb.mr(0) == 0x10 {
                self.labels.push(call.utcb.mr(1));
            }
            return Reply::label(0);
        }
        let slot = CapIdx(call.dest.0 & !Sysf::MASK);
        if call.flags.contains(Sysf::REPLY) {
            match self.waiting.remove(&slot.index()) {
                Some(caller) => {
                    self.answered.insert(caller, call.tag.label());
                }
                None if call.flags == Sysf::REPLY_AND_WAIT => {}
                None => return call.fail(ipc_error::NOT_EXISTENT),
            }
        }
        if !call.flags.contains(Sysf::RECV) {
            return Reply::label(0);
        }
        let (object, operation) = next(self);
        let mut request = call.reply(0x60, &[operation]);
        request.label = self.labels[object] | 3;
        self.waiting.insert(slot.index(), self.callers);
        self.callers += 1;
        request
    }
}

#[test]
fn who_abandons_calls_takes_no_slot_from_others() {
    const FLOOD: usize = 1300;
    l4re::cap_alloc::init(0x1000);
    let mut kernel = Kernel::default();
    let (tasks, kept) = (Rc::new(()), Rc::<RefCell<Vec<Deferred<()>>>>::default());
    fake::with(
        |call| {
            kernel.call(call, |kernel| match kernel.callers {
                // Another client waits from the start, and one comes when all slots are taken.
                0 | FLOOD => (1, 1),
                1..FLOOD => (0, 0),
                _ => (0, 2),
            })
        },
        || {
            let registry = Registry::of_thread(common::env(), Cap::new(CapIdx::from_index(5)));
            registry.allow_deferring().unwrap();
            for gate in [0x77, 0x78] {
                let object = Object {
                    registry: registry.clone(),
                    tasks: tasks.clone(),
                    kept: kept.clone(),
                };
                let gate = Cap::<dyn Wait>::new(CapIdx::from_index(gate));
                registry.serve(gate, object).unwrap();
            }
            registry.run().unwrap();
            // The patient ones have kept their places.
            let kept = kept.take();
            assert_eq!(kept.len(), 2);
            for deferred in kept {
                assert!(!deferred.is_given_up());
                deferred.send(Ok(())).unwrap();
            }
        },
    );
    assert_eq!((kernel.answered[&0], kernel.answered[&FLOOD]), (0, 0));
    // The oldest ones of the object that had most were given up, and their tasks with them.
    let given_up: Vec<usize> = (kernel.answered.iter())
        .filter(|(_, label)| **label == -err::EDROPREPLY)
        .map(|(caller, _)| *caller)
        .collect();
    let due: Vec<usize> = (1..=FLOOD + 2 - SLOTS).collect();
    assert_eq!(given_up, due);
    // The end has dropped the others.
    assert_eq!(Rc::strong_count(&tasks), 1);
}
