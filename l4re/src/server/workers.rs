//! Threads that answer requests for a registry.
#![allow(unsafe_code)]

use super::deferred::ReplySlot;
use super::objects::Scene;
use super::{Registry, Remote, Served};
use crate::cap::Cap;
use crate::error::{Error, ErrorCode, Result};
use crate::interface::reception::todo;
use crate::interface::{Demand, Incoming, Interface, Lent, Reception, ServedBy, refuse};
use crate::sync::{Condvar, Mutex};
use crate::thread::{Builder, JoinHandle};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use l4re_sys::utcb::MSG_REGS;
use l4re_sys::{MsgTag, err};

/// How many requests wait for a worker at most; more are refused with "it is in use".
const WAITING: usize = 1024;

type Job = Box<dyn FnOnce() + Send>;

struct Queue {
    jobs: VecDeque<Job>,
    /// The workers are to end when all that waits is done.
    ends: bool,
}

struct Pool {
    queue: Mutex<Queue>,
    filled: Condvar,
    /// Answers that the registry's thread has to send: a caller takes that of no other thread
    /// than it called.
    answers: Mutex<Vec<Answer>>,
}

/// An answer, as it stood in the registers of a worker.
struct Answer {
    slot: ReplySlot,
    tag: MsgTag,
    words: Vec<u64>,
    /// What the answer gives away.
    reception: Reception,
}

impl Pool {
    /// Does what comes until the end.
    fn work(&self) {
        loop {
            let mut queue = self.queue.lock();
            self.filled
                .wait_while(&mut queue, |queue| queue.jobs.is_empty() && !queue.ends);
            let Some(job) = queue.jobs.pop_front() else {
                return;
            };
            drop(queue);
            job();
        }
    }

    /// Sends the answers that are there. For the registry's thread.
    fn send_answers(&self) {
        let answers = core::mem::take(&mut *self.answers.lock());
        for answer in answers {
            set_words(&answer.words);
            // The client may be gone.
            let sent = answer.slot.reply(answer.tag).is_ok() && answer.tag.label() >= 0;
            answer.reception.tidy(&Lent::default(), sent);
        }
    }

