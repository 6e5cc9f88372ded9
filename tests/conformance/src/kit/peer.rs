//! A partner in another task, who sends to the case's thread.

use super::{Msg, Obj, Space, Worker, gate, me, put, settle, timeout_ms};
use l4re::sys::{CapIdx, MapItem, ObjRights};

/// Another task with a gate to the case's thread.
pub struct Peer {
    /// The task.
    pub space: Space,
    _gate: Obj,
}

impl Peer {
    /// The slot of the gate to the case's thread, in the peer's task.
    pub const GATE: CapIdx = CapIdx::from_index(0x20);
    /// The gate's label.
    pub const LABEL: u64 = 0x4440;
    /// Where the code of sending is noted.
    pub const SENT: usize = 20;

    /// A peer whose gate has these rights.
    pub fn new(rights: ObjRights) -> Result<Self, i64> {
        let space = Space::new()?;
        let gate = gate(me(), Self::LABEL)?;
        space.give(gate.idx(), rights, Self::GATE)?;
        Ok(Peer { space, _gate: gate })
    }

    /// The slot `i` for things to send, in the peer's task.
    pub const fn slot(i: u64) -> CapIdx {
        CapIdx::from_index(0x40 + i)
    }

    /// Puts a capability of the program's into a slot.
    pub fn give(&self, cap: CapIdx, rights: ObjRights, i: u64) -> Result<(), i64> {
        self.space.give(cap, rights, Self::slot(i))
    }

    /// Sends items behind words to the case's thread, which has to wait for them; what the
    /// items name is the peer's.
    pub fn send<const W: usize, const I: usize>(
        &self,
        words: [u64; W],
        items: [MapItem; I],
    ) -> Result<Worker, i64> {
        self.touch_and_send([], words, items)
    }

    /// As [`send`](Self::send), but reads the pages at some addresses first, so that the peer
    /// has them mapped, writable.
    pub fn touch_and_send<const P: usize, const W: usize, const I: usize>(
        &self,
        pages: [u64; P],
        words: [u64; W],
        items: [MapItem; I],
    ) -> Result<Worker, i64> {
        put(Self::SENT, 0x5555);
        let worker = self.space.spawn(super::HIGH, move || {
            for page in pages {
                let at = core::ptr::with_exposed_provenance_mut::<u64>(page as usize);
                // SAFETY: memory of the program's that the case has set aside.
                unsafe { at.write_volatile(at.read_volatile()) };
            }
            let message = Msg::new(1)
                .words(&words)
                .items(&items)
                .timeout(timeout_ms(300, 0));
            put(Self::SENT, message.send(Self::GATE).ipc() as u64);
        })?;
        settle();
        Ok(worker)
    }
}
