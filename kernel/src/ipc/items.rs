//! Typed items of a message: memory and capabilities that the receiver gets.

use super::{Hitch, IpcError};
use crate::cap::{self, Rights};
use crate::obj::Object;
use crate::obj::binding::Bound;
use crate::obj::gate::Gate;
use crate::obj::task::Task;
use crate::obj::thread::Thread;
use crate::space::map::{self, How, Stop, passed_rights};
use crate::util::budget::Work;
use l4re_sys::cap::CapIdx;
use l4re_sys::fpage::{self, Fpage, FpageType};
use l4re_sys::item::{self, MapItem, ReturnItem};
use l4re_sys::utcb::{BUF_REGS, MSG_REGS, UtcbRef};

/// A receiver's buffer.
struct Buffer {
    window: Fpage,
    local_id: bool,
    task: &'static Task,
}

/// The receiver's buffers of one type, in order.
struct Buffers {
    utcb: UtcbRef,
    next: usize,
    kind: FpageType,
    current: Option<(Fpage, bool, Option<CapIdx>)>,
}

impl Buffers {
    fn new(utcb: UtcbRef, kind: FpageType) -> Self {
        let bdr = utcb.bdr();
        let next = match kind {
            FpageType::Memory => bdr.mem(),
            FpageType::Io => bdr.io(),
            _ => bdr.obj(),
        };
        Self {
            utcb,
            next,
            kind,
            current: None,
        }
    }

    fn word(&self, n: usize) -> u64 {
        if n < BUF_REGS { self.utcb.br(n) } else { 0 }
    }

    /// Moves on to the next buffer.
    fn advance(&mut self) -> Option<()> {
        let word = self.word(self.next);
        if word & item::MAP == 0 {
            return None;
        }
        let single = word & item::RCV_SINGLE_CAP == item::RCV_SINGLE_CAP;
        let forward = word & item::RCV_FORWARD_MAPPINGS != 0;
        let mut used = 1;
        let window = if single {
            Fpage::obj(
                CapIdx(word & item::CONTROL_MASK),
                0,
                l4re_sys::ObjRights::RWSD,
            )
        } else {
            used += 1;
            Fpage::from_raw(self.word(self.next + 1))
        };
        let task = forward.then(|| {
            used += 1;
            CapIdx(self.word(self.next + used - 1))
        });
        self.next += used;
        self.current = Some((window, word & item::RCV_LOCAL_ID != 0 && single, task));
        Some(())
    }
}

/// Sends `count` items that stand behind `words` words. What the receiver finds in their
/// place tells what became of each. Items that do not stand in the message registers are
/// not there. `from` is how far the message came before, as the hitch has it.
pub(super) fn transfer(
    sender: Bound,
    receiver: Bound,
    words: usize,
    count: usize,
    pass_special: bool,
    from: u64,
) -> Result<(), Hitch> {
    let (Some(source), Some(target)) = (sender.task(), receiver.task()) else {
        return Err(IpcError::MSG_CUT.into());
    };
    let stay = Stay::from(from);
    let (sent_by, to) = (sender.utcb(), receiver.utcb());
    let kinds = [FpageType::Memory, FpageType::Io, FpageType::Obj];
    let mut buffers = kinds.map(|kind| Buffers::new(to, kind));
    let mut continued = false;
    for n in 0..count {
        let at = words + item::WORDS * n;
        if at + 1 >= MSG_REGS {
            break;
        }
        let sent = MapItem {
            control: sent_by.mr(at),
            fpage: Fpage::from_raw(sent_by.mr(at + 1)),
        };
        // An item that says nothing is void. One that is not to be mapped needs a buffer all the same.
        if sent.control == 0 {
            to.set_mr(at, 0);
            to.set_mr(at + 1, 0);
            continued = false;
            continue;
        }
        let kind = sent.fpage.kind();
        let Some(list) = buffers.iter_mut().find(|b| b.kind == kind) else {
            return Err(IpcError::MSG_CUT.into());
        };
        if !(continued && list.current.is_some()) {
            list.advance().ok_or(IpcError::MSG_CUT)?;
        }
        continued = sent.control & item::CONT != 0;
        let (window, local_id, task) = list.current.ok_or(IpcError::MSG_CUT)?;
        let task = match task {
            None => target,
            Some(index) => forward_task(target, index).ok_or(IpcError::MSG_CUT)?,
        };
        let buffer = Buffer {
            window,
            local_id,
            task,
        };
        if stay.is_done(n) {
            continue;
        }
        let (control, data) = one(
            source,
            &sent,
            &sender,
            &receiver,
            &buffer,
            pass_special,
            (&stay, n),
        )?;
        to.set_mr(at, control);
        to.set_mr(at + 1, data);
    }
    Ok(())
}

