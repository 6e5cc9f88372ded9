//! System calls to kernel objects: finding arguments, dispatching, answering.

use super::Object;
use super::binding::Bound;
use super::irq::Irq;
use super::task::Task;
use super::thread::{Progress, Thread};
use crate::cap::{self, Cap, Rights};
use crate::ipc::IpcError;
use l4re_sys::cap::CapIdx;
use l4re_sys::fpage::{Fpage, FpageType};
use l4re_sys::item::{self, MapItem};
use l4re_sys::msgtag::{MsgTag, TagFlags};
use l4re_sys::utcb::{BUF_REGS, MSG_REGS, UtcbRef};
use l4re_sys::{err, proto};

/// What an object answers: the label and how many words stand in the UTCB.
#[derive(Clone, Copy, Debug)]
pub struct Reply(pub MsgTag);

impl Reply {
    /// Label 0, nothing else.
    pub fn ok() -> Self {
        Self::label(0)
    }

    /// This label, nothing else.
    pub fn label(label: i64) -> Self {
        Self(MsgTag::new(label, 0, 0, TagFlags::empty()))
    }

    /// Label 0 and so many words.
    pub fn words(words: usize) -> Self {
        Self(MsgTag::new(0, words, 0, TagFlags::empty()))
    }
}

/// How a system call to an object goes on.
pub enum Outcome {
    /// The answer is there.
    Reply(Reply),
    /// The caller waits; the object has seen to it.
    Blocked,
    /// An IRQ was unmasked: a call goes on to wait for it.
    Receive(&'static Irq),
    /// The object took it and will never answer: who waits for that waits in vain.
    Silence,
    /// The system call fails.
    Error(IpcError),
    /// The caller has other registers now: there is no answer.
    Resumed,
    /// Not yet done: the system call is to be made again, when interrupts had their turn.
    Again,
    /// The answer is there, and this thread is to run.
    Switch(&'static Thread),
    /// The answer is there, and others of the same priority are to run first.
    Yield,
}

impl From<Result<Reply, i64>> for Outcome {
    fn from(result: Result<Reply, i64>) -> Self {
        Self::Reply(result.unwrap_or_else(|error| Reply::label(-error)))
    }
}

/// A system call to an object.
pub struct Call {
    /// Who calls.
    pub caller: Bound,
    /// The caller's task, where its capabilities are found.
    pub task: &'static Task,
    /// The rights of the capability used.
    pub rights: Rights,
    tag: MsgTag,
}

impl Call {
    /// A call by `caller` with this tag.
    pub fn new(caller: Bound, task: &'static Task, rights: Rights, tag: MsgTag) -> Self {
        Self {
            caller,
            task,
            rights,
            tag,
        }
    }

    fn utcb(&self) -> UtcbRef {
        self.caller.utcb()
    }

    /// How many words were sent.
    pub fn words(&self) -> usize {
        self.tag.words().min(MSG_REGS)
    }

    /// The protocol.
    pub fn label(&self) -> i64 {
        self.tag.label()
    }

    /// A word of the message, if it was sent.
    pub fn word(&self, n: usize) -> Option<u64> {
        (n < self.words()).then(|| self.utcb().mr(n))
    }

    /// A word that the operation needs.
    pub fn arg(&self, n: usize) -> Result<u64, i64> {
        self.word(n).ok_or(err::EMSGTOOSHORT)
    }

    /// Sets a word of the answer.
    pub fn set_word(&self, n: usize, value: u64) {
        self.utcb().set_mr(n, value);
    }

    /// Bytes of the message from word `first` on.
    pub fn byte(&self, first: usize, n: usize) -> Option<u8> {
        let word = self.word(first + n / 8)?;
        Some((word >> (8 * (n % 8))) as u8)
    }

    /// The capability that the n-th item names. Its rights are those of the capability:
    /// a message to the kernel passes nothing on, and L4Re's C++ stubs name all that they
    /// send to kernel objects with the right to read alone.
    pub fn item(&self, n: usize) -> Option<Cap> {
        let at = self.words() + item::WORDS * n;
        if n >= self.tag.items() || at + 1 >= MSG_REGS {
            return None;
        }
        let item = MapItem {
            control: self.utcb().mr(at),
            fpage: Fpage::from_raw(self.utcb().mr(at + 1)),
        };
        if item.is_void() || item.fpage.kind() != FpageType::Obj {
            return None;
        }
        self.task.caps.get(cap::position(item.fpage.cap())?)
    }

    /// How far the operation came, if this is a call that is made again to go on; else 0.
    pub fn progress(&self) -> u64 {
        let kept = self.caller.progress.replace(Progress::NONE);
        if kept.of == self.fingerprint() {
            kept.at
        } else {
            0
        }
    }

    /// Has the call be made again, to go on at `at`, which is not 0.
    pub fn go_on_at(&self, at: u64) -> Outcome {
        let of = self.fingerprint();
        self.caller.progress.set(Progress { of, at });
        Outcome::Again
    }

    /// By which a call that is made again is told from another one: its place in the
    /// program, its tag and its first words. Never 0. A thread that is mistaken all the same
    /// made the same call at the same place, and leaves out a part of its own work.
    fn fingerprint(&self) -> u64 {
        let place = self.caller.regs().ip;
        let words = (0..self.words().min(8)).map(|n| self.utcb().mr(n));
        let mix =
            |sum: u64, word: u64| (sum.rotate_left(7) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        words.fold(mix(place, self.tag.0), mix) | 1
    }

    /// Whether an n-th item was sent at all.
    pub fn has_item(&self, n: usize) -> bool {
        n < self.tag.items()
    }

    /// The caller's buffer for a new capability: a position in its table.
    pub fn receive_position(&self) -> Option<usize> {
        let (utcb, at) = (self.utcb(), self.utcb().bdr().obj());
        let word = utcb.br(at);
        if word & item::RCV_SINGLE_CAP == item::RCV_SINGLE_CAP {
            return cap::position(CapIdx(word & item::CONTROL_MASK));
        }
        // A window of slots: the first.
        let window = Fpage::from_raw(if at + 1 < BUF_REGS {
            utcb.br(at + 1)
        } else {
            0
        });
        let fits = word & item::MAP != 0 && window.kind() == FpageType::Obj;
        fits.then(|| cap::position(window.cap())).flatten()
    }
}

/// Hands a call to the object it is for.
pub fn dispatch(object: Object, call: &Call) -> Outcome {
    match (object, call.label()) {
        (Object::Task(task), proto::TASK) => task.invoke(call),
        (Object::Thread(thread), proto::THREAD) => thread.invoke(call),
        (Object::Factory(factory), proto::FACTORY) => factory.invoke(call),
        (Object::Scheduler, proto::SCHEDULER) => super::scheduler::invoke(call),
        (Object::Vcon, proto::LOG) => super::vcon::invoke(call).into(),
        (Object::Scheduler, proto::IRQ) => super::scheduler::invoke_icu(call).into(),
        (Object::Vcon, proto::IRQ) => super::vcon::invoke_icu(call).into(),
        (Object::Icu, proto::IRQ) => super::icu::invoke(call).into(),
        (Object::Icu, proto::PLATFORM_CTL) => super::icu::platform_control(call).into(),
        (Object::Debugger, proto::DEBUGGER) => super::debugger::invoke(call).into(),
        (Object::ThreadGroup(group), proto::THREAD_GROUP) => group.invoke(call).into(),
        (Object::Gate(gate), proto::KOBJECT) => gate.invoke(call).into(),
        (Object::Irq(irq), _) => irq.invoke(call),
        (Object::Semaphore(semaphore), _) => semaphore.invoke(call),
        _ => Err(err::EBADPROTO).into(),
    }
}
