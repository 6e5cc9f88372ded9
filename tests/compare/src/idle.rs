//! A thread that runs when no other can, and tells the parent: so that it need not wait by time.

use crate::notes::notes;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use l4re::sys::{CapIdx, MsgTag, Sysf, TagFlags, Timeout, op, proto, utcb};
use test_pressure as kit;

/// How long a kernel may keep a thread waiting before it is taken to wait for another.
const REST_US: u64 = 4_000;

/// The semaphore that it waits at, and the gate that it tells by.
static SEMAPHORE: AtomicU64 = AtomicU64::new(0);
static GATE: AtomicU64 = AtomicU64::new(0);
/// What it tells: the number of the last wish to know.
static WISH: AtomicU64 = AtomicU64::new(0);

/// Sets what the thread uses.
pub fn set(semaphore: CapIdx, gate: CapIdx) {
    SEMAPHORE.store(semaphore.0, Relaxed);
    GATE.store(gate.0, Relaxed);
}

/// Asks to be told when no thread of more priority can run.
pub fn ask() {
    WISH.fetch_add(1, Relaxed);
    kit::trigger(CapIdx(SEMAPHORE.load(Relaxed)));
}

/// Whether a message tells what was asked for last.
pub fn is_answer(word: u64) -> bool {
    word == WISH.load(Relaxed)
}

/// What the thread does.
pub fn run(_: u64) {
    let (semaphore, gate) = (CapIdx(SEMAPHORE.load(Relaxed)), CapIdx(GATE.load(Relaxed)));
    loop {
        utcb().set_mr(0, op::semaphore::DOWN);
        let tag = MsgTag::new(proto::SEMAPHORE, 1, 0, TagFlags::empty());
        kit::raw(semaphore, Sysf::CALL, tag, Timeout::NEVER);
        // It may be the kernel that another thread waits for.
        loop {
            let before = notes().progress();
            kit::sleep_us(REST_US);
            if notes().progress() == before {
                break;
            }
        }
        utcb().set_mr(0, WISH.load(Relaxed));
        let tag = MsgTag::new(0, 1, 0, TagFlags::empty());
        kit::raw(gate, Sysf::SEND, tag, Timeout::NEVER);
    }
}
