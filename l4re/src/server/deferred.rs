//! Answers that are given later.

use crate::error::{Error, ErrorCode, Result};
use crate::interface::{Encoder, Out, Reception, refuse};
use crate::ipc;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU64, Ordering};
use l4re_sys::{CapIdx, MsgTag, Sysf, Timeout, err};

/// How many requests a program can have deferred.
pub const SLOTS: usize = 16 * BITS;
const BITS: usize = u64::BITS as usize;

/// A set bit is a slot for a reply capability that is in use.
static USED: [AtomicU64; SLOTS / BITS] = [const { AtomicU64::new(0) }; SLOTS / BITS];

/// A slot for a reply capability, given back when dropped.
#[derive(Debug)]
pub struct ReplySlot {
    number: usize,
    idx: CapIdx,
}

impl ReplySlot {
    /// A free slot; `first` is the first that the program may use.
    pub fn alloc(first: u64) -> Result<Self> {
        for (i, word) in USED.iter().enumerate() {
            let mut bits = word.load(Ordering::Relaxed);
            while bits != u64::MAX {
                let bit = bits.trailing_ones();
                let taken = bits | 1 << bit;
                let order = Ordering::Acquire;
                match word.compare_exchange_weak(bits, taken, order, Ordering::Relaxed) {
                    Ok(_) => {
                        let number = i * BITS + bit as usize;
                        let idx = CapIdx::reply(first + number as u64);
                        return Ok(ReplySlot { number, idx });
                    }
                    Err(now) => bits = now,
                }
            }
        }
        Err(Error::NoCapSlot)
    }

    /// The slot.
    pub fn idx(&self) -> CapIdx {
        self.idx
    }
}

impl Drop for ReplySlot {
    fn drop(&mut self) {
        if let Some(word) = USED.get(self.number / BITS) {
            word.fetch_and(!(1 << (self.number % BITS)), Ordering::Release);
        }
    }
}

/// A request that is answered later, by [`Deferred::send`]. `R` is what the method returns if all is
/// well.
///
/// It stays in its registry's thread: a caller takes the answer of no other thread than it called.
///
/// If it is dropped instead, the client gets the error "input or output failed".
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

    /// Answers.
    ///
    /// # Errors
    /// An IPC error: the client does not wait any more.
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
        reply_by(&slot, tag.unwrap_or_else(refuse))
    }
}

impl<R> Drop for Deferred<R> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            let error = Error::Service(ErrorCode(err::EIO));
            // The client may be gone.
            let _ = crate::msg::preserve(|| reply_by(&slot, refuse(error)));
        }
    }
}

/// Answers by the reply capability in a slot, with the message in the registers.
#[allow(unsafe_code)]
pub(super) fn reply_by(slot: &ReplySlot, tag: MsgTag) -> Result<()> {
    let flags = Sysf::REPLY | Sysf::SEND;
    // SAFETY: sending an answer changes nothing of the program's own.
    let (tag, _) = unsafe { l4re_sys::ipc(slot.idx(), flags, 0, tag, Timeout::SEND_ZERO) };
    ipc::check_ipc(tag).map(drop)
}
