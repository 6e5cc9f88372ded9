//! Typed capabilities.

use crate::cap_alloc;
use crate::error::{Error, Result};
use crate::task::Task;
use alloc::boxed::Box;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use l4re_sys::unmap::UnmapFlags;
use l4re_sys::{CapIdx, Fpage, MapItem, ObjRights};

/// What a capability can be to: a kind of object, by the protocol that it speaks.
pub trait Object {
    /// The label of its requests (one of [`proto`](l4re_sys::proto)).
    const PROTOCOL: i64;
}

/// A capability to a `T`, borrowed: whoever owns the slot keeps it filled.
///
/// Operations on a slot that is empty, or that holds something else, fail; nothing worse. What
/// an object answers is a number, whatever it stands for: it is not taken for an address, unless it
/// is the program's own region map that answers. (The book's page on soundness tells more.)
///
/// ```
/// use l4re::dataspace::Dataspace;
/// use l4re::sys::{CapIdx, fake};
/// use l4re::{Cap, Error};
///
/// let ds: Cap<Dataspace> = Cap::new(CapIdx::from_index(0x20));
/// // The slot holds no dataspace: the operation fails, and nothing else happens.
/// let size = fake::with(|_| fake::Reply::label(-39), || ds.size());
/// assert_eq!(size, Err(Error::BAD_PROTOCOL));
/// ```
pub struct Cap<T: ?Sized> {
    idx: CapIdx,
    kind: PhantomData<fn(&T)>,
}

impl<T: ?Sized> Cap<T> {
    /// The capability in the slot `idx`.
    pub const fn new(idx: CapIdx) -> Self {
        Cap {
            idx,
            kind: PhantomData,
        }
    }

    /// The slot.
    pub const fn idx(self) -> CapIdx {
        self.idx
    }

    /// Whether this names a slot at all (not whether the slot is filled: see
    /// [`Cap::<Task>::cap_valid`]).
    pub const fn is_valid(self) -> bool {
        self.idx.is_valid()
    }

    /// The same capability, taken for one to a `U`.
    pub const fn cast<U: ?Sized>(self) -> Cap<U> {
        Cap::new(self.idx)
    }

    /// Moves the capability into a slot of its own: what a server does with one that a request
    /// brought and that it wants to keep.
    ///
    /// # Errors
    /// [`Error::INVALID`] if it is an [`OwnedCap`]'s: that one can be moved;
    /// [`Error::NoCapSlot`] if there is no slot left; what the kernel answers, or an IPC error.
    pub fn take(self) -> Result<OwnedCap<T>> {
        if cap_alloc::is_owned(self.idx) || cap_alloc::is_private(self.idx) {
            return Err(Error::INVALID);
        }
        let slot = CapSlot::alloc()?;
        let fpage = Fpage::obj(self.idx, 0, ObjRights::RWSD);
        let item = MapItem::grant(slot.idx().0, fpage);
        Cap::<Task>::THIS.map_item(Cap::<Task>::THIS, item)?;
        Ok(slot.filled())
    }
}

impl<T: ?Sized> Clone for Cap<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Cap<T> {}

impl<T: ?Sized> PartialEq for Cap<T> {
    fn eq(&self, other: &Self) -> bool {
        self.idx == other.idx
    }
}

impl<T: ?Sized> Eq for Cap<T> {}

impl<T: ?Sized> fmt::Debug for Cap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cap({:#x})", self.idx.index())
    }
}

/// A slot that is the program's own and empty, for a capability to be received into. It is
/// given back when dropped.
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// use l4re::ipc::{self, Accept};
/// use l4re::ipc_gate::IpcGate;
/// use l4re::irq::Irq;
/// use l4re::msg::Writer;
/// use l4re::{CapSlot, OwnedCap};
///
/// let server = env.named::<IpcGate>("server")?;
/// let slot = CapSlot::alloc()?;
/// // A protocol of one's own, whose reply brings a capability.
/// let mut reply = ipc::request(server, 0x44, &Writer::new(), Accept::Cap(&slot))?;
/// reply.cap()?;
/// let irq: OwnedCap<Irq> = slot.filled();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CapSlot {
    idx: CapIdx,
}

impl CapSlot {
    /// A free slot.
    ///
    /// # Errors
    /// [`Error::NoCapSlot`](crate::Error::NoCapSlot) if none is left.
    pub fn alloc() -> Result<Self> {
        cap_alloc::alloc().map(|idx| CapSlot { idx })
    }

    /// The slot.
    pub fn idx(&self) -> CapIdx {
        self.idx
    }

    /// The slot with the capability that has been received into it.
    pub fn filled<T: ?Sized>(self) -> OwnedCap<T> {
        OwnedCap::new(self, UnmapFlags::ALL_SPACES)
    }

