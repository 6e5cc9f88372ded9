//! Threads that answer for a registry.

use crate::{Outcome, ok, timeout_ms};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use l4re::server::{Registry, Remote, Workers};
use l4re::sync::{Mutex, Semaphore, mpsc};
use l4re::sys::{MsgTag, Sysf, TagFlags, err};
use l4re::thread::{self, Builder, JoinHandle};
use l4re::{Cap, OwnedCap, Result, start, time};
use test_services::check;

#[l4re::interface(protocol = 0x73)]
trait Shared {
    fn add(&self, n: u32) -> Result<u32>;
    fn text(&self, text: &str, numbers: &[u64]) -> Result<String>;
    /// Waits until somebody calls `open`.
    fn wait(&self) -> Result<u32>;
    fn open(&self, n: u32) -> Result<()>;
    #[send_only]
    fn tell(&self, n: u32) -> Result<()>;
    fn who(&self) -> Result<u64>;
    fn end(&self) -> Result<()>;
}

struct Object {
    sum: AtomicU32,
    door: Semaphore,
    remote: Remote,
    names: Mutex<Vec<u64>>,
}

impl Shared for Object {
    fn add(&self, n: u32) -> Result<u32> {
        Ok(self.sum.fetch_add(n, Ordering::Relaxed).wrapping_add(n))
    }
    fn text(&self, text: &str, numbers: &[u64]) -> Result<String> {
        // The arguments survive what the method asks of others.
        time::sleep(Duration::from_micros(200));
        let sum: u64 = numbers.iter().sum();
        Ok(alloc::format!("{text} {sum}"))
    }
    fn wait(&self) -> Result<u32> {
        self.door.acquire();
        Ok(self.sum.load(Ordering::Relaxed))
    }
    fn open(&self, n: u32) -> Result<()> {
        self.door.release(n);
        Ok(())
    }
    fn tell(&self, n: u32) -> Result<()> {
        self.add(n).map(drop)
    }
    fn who(&self) -> Result<u64> {
        let number = thread::current().number();
        self.names.lock().push(number);
        Ok(number)
    }
    fn end(&self) -> Result<()> {
        self.remote.stop();
        Ok(())
    }
}

const WORKERS: usize = 4;

fn serve() -> Result<(OwnedCap<dyn Shared>, JoinHandle)> {
    let gate: OwnedCap<dyn Shared> = start::env().factory().create_gate()?.cast();
    let cap = gate.cap();
    let (ready, is_ready) = mpsc::channel();
    let thread = Builder::new().name("front").spawn(move || {
        let run = || -> Result<()> {
            let registry = Registry::new()?;
            let workers = Workers::new(WORKERS, Builder::new().name("worker"))?;
            let object = Object {
                sum: AtomicU32::new(0),
                door: Semaphore::new(0),
                remote: registry.remote()?,
                names: Mutex::new(Vec::new()),
            };
            workers.serve(&registry, cap, Arc::new(object))?;
            let _ = ready.send(());
            registry.run()
        };
        run().expect("the server ends well");
    })?;
    let _ = is_ready.recv();
    Ok((gate, thread))
}

/// A call by hand that gives up.
fn impatient_call(shared: Cap<dyn Shared>, op: u64, ms: u64) -> MsgTag {
    l4re::sys::utcb().set_mr(0, op);
    let tag = MsgTag::new(0x73, 1, 0, TagFlags::empty());
    // SAFETY: nothing is received but words.
    unsafe { l4re::sys::ipc(shared.idx(), Sysf::CALL, 0, tag, timeout_ms(ms)).0 }
}

fn answers(shared: Cap<dyn Shared>) -> Outcome {
    check!(ok(shared.add(5))? == 5);
    check!(ok(shared.text("ab", &[1, 2, 3]))? == "ab 6");
    let own = thread::current().number();
    check!(ok(shared.who())? != own);
    // Malformed ones are refused as ever: no operation, and one that there is not.
    let tag = impatient_call(shared, 77, 2000);
    check!(tag.label() == -err::ENOSYS);
    let tag = MsgTag::new(0x99, 1, 0, TagFlags::empty());
    // SAFETY: nothing is received but words.
    let (tag, _) = unsafe { l4re::sys::ipc(shared.idx(), Sysf::CALL, 0, tag, timeout_ms(2000)) };
    check!(tag.label() == -err::EBADPROTO);
    Ok(())
}

