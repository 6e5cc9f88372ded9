//! The scheduler as an object: which processors there are, and how threads run.

use super::invoke::{Call, Outcome, Reply};
use super::irq::Irq;
use super::{Handle, Object};
use crate::sched;
use core::cell::Cell;
use l4re_sys::err;
use l4re_sys::op::scheduler as op;
use l4re_sys::sched::CpuSet;

/// Processors that are there, and online.
const CPUS: u64 = 1;

/// An operation of the scheduler protocol.
pub fn invoke(call: &Call) -> Outcome {
    match call.word(0) {
        Some(op::INFO) => info(call).into(),
        Some(op::RUN_THREAD) => match run_thread(call) {
            // The thread may be more urgent than its caller: `pick` sees to it.
            Ok(()) => Ok(Reply::ok()).into(),
            Err(error) => Err(error).into(),
        },
        Some(op::IDLE_TIME) => idle_time(call).into(),
        _ => Err(err::ENOSYS).into(),
    }
}

struct Hotplug(Cell<Handle<Irq>>);
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Hotplug {}
/// Triggered when processors come or go: never, here.
static HOTPLUG: Hotplug = Hotplug(Cell::new(Handle::NONE));

/// The ICU side of the scheduler.
pub fn invoke_icu(call: &Call) -> Result<Reply, i64> {
    super::icu::invoke_single(call, &HOTPLUG.0)
}

fn info(call: &Call) -> Result<Reply, i64> {
    let set = CpuSet {
        gran_offset: call.arg(1)?,
        map: 0,
    };
    if u64::from(set.offset()) >= CPUS {
        return Err(err::ERANGE);
    }
    call.set_word(0, 1);
    call.set_word(1, CPUS);
    call.set_word(2, op::CLASS_FIXED_PRIO);
    Ok(Reply::words(3))
}

fn run_thread(call: &Call) -> Result<(), i64> {
    let set = CpuSet {
        gran_offset: call.arg(1)?,
        map: call.arg(2)?,
    };
    let (priority, quantum) = (call.arg(3)?, call.arg(4)?);
    let cap = call.item(0).ok_or(err::EINVAL)?;
    let Object::Thread(thread) = cap.object() else {
        return Err(err::EINVAL);
    };
    // The read right is enough, as on Fiasco: the C++ interface passes no more on.
    if !(1..=255).contains(&priority) {
        return Err(err::EINVAL);
    }
    sched::set_priority(thread, priority as u8);
    let slice = if quantum == 0 {
        sched::DEFAULT_QUANTUM_US
    } else {
        quantum.clamp(1_000, 10_000_000)
    };
    thread.quantum_us.set(slice);
    // A thread that is given no processor that there is waits until it is given one.
    if set.offset() == 0 && set.map & 1 != 0 {
        thread.has_sched();
    }
    Ok(())
}

fn idle_time(call: &Call) -> Result<Reply, i64> {
    let set = CpuSet {
        gran_offset: call.arg(1)?,
        map: call.arg(2)?,
    };
    if set.offset() != 0 || set.map & 1 == 0 {
        return Err(err::EINVAL);
    }
    call.set_word(0, sched::idle_us());
    Ok(Reply::words(1))
}
