//! The fake kernel: what the system-call layer is where there is no L4Re.
//!
//! The UTCB of a thread is ordinary memory, and a closure answers the thread's system calls:
//!
//! ```
//! use l4re_sys::*;
//!
//! let (tag, _) = fake::with(
//!     |call| {
//!         assert_eq!(call.tag.label(), proto::LOG);
//!         fake::Reply::label(7)
//!     },
//!     // SAFETY: nothing but the closure above answers.
//!     || unsafe {
//!         let tag = MsgTag::new(proto::LOG, 0, 0, TagFlags::empty());
//!         ipc(CapIdx::LOG, Sysf::CALL, 0, tag, Timeout::NEVER)
//!     },
//! );
//! assert_eq!(tag.label(), 7);
//! ```
//!
//! What a system call leaves in registers is nothing to build on, so the fake kernel spoils it: with
//! [`POISON`], the message registers behind what was sent, before the handler answers, and all buffer
//! registers behind that. A message that holds a spoilt word was not written to its end, and a
//! receiver whose list of buffers leads to one would have received into buffers of an earlier call:
//! both panic.
//!
//! With `--cfg interleavings` the threads are those of a model checker, which the module `checker` knows.

#[cfg(interleavings)]
pub mod atomic;
#[cfg(interleavings)]
pub mod checker;

use crate::item::{MAP, RCV_FORWARD_MAPPINGS, RCV_SINGLE_CAP, WORDS};
use crate::utcb::{BUF_REGS, BufRegs, MSG_REGS};
use crate::{CapIdx, KernelInfo, MsgTag, Sysf, TagFlags, Timeout, Utcb, UtcbRef, ipc_error};
use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::vec::Vec;

/// A system call that a handler is asked to answer.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The destination.
    pub dest: CapIdx,
    /// The phases.
    pub flags: Sysf,
    /// The label sent.
    pub label: u64,
    /// The tag sent.
    pub tag: MsgTag,
    /// The timeouts.
    pub timeout: Timeout,
    /// The calling thread's UTCB: the message is there, and the reply goes there.
    pub utcb: UtcbRef,
}

impl Call {
    /// The untyped words of the message.
    pub fn words(&self) -> Vec<u64> {
        (0..self.tag.words()).map(|i| self.utcb.mr(i)).collect()
    }

    /// The message's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let words = self.words();
        words.iter().flat_map(|w| w.to_le_bytes()).collect()
    }

    /// The two words of each item of the message.
    pub fn items(&self) -> Vec<(u64, u64)> {
        let first = self.tag.words();
        (0..self.tag.items())
            .map(|i| first + 2 * i)
            .map(|i| (self.utcb.mr(i), self.utcb.mr(i + 1)))
            .collect()
    }

    /// Answers with `label` and `words`.
    pub fn reply(&self, label: i64, words: &[u64]) -> Reply {
        for (i, word) in words.iter().enumerate() {
            self.utcb.set_mr(i, *word);
        }
        Reply {
            tag: MsgTag::new(label, words.len(), 0, TagFlags::empty()),
            label: 0,
        }
    }

    /// Fails the call with `error` (one of [`ipc_error`]).
    pub fn fail(&self, error: u64) -> Reply {
        self.utcb.set_error(error);
        Reply {
            tag: MsgTag::new(0, 0, 0, TagFlags::ERROR),
            label: 0,
        }
    }
}

/// What a system call returns.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// The tag received.
    pub tag: MsgTag,
    /// The sender's label.
    pub label: u64,
}

impl Reply {
    /// A reply of nothing but a label.
    pub fn label(label: i64) -> Self {
        Reply {
            tag: MsgTag::new(label, 0, 0, TagFlags::empty()),
            label: 0,
        }
    }
}

type Handler = Box<dyn FnMut(Call) -> Reply>;