    fn push(&self, job: Job) -> Result<()> {
        let mut queue = self.queue.lock();
        if queue.ends || queue.jobs.len() >= WAITING {
            drop(queue);
            return Err(Error::Service(ErrorCode(err::EBUSY)));
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.filled.notify_one();
        Ok(())
    }
}

/// Threads that answer requests for a registry: several at a time, also those to one object.
///
/// The registry's thread receives the requests, hands them on, and sends the answers that come back.
/// So an object that has much to do for a request does not keep the others waiting; for one that
/// answers at once, the way is longer than by the registry alone.
///
/// ```no_run
/// # use l4re::{Cap, Env, Result, server::{Registry, Workers}, thread};
/// # use std::sync::Arc;
/// # #[l4re::interface(protocol = 0x47)]
/// # trait Primes { fn largest_below(&self, n: u64) -> Result<u64>; }
/// struct Search;
///
/// impl Primes for Search {
///     fn largest_below(&self, n: u64) -> Result<u64> {
///         let is_prime = |n: &u64| (2..*n).all(|d| !n.is_multiple_of(d));
///         (2..n).rev().find(is_prime).ok_or(l4re::Error::NOT_FOUND)
///     }
/// }
///
/// fn serve(env: &'static Env) -> Result<()> {
///     let registry = Registry::new()?;
///     let workers = Workers::new(4, thread::Builder::new().name("worker"))?;
///     workers.serve(&registry, env.named::<dyn Primes>("primes")?, Arc::new(Search))?;
///     registry.run()
/// }
/// ```
///
/// When it is dropped, the requests that wait are answered, and the threads have ended.
pub struct Workers {
    pool: Arc<Pool>,
    threads: Vec<JoinHandle>,
    /// Stays in the registry's thread, which is to send the last answers.
    stays: PhantomData<*const ()>,
}

impl Workers {
    /// Makes `count` threads, as `builder` says. To be called by the registry's thread.
    ///
    /// # Errors
    /// [`Error::INVALID`] if there are to be none; as [`Builder::spawn`]: then none of them is
    /// left.
    pub fn new(count: usize, builder: Builder) -> Result<Self> {
        if count == 0 {
            return Err(Error::INVALID);
        }
        let pool = Arc::new(Pool {
            queue: Mutex::new(Queue {
                jobs: VecDeque::new(),
                ends: false,
            }),
            filled: Condvar::new(),
            answers: Mutex::new(Vec::new()),
        });
        let mut workers = Workers {
            pool,
            threads: Vec::with_capacity(count),
            stays: PhantomData,
        };
        for _ in 0..count {
            let pool = workers.pool.clone();
            let thread = builder.clone().spawn(move || pool.work())?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Serves an object by a gate, as [`Registry::serve`], but has the workers run its methods.
    /// Its requests bring words only: that they do not bring capabilities or memory is checked
    /// when it is compiled.
    ///
    /// A method's own thread is a worker: what is to be done by the registry, it asks for by a
    /// [`Remote`](super::Remote).
    ///
    /// # Errors
    /// As [`Registry::serve`] and [`Registry::allow_deferring`].
    pub fn serve<I, T>(
        &self,
        registry: &Registry,
        gate: Cap<I>,
        object: Arc<T>,
    ) -> Result<Served<I>>
    where
        I: ServedBy<T> + ?Sized,
        T: Send + Sync + 'static,
    {
        const {
            let demand = <I as Interface>::DEMAND;
            assert!(
                demand.caps == Demand::NONE.caps && demand.memory == Demand::NONE.memory,
                "requests to workers cannot bring capabilities or memory"
            );
        }
        registry.allow_deferring()?;
        let handed_on = HandedOn {
            registry: registry.clone(),
            remote: registry.remote()?,
            pool: self.pool.clone(),
            object,
        };
        let label = registry.add_object(handed_on, hand_on::<I, T>)?;
        registry.bind(gate, label)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.pool.queue.lock().ends = true;
        self.pool.filled.notify_all();
        for thread in self.threads.drain(..) {
            // One of the workers itself goes on alone, to its end.
            let _ = thread.join();
        }
        self.pool.send_answers();
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.threads).finish()
    }
}

/// An object whose methods workers run.
struct HandedOn<T> {
    registry: Registry,
    remote: Remote,
    pool: Arc<Pool>,
    object: Arc<T>,
}

/// The first `count` message registers.
fn words(count: usize) -> Vec<u64> {
    let utcb = l4re_sys::utcb();
    let registers = 0..count.min(MSG_REGS);
    registers.map(|i| utcb.mr(i)).collect()
}

fn set_words(words: &[u64]) {
    let utcb = l4re_sys::utcb();
    for (i, word) in words.iter().enumerate() {
        utcb.set_mr(i, *word);
    }
}

/// Hands a request on.
///
/// # Safety
/// The pointer is to a `HandedOn<T>` that lives.
unsafe fn hand_on<I: ServedBy<T> + ?Sized, T: Send + Sync + 'static>(
    object: *const (),
    tag: MsgTag,
    label: u64,
    scene: &Scene<'_>,
) -> MsgTag {
    // SAFETY: `object` is a `HandedOn<T>` that lives for the call (contract of this function).
    let this = unsafe { &*object.cast::<HandedOn<T>>() };
    let request = Incoming::new(tag, label, scene.lent, scene.reception);
    if tag.items() != 0 {
        return refuse(Error::INVALID);
    }
    let words = words(tag.words());
    let slot = match this.registry.defer_request() {
        Ok(slot) => Refused(Some(slot)),
        Err(error) => return refuse(error),
    };
    let (pool, remote, object) = (this.pool.clone(), this.remote.clone(), this.object.clone());
    let job = move || {
        let mut refused = slot;
        let Some(slot) = refused.0.take() else { return };
        let Some(answer) = answer::<I, T>(&object, tag, label, &words, slot) else {
            return;
        };
        pool.answers.lock().push(answer);
        // If the registry has ended, who drops the workers sends what is left.
        let pool = pool.clone();
        let _ = remote.post(move |_| pool.send_answers());
    };
    // If there is no room, the job has told the client so when it was dropped.
    let _ = this.pool.push(Box::new(job));
    request.no_reply()
}

/// The slot of a request that no worker has taken yet; if it is dropped, the client is told.
struct Refused(Option<ReplySlot>);

impl Drop for Refused {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            let busy = refuse(Error::Service(ErrorCode(err::EBUSY)));
            // The client may be gone.
            let _ = crate::msg::preserve(|| slot.reply(busy));
        }
    }
}

/// Has the object answer a request, in a worker's thread. None if it is not to be answered.
fn answer<I: ServedBy<T> + ?Sized, T>(
    object: &T,
    tag: MsgTag,
    label: u64,
    request: &[u64],
    slot: ReplySlot,
) -> Option<Answer> {
    set_words(request);
    let (lent, reception) = (Lent::default(), Reception::default());
    let incoming = Incoming::new(tag, label, &lent, &reception);
    let tag = I::dispatch(object, &incoming);
    if reception.todo() & todo::NO_REPLY != 0 {
        return None;
    }
    let words = words(tag.words() + l4re_sys::item::WORDS * tag.items());
    Some(Answer {
        slot,
        tag,
        words,
        reception,
    })
}