fn right_client(shared: Cap<dyn Shared>) -> Outcome {
    ok(thread::scope(|scope| {
        let threads: Result<Vec<_>> = (0..6u64)
            .map(|i| {
                scope.spawn_with(Builder::new().prio(1 + i % 3), move || {
                    (0..100u64).all(|n| {
                        let text = alloc::format!("{i}-{n}");
                        let due = alloc::format!("{text} {}", i + n);
                        shared.text(&text, &[i, n]) == Ok(due)
                    })
                })
            })
            .collect();
        for thread in threads? {
            assert!(thread.join()?, "each gets the answer to its own request");
        }
        Ok(())
    }))
}

fn several_at_a_time(shared: Cap<dyn Shared>) -> Outcome {
    // All but one worker wait; the last one goes on answering.
    ok(thread::scope(|scope| {
        for _ in 1..WORKERS {
            scope.spawn(move || assert!(shared.wait().is_ok()))?;
        }
        time::sleep(Duration::from_millis(20));
        for _ in 0..50 {
            shared.add(1)?;
        }
        shared.open(WORKERS as u32 - 1)
    }))
}

fn callers_give_up(shared: Cap<dyn Shared>) -> Outcome {
    for _ in 0..30 {
        for _ in 0..WORKERS - 1 {
            // (One that comes late may find the door open for one before it.)
            impatient_call(shared, 2, 1);
        }
        // Their methods are still in it, and answer to nobody.
        ok(shared.open(WORKERS as u32 - 1))?;
    }
    answers_still(shared)
}

fn answers_still(shared: Cap<dyn Shared>) -> Outcome {
    check!(ok(shared.text("still", &[]))? == "still 0");
    Ok(())
}

fn flood(shared: Cap<dyn Shared>) -> Outcome {
    let before = ok(shared.add(0))?;
    for _ in 0..5_000 {
        ok(shared.tell(1))?;
    }
    // Those for which there was no room are lost, as such messages may be.
    let after = ok(shared.add(0))?;
    check!(after > before && after - before <= 5_000);
    answers_still(shared)
}

fn clients_die(shared: Cap<dyn Shared>) -> Outcome {
    // Threads that are deleted while they wait for an answer.
    for _ in 0..20 {
        let caller = ok(thread::spawn(move || {
            let _ = shared.wait();
        }))?;
        time::sleep(Duration::from_millis(2));
        // The call is cut off, and the caller ends.
        // SAFETY: it goes on where it is: the call returns with an error.
        let cut = unsafe {
            caller
                .thread()
                .ex_regs(u64::MAX, u64::MAX, l4re::sys::op::thread::EX_REGS_CANCEL)
        };
        ok(cut.map(drop))?;
        ok(caller.join())?;
        ok(shared.open(1))?;
    }
    answers_still(shared)
}

fn end(gate: OwnedCap<dyn Shared>, thread: JoinHandle) -> Outcome {
    ok(gate.end())?;
    ok(thread.join())
}

pub fn run(tap: &mut test_services::Tap) -> Result<()> {
    let (gate, thread) = serve()?;
    let shared = gate.cap();
    type Test = (&'static str, fn(Cap<dyn Shared>) -> Outcome);
    let cases: [Test; 6] = [
        ("workers: requests are answered", answers),
        ("workers: answers reach their own clients", right_client),
        ("workers: several requests at a time", several_at_a_time),
        ("workers: callers that do not wait", callers_give_up),
        ("workers: callers that are cut off", clients_die),
        ("workers: a flood of messages", flood),
    ];
    for (name, case) in cases {
        tap.case(name, case(shared));
    }
    tap.case("workers: a clean end", end(gate, thread));
    Ok(())
}