/// Variables that each thread has of its own: the host's threads, or the checker's.
#[cfg(not(interleavings))]
#[macro_export]
#[doc(hidden)]
macro_rules! fake_thread_local {
    ($($(#[$doc:meta])* static $name:ident: $ty:ty = const { $init:expr };)*) => {
        std::thread_local! { $($(#[$doc])* static $name: $ty = const { $init };)* }
    };
}
/// Variables that each thread has of its own: the host's threads, or the checker's.
#[cfg(interleavings)]
#[macro_export]
#[doc(hidden)]
macro_rules! fake_thread_local {
    ($($(#[$doc:meta])* static $name:ident: $ty:ty = const { $init:expr };)*) => { $(
        $(#[$doc])*
        static $name: $crate::fake::checker::Local<$ty> =
            $crate::fake::checker::Local::new(|| $init);
    )* };
}
pub use fake_thread_local as thread_local;

/// A thread's UTCB; null until it is first used. It is never freed, since references to it do not say
/// which thread's they are.
struct OwnUtcb(Cell<*mut Utcb>);

impl OwnUtcb {
    fn get(&self) -> *mut Utcb {
        if self.0.get().is_null() {
            self.0.set(Box::into_raw(Box::new(Utcb::ZERO)));
        }
        self.0.get()
    }
}

// The checker makes many threads, and all that they have had ends with an execution.
#[cfg(interleavings)]
impl Drop for OwnUtcb {
    fn drop(&mut self) {
        if !self.0.get().is_null() {
            // SAFETY: `get` made it of a box; the thread is gone.
            drop(unsafe { Box::from_raw(self.0.get()) });
        }
    }
}

thread_local! {
    static UTCB: OwnUtcb = const { OwnUtcb(Cell::new(core::ptr::null_mut())) };
    static HANDLER: RefCell<Option<Handler>> = const { RefCell::new(None) };
    static CLOCK: Cell<u64> = const { Cell::new(0) };
}

/// Runs `body` with `handler` answering the calling thread's system calls. A call made by the
/// handler itself finds no partner.
pub fn with<R>(handler: impl FnMut(Call) -> Reply, body: impl FnOnce() -> R) -> R {
    struct Restore(Option<Handler>);
    impl Drop for Restore {
        fn drop(&mut self) {
            HANDLER.set(self.0.take());
        }
    }
    let handler: Box<dyn FnMut(Call) -> Reply + '_> = Box::new(handler);
    // SAFETY: only the lifetime is changed. `Restore` takes the handler out of the thread's
    // variable before this function returns or unwinds, so it is not used beyond its lifetime.
    let handler: Handler = unsafe { core::mem::transmute(handler) };
    let _restore = Restore(HANDLER.replace(Some(handler)));
    body()
}

/// Sets the calling thread's clock, in microseconds.
pub fn set_clock(us: u64) {
    CLOCK.set(us);
}

/// What is in a register that nobody has written since the last system call.
pub const POISON: u64 = u64::from_ne_bytes(*b"poisoned");

/// The words of the buffers that a message could be received into, for each kind of item: the kernel
/// reads from where the descriptor says up to a void word, or the last register.
///
/// # Panics
/// If a word is [`POISON`], or a list does not end.
pub fn check_buffers(utcb: UtcbRef) {
    let bdr = utcb.bdr();
    assert_ne!(bdr.0, POISON, "the buffer descriptor is an earlier call's");
    for start in [bdr.mem(), bdr.io(), bdr.obj()] {
        let mut at = start;
        loop {
            assert!(at < BUF_REGS, "a list of buffers does not end");
            let word = utcb.br(at);
            assert_ne!(word, POISON, "buffer register {at} is an earlier call's");
            if word & MAP == 0 {
                break;
            }
            let mut words = if word & RCV_SINGLE_CAP == RCV_SINGLE_CAP {
                1
            } else {
                2
            };
            words += usize::from(word & RCV_FORWARD_MAPPINGS != 0);
            for at in at + 1..at + words {
                assert!(at < BUF_REGS, "a buffer does not end");
                assert_ne!(
                    utcb.br(at),
                    POISON,
                    "buffer register {at} is an earlier call's"
                );
            }
            at += words;
        }
    }
}

/// Spoils all registers that a system call may leave changed, as it does by itself.
pub fn spoil(utcb: UtcbRef) {
    spoil_message(utcb, 0);
    spoil_buffers(utcb);
}

/// Spoils the message registers from `first` on.
fn spoil_message(utcb: UtcbRef, first: usize) {
    let poison = &[POISON; MSG_REGS][first..];
    // SAFETY: the registers are valid, and nobody holds a reference into them (`UtcbRef::new`); there
    // are as many from `first` on.
    unsafe {
        let to = utcb.msg_ptr().add(first);
        core::ptr::copy_nonoverlapping(poison.as_ptr(), to, poison.len());
    }
}

fn spoil_buffers(utcb: UtcbRef) {
    const SPOILT: BufRegs = BufRegs {
        bdr: POISON,
        br: [POISON; BUF_REGS],
    };
    // SAFETY: the registers are valid, and nobody holds a reference into them (`UtcbRef::new`).
    unsafe { (&raw mut (*utcb.as_ptr()).buf).write(SPOILT) };
}

/// Checks what is sent and what can be received, and spoils what is behind the message.
fn check(call: &Call) {
    if call.flags.contains(Sysf::SEND) {
        let len = (call.tag.words() + WORDS * call.tag.items()).min(MSG_REGS);
        for i in 0..len {
            assert_ne!(
                call.utcb.mr(i),
                POISON,
                "message register {i} was not written"
            );
        }
        spoil_message(call.utcb, len);
    }
    if call.flags.contains(Sysf::RECV) {
        check_buffers(call.utcb);
    }
}

/// The system call, answered by the handler of [`with`]; without one there is no partner.
///
/// # Safety
/// None here; for L4Re's sake as unsafe as there.
pub unsafe fn ipc(
    dest: CapIdx,
    flags: Sysf,
    label: u64,
    tag: MsgTag,
    timeout: Timeout,
) -> (MsgTag, u64) {
    let call = Call {
        dest,
        flags,
        label,
        tag,
        timeout,
        utcb: utcb(),
    };
    // The handler is taken out while it runs: it may itself make calls, or use `with`.
    let reply = match HANDLER.take() {
        Some(mut handler) => {
            check(&call);
            let reply = handler(call);
            spoil_buffers(call.utcb);
            HANDLER.set(Some(handler));
            reply
        }
        None => call.fail(ipc_error::NOT_EXISTENT),
    };
    (reply.tag, reply.label)
}

/// The calling thread's UTCB, which lives as long as the process.
pub fn utcb() -> UtcbRef {
    // SAFETY: the memory was allocated as a `Utcb` and is never freed; only `UtcbRef`s of the
    // same thread access it.
    unsafe { UtcbRef::new(UTCB.with(OwnUtcb::get)) }
}

/// The clock in microseconds: what [`set_clock`] set.
///
/// # Safety
/// None here; for L4Re's sake as unsafe as there.
pub unsafe fn kip_clock_us(_kip: *const KernelInfo) -> u64 {
    CLOCK.get()
}

/// The clock in nanoseconds: what [`set_clock`] set.
///
/// # Safety
/// None here; for L4Re's sake as unsafe as there.
pub unsafe fn kip_clock_ns(_kip: *const KernelInfo) -> u64 {
    CLOCK.get().wrapping_mul(1000)
}
