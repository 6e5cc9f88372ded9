//! Factories: where objects come from.

use crate::cap::{Cap, CapSlot, Object, OwnedCap};
use crate::error::Result;
use crate::ipc::{self, Buffers};
use crate::ipc_gate::IpcGate;
use crate::irq::Irq;
use crate::msg::{Reader, Writer};
use crate::semaphore::Semaphore;
use crate::task::Task;
use crate::thread::Thread;
use crate::thread_group::ThreadGroup;
use l4re_sys::op::factory as op;
use l4re_sys::varg::{self, VargTag};
use l4re_sys::{CapIdx, Fpage, MapItem, MsgTag, ObjRights, proto};

/// A factory, which makes objects for as long as its quota lasts (`L4::Factory`,
/// `l4/sys/factory`). A server's factory makes the server's objects.
///
/// ```
/// use l4re::Cap;
/// use l4re::factory::{Arg, Factory};
/// use l4re::ipc_gate::IpcGate;
/// use l4re::sys::{CapIdx, fake};
///
/// // What the run-time system does: capability slots from here on are free.
/// l4re::cap_alloc::init(0x40);
/// let server: Cap<Factory> = Cap::new(CapIdx::from_index(0x20));
/// // What stands in the request: the protocol, then each argument behind a word that tells kind
/// // and size.
/// let mut words = Vec::new();
/// let result = fake::with(
///     |call| {
///         words = call.words();
///         fake::Reply::label(-12)
///     },
///     || server.create::<IpcGate>(0x44, &[Arg::Word(7)]).map(drop),
/// );
/// assert_eq!(words, [0x44, 1 | 8 << 16, 7]);
/// assert_eq!(result, Err(l4re::Error::NO_MEMORY));
/// ```
#[derive(Debug)]
pub enum Factory {}

impl Object for Factory {
    const PROTOCOL: i64 = proto::FACTORY;
}

/// An argument of [`Cap::<Factory>::create`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arg<'a> {
    /// Nothing, where an argument can be left out.
    Nil,
    /// A word without sign.
    Word(u64),
    /// A word with sign.
    Int(i64),
    /// A flexpage.
    Fpage(Fpage),
    /// A string.
    Str(&'a str),
}

impl Arg<'_> {
    /// Writes the argument as `l4_factory_create_add_*()` do: a tag, then the value, padded to
    /// words.
    fn write(self, w: &mut Writer) {
        match self {
            Arg::Nil => w.put(VargTag::new(varg::NIL, 0).0),
            Arg::Word(word) => w.put(VargTag::new(varg::UMWORD, 8).0).put(word),
            Arg::Int(int) => w.put(VargTag::new(varg::MWORD, 8).0).put(int),
            Arg::Fpage(fpage) => w.put(VargTag::new(varg::FPAGE, 8).0).put(fpage),
            Arg::Str(string) => w
                .put(VargTag::new(varg::STRING, string.len() + 1).0)
                .raw_bytes(string.as_bytes())
                .put(0u8),
        };
    }
}

impl Cap<Factory> {
    fn create_with(
        self,
        protocol: i64,
        args: &[Arg<'_>],
        item: Option<MapItem>,
        to: CapIdx,
    ) -> Result<MsgTag> {
        let mut w = Writer::new();
        w.put(protocol);
        for arg in args {
            arg.write(&mut w);
        }
        if let Some(item) = item {
            w.item(item);
        }
        ipc::transact(self.idx(), w.tag(proto::FACTORY)?, Buffers::Cap(to))
    }

    /// Makes an object of any kind: the kernel's, or a server's.
    ///
    /// # Errors
    /// [`Error::NO_MEMORY`](crate::Error::NO_MEMORY) if the quota is used up, and whatever else
    /// the factory answers; an IPC error.
    pub fn create<T: ?Sized>(self, protocol: i64, args: &[Arg<'_>]) -> Result<OwnedCap<T>> {
        let slot = CapSlot::alloc()?;
        self.create_with(protocol, args, None, slot.idx())?;
        Ok(slot.created())
    }

    /// Makes a task, whose threads can have UTCBs at `utcbs`. Returns also where they are.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_task(self, utcbs: Fpage) -> Result<(OwnedCap<Task>, Fpage)> {
        let slot = CapSlot::alloc()?;
        let tag = self.create_with(proto::TASK, &[Arg::Fpage(utcbs)], None, slot.idx())?;
        // A kernel that answers without telling has placed them where it was asked to.
        let utcbs = Reader::new(tag).get::<u64>().map_or(utcbs, Fpage::from_raw);
        Ok((slot.created(), utcbs))
    }

    /// Makes a thread.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_thread(self) -> Result<OwnedCap<Thread>> {
        self.create(proto::THREAD, &[])
    }