    /// The slot with the capability of an object that the program has created: it is deleted
    /// with the capability.
    pub fn created<T: ?Sized>(self) -> OwnedCap<T> {
        OwnedCap::new(self, UnmapFlags::DELETE_OBJ)
    }
}

impl Drop for CapSlot {
    fn drop(&mut self) {
        cap_alloc::give_back(self.idx);
    }
}

/// What becomes of a capability that is dropped.
enum OnDrop {
    /// Nothing: the slot is somebody else's.
    Nothing,
    /// It is unmapped, and the slot free again.
    Unmap(UnmapFlags),
    /// It is a new session's, which goes if nobody has got it. It is always taken out and passed on,
    /// so that programs without sessions have no code for dropping one.
    Session(ManuallyDrop<Box<dyn Session>>),
}

/// A session of a server that no client has yet.
pub(crate) trait Session: Send + Sync {
    /// A client has got the session's capability: the session is the client's.
    fn delivered(self: Box<Self>);
    /// The value that stands for the session is gone, and nobody will get it.
    fn dropped(self: Box<Self>);
}

/// A capability that is the program's own, in a slot of its own. When dropped, it is unmapped,
/// also from those that it was passed on to; an object that the program created is deleted. One that
/// stands for a new [session](crate::server::Registry::session) is the server's own: if it is dropped
/// before a client has got it, the session goes.
///
/// ```no_run
/// # fn f(env: &l4re::Env) -> l4re::Result<()> {
/// let irq = env.factory().create_irq()?;
/// irq.trigger()?;
/// // Here it is deleted, whoever else has a capability to it.
/// drop(irq);
/// # Ok(())
/// # }
/// ```
pub struct OwnedCap<T: ?Sized> {
    cap: Cap<T>,
    on_drop: OnDrop,
}

impl<T: ?Sized> OwnedCap<T> {
    fn new(slot: CapSlot, flags: UnmapFlags) -> Self {
        let cap = Cap::new(slot.idx);
        cap_alloc::own(slot.idx);
        core::mem::forget(slot);
        OwnedCap {
            cap,
            on_drop: OnDrop::Unmap(flags),
        }
    }

    /// A capability that stays its owner's: see [`Cap::lend`].
    pub(crate) fn lent(cap: Cap<T>) -> Self {
        OwnedCap {
            cap,
            on_drop: OnDrop::Nothing,
        }
    }

    /// The capability of a new session, which a client is to get.
    pub(crate) fn of_session(cap: Cap<T>, session: Box<dyn Session>) -> Self {
        OwnedCap {
            cap,
            on_drop: OnDrop::Session(ManuallyDrop::new(session)),
        }
    }

    /// Whether the capability goes with the value; if not, it stays the program's.
    pub(crate) fn is_given(&self) -> bool {
        matches!(self.on_drop, OnDrop::Unmap(_))
    }

    /// Whether something happens when it is dropped, or delivered.
    pub(crate) fn must_be_kept(&self) -> bool {
        !matches!(self.on_drop, OnDrop::Nothing)
    }

    /// The message that has it has arrived.
    pub(crate) fn delivered(self) {
        if matches!(self.on_drop, OnDrop::Session(_)) {
            self.leak();
        }
    }

    /// The capability, borrowed.
    pub fn cap(&self) -> Cap<T> {
        self.cap
    }

    /// The capability, kept for as long as the program runs; a session's until its clients have
    /// given it up.
    pub fn leak(mut self) -> Cap<T> {
        if let OnDrop::Session(session) = core::mem::replace(&mut self.on_drop, OnDrop::Nothing) {
            ManuallyDrop::into_inner(session).delivered();
        }
        self.cap
    }

    /// The same capability, taken for one to a `U`.
    pub fn cast<U: ?Sized>(mut self) -> OwnedCap<U> {
        OwnedCap {
            cap: self.cap.cast(),
            on_drop: core::mem::replace(&mut self.on_drop, OnDrop::Nothing),
        }
    }
}

impl<T: ?Sized> Deref for OwnedCap<T> {
    type Target = Cap<T>;

    fn deref(&self) -> &Cap<T> {
        &self.cap
    }
}

impl<T: ?Sized> fmt::Debug for OwnedCap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owned{:?}", self.cap)
    }
}

impl<T: ?Sized> Drop for OwnedCap<T> {
    fn drop(&mut self) {
        let flags = match core::mem::replace(&mut self.on_drop, OnDrop::Nothing) {
            OnDrop::Nothing => return,
            OnDrop::Session(session) => return ManuallyDrop::into_inner(session).dropped(),
            OnDrop::Unmap(flags) => flags,
        };
        let fpage = Fpage::obj(self.cap.idx, 0, ObjRights::RWSD);
        // A slot that could not be emptied is not given back: its next owner would find the
        // old capability in it.
        if Cap::<Task>::THIS.unmap_any(fpage, flags).is_ok() {
            cap_alloc::give_back(self.cap.idx);
        }
    }
}
