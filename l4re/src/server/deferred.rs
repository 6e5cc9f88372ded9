//! Answers that are given later.

use crate::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use crate::error::{Error, ErrorCode, Result};
use crate::interface::{Encoder, Lent, Out, Reception, refuse};
use crate::ipc;
use crate::msg;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::marker::PhantomData;
use l4re_sys::{CapIdx, MsgTag, Sysf, Timeout, err};

/// How many requests a program can have deferred.
pub const SLOTS: usize = 16 * BITS;
const BITS: usize = u64::BITS as usize;

/// How many requests can be kept that are deferred, or were until they were given up.
const MOST_KEPT: usize = 2 * SLOTS;

/// A set bit is a slot for a reply capability that is in use.
static USED: [AtomicU64; SLOTS / BITS] = [const { AtomicU64::new(0) }; SLOTS / BITS];

/// How many [`ReplySlot`]s there are.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// In place of the answer to a request that is given up.
const GIVEN_UP: Error = Error::Service(ErrorCode(err::EDROPREPLY));

/// A free slot, and its number.
fn alloc(first: u64) -> Option<(usize, CapIdx)> {
    for (i, word) in USED.iter().enumerate() {
        let mut bits = word.load(Ordering::Relaxed);
        while bits != u64::MAX {
            let bit = bits.trailing_ones();
            let taken = bits | 1 << bit;
            let order = Ordering::Acquire;
            match word.compare_exchange_weak(bits, taken, order, Ordering::Relaxed) {
                Ok(_) => {
                    let number = i * BITS + bit as usize;
                    return Some((number, CapIdx::reply(first + number as u64)));
                }
                Err(now) => bits = now,
            }
        }
    }
    None
}

/// A slot for a reply capability, as long as nobody has answered by it.
#[derive(Debug)]
pub(super) struct Waiting {
    number: usize,
    idx: CapIdx,
    /// Whoever sets it answers, or not, and the slot is free.
    over: AtomicBool,
}

impl Waiting {
    /// Answers with the message in the registers, if nobody has yet. A reply capability is void when
    /// it has been used, whatever came of it.
    #[allow(unsafe_code)]
    fn reply(&self, tag: MsgTag) -> Result<()> {
        if self.over.swap(true, Ordering::AcqRel) {
            return Err(GIVEN_UP);
        }
        let flags = Sysf::REPLY | Sysf::SEND;
        // SAFETY: sending an answer changes nothing of the program's own.
        let (tag, _) = unsafe { l4re_sys::ipc(self.idx, flags, 0, tag, Timeout::SEND_ZERO) };
        let sent = ipc::check_ipc(tag).map(drop);
        self.free();
        sent
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn free(&self) {
        if let Some(word) = USED.get(self.number / BITS) {
            word.fetch_and(!(1 << (self.number % BITS)), Ordering::Release);
        }
    }
}

/// A slot for a reply capability, given back when dropped.
#[derive(Debug)]
pub struct ReplySlot {
    waiting: Arc<Waiting>,
}

impl ReplySlot {
    /// A free slot; `first` is the first that the program may use.
    pub fn alloc(first: u64) -> Result<Self> {
        if KEPT.fetch_add(1, Ordering::Relaxed) >= MOST_KEPT {
            KEPT.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::NoCapSlot);
        }
        let Some((number, idx)) = alloc(first) else {
            KEPT.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::NoCapSlot);
        };
        Ok(ReplySlot {
            waiting: Arc::new(Waiting {
                number,
                idx,
                over: AtomicBool::new(false),
            }),
        })
    }

    /// The slot.
    pub fn idx(&self) -> CapIdx {
        self.waiting.idx
    }

    pub(super) fn waiting(&self) -> &Arc<Waiting> {
        &self.waiting
    }

    /// Whether the request has been given up.
    pub fn is_over(&self) -> bool {
        self.waiting.is_over()
    }

    /// Answers with the message in the registers.
    pub(super) fn reply(&self, tag: MsgTag) -> Result<()> {
        self.waiting.reply(tag)
    }
}

impl Drop for ReplySlot {
    fn drop(&mut self) {
        KEPT.fetch_sub(1, Ordering::Relaxed);
        if !self.waiting.over.swap(true, Ordering::AcqRel) {
            self.waiting.free();
        }
    }
}

