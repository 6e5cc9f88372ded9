//! Typed items of a message: memory and capabilities that the receiver gets.

use super::IpcError;
use crate::cap::{self, Rights};
use crate::obj::Object;
use crate::obj::gate::Gate;
use crate::obj::task::Task;
use crate::obj::thread::Thread;
use crate::space::map::{self, How, passed_rights};
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
/// not there.
pub fn transfer(
    sender: &'static Thread,
    receiver: &'static Thread,
    words: usize,
    count: usize,
    pass_special: bool,
) -> Result<(), IpcError> {
    let (Some(source), Some(target)) = (sender.task(), receiver.task()) else {
        return Err(IpcError::MSG_CUT);
    };
    let (from, to) = (sender.utcb(), receiver.utcb());
    let kinds = [FpageType::Memory, FpageType::Io, FpageType::Obj];
    let mut buffers = kinds.map(|kind| Buffers::new(to, kind));
    let mut continued = false;
    for n in 0..count {
        let at = words + item::WORDS * n;
        if at + 1 >= MSG_REGS {
            break;
        }
        let sent = MapItem {
            control: from.mr(at),
            fpage: Fpage::from_raw(from.mr(at + 1)),
        };
        if sent.is_void() {
            to.set_mr(at, 0);
            to.set_mr(at + 1, 0);
            continued = false;
            continue;
        }
        let kind = sent.fpage.kind();
        let Some(list) = buffers.iter_mut().find(|b| b.kind == kind) else {
            return Err(IpcError::MSG_CUT);
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
        let (control, data) = one(source, &sent, sender, receiver, &buffer, pass_special)?;
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
) -> Result<(u64, u64), IpcError> {
    let how = How::of(sent, pass_special);
    let base = sent.spot()
        | sent.control & item::CONT
        | sent.fpage.raw() & (fpage::SIZE_MASK | fpage::TYPE_MASK);
    if buffer.local_id {
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
    let any = map::map(
        source,
        sent.fpage,
        buffer.task,
        buffer.window,
        sent.spot(),
        how,
    )
    .map_err(|_| IpcError::MAP_FAILED)?;
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

/// Maps the items of a reply to a fault: wherever the replier says.
pub fn transfer_to_fault(
    sender: &'static Thread,
    target: &'static Task,
    words: usize,
    count: usize,
) -> Result<(), IpcError> {
    let source = sender.task().ok_or(IpcError::MSG_CUT)?;
    let from = sender.utcb();
    for n in 0..count {
        let at = words + item::WORDS * n;
        if at + 1 >= MSG_REGS {
            break;
        }
        let sent = MapItem {
            control: from.mr(at),
            fpage: Fpage::from_raw(from.mr(at + 1)),
        };
        if !sent.is_void() {
            let window = Fpage::all();
            map::map(
                source,
                sent.fpage,
                target,
                window,
                sent.spot(),
                How::of(&sent, true),
            )
            .map_err(|_| IpcError::MAP_FAILED)?;
        }
    }
    Ok(())
}
