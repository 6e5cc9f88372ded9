//! Interfaces on the fake kernel: what goes over the wire, and what comes back.

#[path = "../common/mod.rs"]
mod common;
mod registry;
mod rules;
mod services;
mod soup;
mod vcon;
mod wire;

pub(crate) use common::transfer_items;
use l4re::interface::{Incoming, Lent, Reception, ServedBy};
use l4re::sys::fake::{self, Call, Reply};
use l4re::sys::{CapIdx, MsgTag, ObjRights, TagFlags};
use l4re::{Cap, Error, ErrorCode};

/// The server's end of the fake kernel: slots that what requests bring goes to.
pub(crate) struct Server<'a, T> {
    pub(crate) object: &'a T,
    pub(crate) lent: Lent,
    pub(crate) reception: Reception,
}

impl<'a, T> Server<'a, T> {
    pub(crate) fn new(object: &'a T) -> Self {
        l4re::cap_alloc::init(0x1000);
        Server {
            object,
            lent: Lent::with_slots(4).expect("there are slots"),
            reception: Reception::default(),
        }
    }

    /// Answers the message in the registers. `label` are the sender's rights.
    pub(crate) fn answer<I: ServedBy<T> + ?Sized>(&self, tag: MsgTag, label: u64) -> MsgTag {
        let request = Incoming::new(tag, label, &self.lent, &self.reception);
        I::dispatch(self.object, &request)
    }
}

/// A capability to an object, by the fake kernel: with the rights `rights`.
pub(crate) fn with_server<I, T, R>(object: &T, rights: u64, client: impl FnOnce(Cap<I>) -> R) -> R
where
    I: ServedBy<T> + ?Sized,
{
    let server = Server::new(object);
    fake::with(
        |call: Call| {
            if call.dest != GATE {
                // An errand to the kernel.
                return Reply::label(0);
            }
            transfer_items(call.tag);
            let tag = server.answer::<I>(call.tag, rights);
            transfer_items(tag);
            Reply { tag, label: 0 }
        },
        || client(Cap::new(GATE)),
    )
}

pub(crate) const GATE: CapIdx = CapIdx::from_index(0x77);

/// The low bits of a label: all rights.
pub(crate) const ALL: u64 = ObjRights::W.union(ObjRights::S).bits() as u64;

pub(crate) fn code(code: i64) -> Error {
    Error::Service(ErrorCode(code))
}

pub(crate) fn tag(label: i64, words: usize, items: usize) -> MsgTag {
    MsgTag::new(label, words, items, TagFlags::empty())
}

pub(crate) fn set(words: &[u64]) {
    for (i, word) in words.iter().enumerate() {
        l4re::sys::utcb().set_mr(i, *word);
    }
}