/// The task that a receiver wants its mappings to go to.
fn forward_task(target: &'static Task, index: CapIdx) -> Option<&'static Task> {
    let cap = target.caps.get(cap::position(index)?)?;
    match cap.object() {
        Object::Task(task) if cap.rights.has(Rights::W) => Some(task),
        _ => None,
    }
}

/// Sends one item; returns the two words that the receiver finds.
fn one(
    source: &'static Task,
    sent: &MapItem,
    sender: &Thread,
    receiver: &Thread,
    buffer: &Buffer,
    pass_special: bool,
    (stay, n): (&Stay, usize),
) -> Result<(u64, u64), Hitch> {
    let how = How::of(sent, pass_special);
    let base = sent.spot()
        | sent.control & item::CONT
        | sent.fpage.raw() & (fpage::SIZE_MASK | fpage::TYPE_MASK);
    if buffer.local_id && sent.fpage.kind() == FpageType::Obj {
        if let (Some(a), Some(b)) = (sender.task(), receiver.task())
            && core::ptr::eq(a, b)
        {
            return Ok((base | item::MAP | ReturnItem::LOCAL, sent.fpage.raw()));
        }
        if let Some(label) = local_gate(source, sent, receiver, how) {
            return Ok((base | item::MAP | ReturnItem::ID, label));
        }
    }
    // A buffer of another type is one that nothing fits into.
    let kind = buffer.window.kind();
    if kind != sent.fpage.kind() && !(kind == FpageType::Special && buffer.window.is_valid()) {
        return Ok((base | item::MAP, sent.fpage.raw()));
    }
    let any = stay.map(n, source, sent, buffer.task, buffer.window, how)?;
    let nothing = if any { 0 } else { ReturnItem::NOTHING };
    Ok((base | item::MAP | nothing, sent.fpage.raw()))
}

/// The label of a gate that the receiver's own task serves, with the rights that would
/// have been passed.
fn local_gate(source: &Task, sent: &MapItem, receiver: &Thread, how: How) -> Option<u64> {
    let cap = source.caps.get(cap::position(sent.fpage.cap())?)?;
    let Object::Gate(gate) = cap.object() else {
        return None;
    };
    let (own, serving) = (receiver.task()?, gate.select()?.task()?);
    let rights = passed_rights(cap.rights, sent.fpage.rights(), how)?;
    core::ptr::eq(own, serving).then(|| gate.label(Rights(rights.0 & Gate::LABEL_RIGHTS as u8)))
}

/// Maps the items of a reply to a fault: wherever the replier says. `from` is how far this
/// came before.
pub(super) fn transfer_to_fault(
    sender: Bound,
    target: &'static Task,
    words: usize,
    count: usize,
    from: u64,
) -> Result<(), Hitch> {
    let source = sender.task().ok_or(IpcError::MSG_CUT)?;
    let stay = Stay::from(from);
    let utcb = sender.utcb();
    for n in 0..count {
        let at = words + item::WORDS * n;
        if at + 1 >= MSG_REGS {
            break;
        }
        let sent = MapItem {
            control: utcb.mr(at),
            fpage: Fpage::from_raw(utcb.mr(at + 1)),
        };
        if !sent.is_void() && !stay.is_done(n) {
            stay.map(n, source, &sent, target, Fpage::all(), How::of(&sent, true))?;
        }
    }
    Ok(())
}

/// Where the number of an item stands in the measure of how far a message came; below it, how
/// far the mapping of that item came.
const ITEM_SHIFT: u32 = 56;

/// A stay in the kernel in which items are sent.
struct Stay {
    first: usize,
    work: Work,
}

impl Stay {
    /// The items before the first are done.
    fn from(from: u64) -> Self {
        Self {
            first: (from >> ITEM_SHIFT) as usize,
            work: Work::from(from & ((1 << ITEM_SHIFT) - 1)),
        }
    }

    fn is_done(&self, n: usize) -> bool {
        n < self.first
    }

    /// Maps the n-th item.
    fn map(
        &self,
        n: usize,
        source: &'static Task,
        sent: &MapItem,
        target: &'static Task,
        window: Fpage,
        how: How,
    ) -> Result<bool, Hitch> {
        let (fpage, spot) = (sent.fpage, sent.spot());
        match map::map(source, fpage, target, window, spot, how, &self.work) {
            Ok(any) => {
                self.work.came_to(0);
                Ok(any)
            }
            Err(Stop::OutOfMemory) => Err(IpcError::MAP_FAILED.into()),
            Err(Stop::Unfinished) => {
                Err(Hitch::Unfinished((n as u64) << ITEM_SHIFT | self.work.at()))
            }
        }
    }
}
