//! What reaches a registry from other threads.
#![cfg(interleavings)]

use l4re::server::{Registry, Workers};
use l4re::sync::mpsc;
use l4re::thread::Builder;
use l4re::{Cap, Error, OwnedCap, Result};
use l4re_interleavings::{Kernel, check, spawn};
use shuttle::thread::{JoinHandle, yield_now};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[test]
fn work_of_other_threads_is_done_once_each_and_none_is_left() {
    check(|kernel| {
        let registry = Registry::new().unwrap();
        let done = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (remote, done) = (registry.remote().unwrap(), done.clone());
                spawn(kernel, move |_| {
                    for _ in 0..2 {
                        let done = done.clone();
                        let work = move |registry: &Registry| {
                            if done.fetch_add(1, Ordering::Relaxed) == 3 {
                                registry.stop();
                            }
                        };
                        remote.post(work).unwrap();
                    }
                })
            })
            .collect();
        registry.run().unwrap();
        assert_eq!(done.load(Ordering::Relaxed), 4);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_registry_that_ends_refuses_or_drops_what_is_posted() {
    check(|kernel| {
        let registry = Registry::new().unwrap();
        let (remote, other) = (registry.remote().unwrap(), registry.remote().unwrap());
        let counted = Arc::new(());
        let held = counted.clone();
        let posts = spawn(kernel, move |_| {
            let mut posted = 0;
            for _ in 0..3 {
                let held = held.clone();
                match remote.post(move |_| drop(held)) {
                    Ok(()) => posted += 1,
                    Err(error) => assert_eq!(error, Error::NOT_FOUND),
                }
            }
            posted
        });
        let stops = spawn(kernel, move |_| other.stop());
        registry.run().unwrap();
        stops.join().unwrap();
        posts.join().unwrap();
        assert_eq!(Arc::strong_count(&counted), 1);
    });
}

#[test]
fn a_task_gets_what_other_threads_send() {
    check(|kernel| {
        let registry = Registry::new().unwrap();
        let (sender, receiver) = mpsc::bounded(1);
        let threads: Vec<_> = (0..2)
            .map(|n| {
                let sender = sender.clone();
                spawn(kernel, move |_| sender.send(n).unwrap())
            })
            .collect();
        drop(sender);
        let sum = Rc::new(Cell::new(0));
        let (own, to) = (registry.clone(), sum.clone());
        let task = registry.spawn(async move {
            while let Some(n) = receiver.next().await {
                to.set(to.get() + n + 1);
            }
            own.stop();
        });
        task.unwrap().detach();
        registry.run().unwrap();
        assert_eq!(sum.get(), 3);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}

#[l4re::interface(protocol = 0x47)]
trait Sum {
    fn add(&self, n: u32) -> Result<u32>;
}

#[derive(Default)]
struct Adder(AtomicU32);

impl Sum for Adder {
    fn add(&self, n: u32) -> Result<u32> {
        let before = self.0.load(Ordering::Relaxed);
        yield_now();
        self.0.fetch_add(n, Ordering::Relaxed);
        Ok(before.max(n))
    }
}

/// Threads that each ask once; the last of them stops the registry.
fn clients(kernel: &Kernel, registry: &Registry, sum: Cap<dyn Sum>, n: u32) -> Vec<JoinHandle<()>> {
    let left = Arc::new(AtomicU32::new(n));
    let clients = (1..=n).map(|i| {
        let (remote, left) = (registry.remote().unwrap(), left.clone());
        spawn(kernel, move |_| {
            assert!(sum.add(i).unwrap() >= i);
            if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                remote.stop();
            }
        })
    });
    clients.collect()
}

#[test]
fn workers_answer_each_caller_and_end() {
    check(|kernel| {
        let registry = Registry::new().unwrap();
        let workers = Workers::new(2, Builder::new().stack_size(0x1000)).unwrap();
        let gate: OwnedCap<dyn Sum> = kernel.env().factory().create_gate().unwrap().cast();
        let adder = Arc::new(Adder::default());
        workers.serve(&registry, gate.cap(), adder.clone()).unwrap();
        let clients = clients(kernel, &registry, gate.cap(), 3);
        registry.run().unwrap();
        drop(workers);
        clients
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(adder.0.load(Ordering::Relaxed), 6);
    });
}

struct Later(Registry, Arc<AtomicU32>);

impl Sum for Later {
    fn add(&self, n: u32) -> Result<u32> {
        let (sender, receiver) = mpsc::channel();
        let to = self.1.clone();
        let thread = Builder::new().stack_size(0x1000).spawn(move || {
            to.fetch_add(n, Ordering::Relaxed);
            let _ = sender.send(n);
        })?;
        drop(thread);
        self.0
            .answer(async move { receiver.next().await.ok_or(Error::NOT_FOUND) })
    }
}

#[test]
fn answers_that_other_threads_have_reach_their_callers() {
    check(|kernel| {
        let registry = Registry::new().unwrap();
        registry.allow_deferring().unwrap();
        let gate: OwnedCap<dyn Sum> = kernel.env().factory().create_gate().unwrap().cast();
        let total = Arc::new(AtomicU32::new(0));
        let object = Later(registry.clone(), total.clone());
        registry.serve(gate.cap(), object).unwrap();
        let clients = clients(kernel, &registry, gate.cap(), 2);
        registry.run().unwrap();
        clients
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(total.load(Ordering::Relaxed), 3);
    });
}