/// The requests that a registry has deferred, the oldest first.
#[derive(Default)]
pub(super) struct DeferredRequests {
    all: RefCell<Vec<Request>>,
    /// When those that are answered are next looked for.
    sweep: Cell<usize>,
}

struct Request {
    /// The label of the object.
    object: u64,
    waiting: Arc<Waiting>,
    /// The task that is to answer it.
    task: Option<u64>,
}

impl DeferredRequests {
    /// Notes that a request to an object is deferred.
    pub(super) fn add(&self, object: u64, slot: &ReplySlot) {
        let mut all = self.all.borrow_mut();
        if all.len() >= self.sweep.get() {
            all.retain(|request| !request.waiting.is_over());
            self.sweep.set(2 * all.len() + 16);
        }
        all.push(Request {
            object,
            waiting: slot.waiting().clone(),
            task: None,
        });
    }

    /// Notes which task is to answer the request that was deferred last.
    pub(super) fn set_task(&self, task: u64) {
        if let Some(last) = self.all.borrow_mut().last_mut() {
            last.task = Some(task);
        }
    }

    /// Gives up a request, so that its slot is free: the oldest of the object that has most. No
    /// kernel tells which callers still wait, so whoever calls and goes away, again and again, finds
    /// his own calls given up. Returns the task that was to answer it; none if there is no request.
    pub(super) fn give_up(&self) -> Option<Option<u64>> {
        let mut all = self.all.borrow_mut();
        all.retain(|request| !request.waiting.is_over());
        let mut counts = BTreeMap::new();
        for request in all.iter() {
            *counts.entry(request.object).or_insert(0usize) += 1;
        }
        let (&most, _) = counts.iter().max_by_key(|(_, count)| **count)?;
        let oldest = all.iter().position(|request| request.object == most)?;
        let request = all.remove(oldest);
        drop(all);
        // The caller may be gone. Or the request has just been answered: then its slot is free, too.
        let _ = msg::preserve(|| request.waiting.reply(refuse(GIVEN_UP)));
        Some(request.task)
    }
}

/// A request that is answered later, by [`Deferred::send`]. `R` is what the method returns if all is
/// well.
///
/// It stays in its registry's thread: a caller takes the answer of no other thread than it called.
///
/// If it is dropped instead, the client gets the error "input or output failed".
///
/// There is room for 1024 requests. If that is used up, the registry gives up the oldest one to the
/// object that has most: its caller, if it still waits, gets the error "the object has given the
/// request up".
#[derive(Debug)]
pub struct Deferred<R> {
    slot: Option<ReplySlot>,
    result: PhantomData<fn(R)>,
    stays: PhantomData<*const ()>,
}

impl<R: Out> Deferred<R> {
    pub(super) fn new(slot: ReplySlot) -> Self {
        Deferred {
            slot: Some(slot),
            result: PhantomData,
            stays: PhantomData,
        }
    }

    /// Answers. A new [session](super::Registry::session) in the result is dropped if the client does
    /// not get it.
    ///
    /// # Errors
    /// An IPC error: the client does not wait any more. The error "the object has given the request
    /// up".
    pub fn send(mut self, result: Result<R>) -> Result<()> {
        let Some(slot) = self.slot.take() else {
            return Ok(());
        };
        let reception = Reception::default();
        let tag = result.and_then(|result| {
            let mut to = Encoder::new();
            result.put(&mut to);
            result.put_item(&mut to, &reception);
            to.tag(0)
        });
        let tag = tag.unwrap_or_else(refuse);
        let sent = slot.reply(tag);
        reception.tidy(&Lent::default(), sent.is_ok() && tag.label() >= 0);
        sent
    }
}

impl<R> Deferred<R> {
    /// Whether the registry has given the request up: nobody waits for the answer.
    pub fn is_given_up(&self) -> bool {
        self.slot.as_ref().is_none_or(ReplySlot::is_over)
    }
}

impl<R> Drop for Deferred<R> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            let error = Error::Service(ErrorCode(err::EIO));
            // The client may be gone.
            let _ = msg::preserve(|| slot.reply(refuse(error)));
        }
    }
}