    /// Makes a factory with a quota of `limit` bytes, taken from this one's.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_factory(self, limit: u64) -> Result<OwnedCap<Factory>> {
        self.create(proto::FACTORY, &[Arg::Word(limit)])
    }

    /// Makes an IPC gate that is not bound yet.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_gate(self) -> Result<OwnedCap<IpcGate>> {
        self.create(op::GATE, &[Arg::Word(0)])
    }

    /// Makes an IPC gate, whose messages arrive at `thread` with `label`, of which the lowest
    /// two bits must be 0.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_gate_bound(self, thread: Cap<Thread>, label: u64) -> Result<OwnedCap<IpcGate>> {
        let slot = CapSlot::alloc()?;
        let item = MapItem::cap(thread.idx(), ObjRights::RWS);
        self.create_with(op::GATE, &[Arg::Word(label)], Some(item), slot.idx())?;
        Ok(slot.created())
    }

    /// Makes an interrupt object.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_irq(self) -> Result<OwnedCap<Irq>> {
        self.create(proto::IRQ_SENDER, &[])
    }

    /// Makes a thread group, with a policy of [`thread_group`](crate::thread_group).
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_thread_group(self, policy: u64) -> Result<OwnedCap<ThreadGroup>> {
        self.create(proto::THREAD_GROUP, &[Arg::Word(policy)])
    }

    /// Makes a virtual machine: a task that virtual processors run in.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_vm(self) -> Result<OwnedCap<Task>> {
        self.create(proto::VM, &[])
    }

    /// Makes a context of a virtual processor in hardware ([`proto::VCPU_CONTEXT`]).
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_vcpu_context(self) -> Result<OwnedCap<()>> {
        self.create(proto::VCPU_CONTEXT, &[])
    }

    /// Makes an address space for devices, the kernel's: see [`iommu`](crate::iommu).
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_dma_space(self) -> Result<OwnedCap<Task>> {
        self.create(proto::DMA_SPACE, &[])
    }

    /// Makes a semaphore.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_semaphore(self) -> Result<OwnedCap<Semaphore>> {
        self.create(proto::SEMAPHORE, &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use l4re_sys::fake;

    #[test]
    fn arguments_are_laid_out_as_in_c() {
        crate::cap_alloc::init(0x100);
        let mut words = vec![];
        let made = fake::with(
            |call| {
                if call.tag.label() == proto::FACTORY {
                    words = call.words();
                    assert_eq!(call.utcb.br(0) & 0xfff, 0xa);
                }
                fake::Reply::label(0)
            },
            || {
                let args = [Arg::Int(-1), Arg::Str("abcdefghij"), Arg::Nil, Arg::Word(9)];
                Cap::<Factory>::new(CapIdx::FACTORY).create::<Task>(77, &args)
            },
        );
        fake::with(|_| fake::Reply::label(0), || drop(made.unwrap()));
        assert_eq!(words[..4], [77, 0x81 | 8 << 16, u64::MAX, 2 | 11 << 16]);
        assert_eq!(words[4], u64::from_le_bytes(*b"abcdefgh"));
        assert_eq!(words[5] & 0xff_ffff, 0x6a69);
        assert_eq!(words[6..], [0, 1 | 8 << 16, 9]);
    }
}
