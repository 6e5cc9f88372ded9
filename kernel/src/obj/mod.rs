//! Kernel objects: what they have in common, and how others refer to them.

pub mod binding;
mod debugger;
pub mod factory;
pub mod gate;
pub mod icu;
pub mod invoke;
mod io_bitmap;
pub mod irq;
mod pf_trampoline;
pub mod scheduler;
pub mod semaphore;
pub mod task;
pub mod thread;
pub mod thread_group;
mod thread_ops;
pub mod vcon;

use crate::mem::slab::{Slab, Slot};
use crate::util::budget::{Budget, Unfinished};
use crate::util::global::Global;
use core::cell::Cell;
use core::ptr::NonNull;
use factory::Factory;
use gate::Gate;
use irq::Irq;
use semaphore::Semaphore;
use task::Task;
use thread::Thread;
use thread_group::ThreadGroup;

/// What kind of object a header belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// [`Task`].
    Task,
    /// [`Thread`].
    Thread,
    /// [`Factory`].
    Factory,
    /// [`Gate`].
    Gate,
    /// [`Irq`].
    Irq,
    /// [`Semaphore`].
    Semaphore,
    /// [`ThreadGroup`].
    ThreadGroup,
    /// The kernel's scheduler (one).
    Scheduler,
    /// The interrupt controllers and platform control (one).
    Icu,
    /// The kernel's log (one).
    Vcon,
    /// The debugger (one).
    Debugger,
}

/// A name, to be printed.
struct Name([u8; debugger::NAME_BYTES]);

impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let length = self.0.iter().position(|b| *b == 0).unwrap_or(self.0.len());
        match self.0.get(..length).map(<[u8]>::utf8_chunks) {
            Some(chunks) if length > 0 => {
                chunks.into_iter().try_for_each(|c| f.write_str(c.valid()))
            }
            _ => f.write_str("without a name"),
        }
    }
}

/// What every kernel object starts with.
#[repr(C)]
pub struct Header {
    /// Of the object that lives in the slot, or lived there last, in the upper 56 bits. No two
    /// objects have the same; 0: there is none.
    stamp: Cell<u64>,
    /// The object was not deleted.
    alive: Cell<bool>,
    /// It waits for [`reap`].
    waits: Cell<bool>,
    kind: Cell<Kind>,
    /// Capabilities that count.
    refs: Cell<u32>,
    factory: Cell<Option<&'static Factory>>,
    next_dead: Cell<Option<AnyObject>>,
    /// What people call it; for the log.
    pub name: Cell<[u8; debugger::NAME_BYTES]>,
}

impl Header {
    /// The header of a slot without an object.
    pub const fn vacant(kind: Kind) -> Self {
        Self {
            stamp: Cell::new(0),
            alive: Cell::new(false),
            waits: Cell::new(false),
            kind: Cell::new(kind),
            refs: Cell::new(0),
            factory: Cell::new(None),
            next_dead: Cell::new(None),
            name: Cell::new([0; debugger::NAME_BYTES]),
        }
    }

    /// The factory whose account pays for this object.
    pub fn factory(&self) -> Option<&'static Factory> {
        self.factory.get()
    }

    /// A number that no other object has now.
    pub fn id(&self) -> u64 {
        // Places are apart by 16 bytes at least, and all below one another's reach.
        core::ptr::from_ref(self) as u64 >> 4 & 0xffff_ffff
    }

    /// The name, as text.
    pub fn name_text(&self) -> impl core::fmt::Display {
        Name(self.name.get())
    }

    /// Tells the present object in this place from all that were there before: a handle or
    /// capability with another stamp is void. The low 8 bits are zero.
    #[inline]
    pub fn stamp(&self) -> u64 {
        self.stamp.get()
    }
}

/// What a stamp grows by: the bits below are for others to use.
pub const STAMP_STEP: u64 = 1 << 8;

/// An object of any kind, known by its header alone: the address of the whole object, that
/// may be used for the whole object.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct AnyObject(NonNull<Header>);

impl AnyObject {
    fn of<T: KObject>(object: &'static T) -> Self {
        Self(NonNull::from_ref(object).cast())
    }

    /// The header.
    #[inline]
    pub fn header(self) -> &'static Header {
        // SAFETY: made of a `&'static` to an object that starts with its header (`KObject`),
        // or to a static header.
        unsafe { self.0.as_ref() }
    }

    /// Whether both are the same place.
    #[inline]
    pub fn is(self, other: Self) -> bool {
        self.0 == other.0
    }
}

/// A kernel object: `repr(C)`, its [`Header`] first.
///
/// # Safety
/// `Self` is `repr(C)` with a [`Header`] of its own kind as its first field, and lives
/// in type-stable memory (a slab or a static).
pub unsafe trait KObject: Sized + 'static {
    /// The header.
    #[inline]
    fn header(&self) -> &Header {
        // SAFETY: the contract of the trait.
        unsafe { &*core::ptr::from_ref(self).cast::<Header>() }
    }
}

/// A reference to an object that does not keep it alive and knows when it is gone.
pub struct Handle<T: 'static> {
    object: Option<&'static T>,
    stamp: u64,
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Handle<T> {}

impl<T: KObject> Handle<T> {
    /// Refers to nothing.
    pub const NONE: Self = Self {
        object: None,
        stamp: 0,
    };

    /// A handle to an object.
    #[inline]
    pub fn of(object: &'static T) -> Self {
        Self {
            object: Some(object),
            stamp: object.header().stamp(),
        }
    }

    /// The object, if it still lives.
    #[inline]
    pub fn get(self) -> Option<&'static T> {
        self.object
            .filter(|object| object.header().stamp() == self.stamp)
    }

    /// Whether this handle was made of the object at this place, which may be dead and
    /// not yet taken apart.
    pub fn is_at(self, object: &T) -> bool {
        self.object.is_some_and(|o| core::ptr::eq(o, object))
    }

    /// Whether this handle never referred to anything.
    pub fn is_none(self) -> bool {
        self.object.is_none()
    }

    /// Whether this handle refers to that very object.
    #[inline]
    pub fn is(self, object: &T) -> bool {
        self.get().is_some_and(|o| core::ptr::eq(o, object))
    }
}

/// An object of any kind.
#[derive(Clone, Copy)]
pub enum Object {
    /// A task.
    Task(&'static Task),
    /// A thread.
    Thread(&'static Thread),
    /// A factory.
    Factory(&'static Factory),
    /// An IPC gate.
    Gate(&'static Gate),
    /// An IRQ.
    Irq(&'static Irq),
    /// A semaphore.
    Semaphore(&'static Semaphore),
    /// A thread group.
    ThreadGroup(&'static ThreadGroup),
    /// The scheduler.
    Scheduler,
    /// The ICU.
    Icu,
    /// The kernel log.
    Vcon,
    /// The debugger.
    Debugger,
}

static SCHEDULER: StaticHeader = StaticHeader(Header::vacant(Kind::Scheduler));
static ICU: StaticHeader = StaticHeader(Header::vacant(Kind::Icu));
static VCON: StaticHeader = StaticHeader(Header::vacant(Kind::Vcon));
static DEBUGGER: StaticHeader = StaticHeader(Header::vacant(Kind::Debugger));

/// The header of an object of which there is one.
#[repr(transparent)]
struct StaticHeader(Header);
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for StaticHeader {}

impl StaticHeader {
    fn any(&'static self) -> AnyObject {
        AnyObject(NonNull::from_ref(&self.0))
    }
}

impl Object {
    /// The object at a place.
    #[inline]
    pub fn of(any: AnyObject) -> Self {
        let place = any.0;
        // SAFETY: by the contract of `KObject` the header stands at the start of an
        // object of the type that its kind names, in memory that stays of that type; the
        // place was made of a reference to all of the object.
        unsafe {
            match any.header().kind.get() {
                Kind::Task => Self::Task(place.cast().as_ref()),
                Kind::Thread => Self::Thread(place.cast().as_ref()),
                Kind::Factory => Self::Factory(place.cast().as_ref()),
                Kind::Gate => Self::Gate(place.cast().as_ref()),
                Kind::Irq => Self::Irq(place.cast().as_ref()),
                Kind::Semaphore => Self::Semaphore(place.cast().as_ref()),
                Kind::ThreadGroup => Self::ThreadGroup(place.cast().as_ref()),
                Kind::Scheduler => Self::Scheduler,
                Kind::Icu => Self::Icu,
                Kind::Vcon => Self::Vcon,
                Kind::Debugger => Self::Debugger,
            }
        }
    }

    /// The object's place.
    pub fn any(self) -> AnyObject {
        match self {
            Self::Task(o) => AnyObject::of(o),
            Self::Thread(o) => AnyObject::of(o),
            Self::Factory(o) => AnyObject::of(o),
            Self::Gate(o) => AnyObject::of(o),
            Self::Irq(o) => AnyObject::of(o),
            Self::Semaphore(o) => AnyObject::of(o),
            Self::ThreadGroup(o) => AnyObject::of(o),
            Self::Scheduler => SCHEDULER.any(),
            Self::Icu => ICU.any(),
            Self::Vcon => VCON.any(),
            Self::Debugger => DEBUGGER.any(),
        }
    }

    /// The object's header.
    pub fn header(self) -> &'static Header {
        self.any().header()
    }

    /// Ends the object's life: every capability and handle to it is void from here on.
    /// What it holds is given up by the next [`reap`]: the objects that only it kept
    /// alive die then, one after the other, however long the chain. The kernel's own
    /// objects stay.
    pub fn delete(self) {
        if matches!(
            self,
            Self::Scheduler | Self::Icu | Self::Vcon | Self::Debugger
        ) {
            return;
        }
        let header = self.header();
        header.alive.set(false);
        // Handles that are made from here on are void when the slot is given back.
        header.stamp.set(new_stamp());
        queue_dead(self);
    }

    /// Whether an object lives in the slot: it was not deleted, and not only its place is there.
    pub fn lives(self) -> bool {
        let header = self.header();
        header.factory.get().is_some() && header.alive.get()
    }

    /// Takes the dead object apart, as far as the budget goes.
    fn destroy(self, budget: &Budget) -> Result<(), Unfinished> {
        budget.pass(Budget::CHANGE);
        match self {
            Self::Task(o) => return o.destroy(budget),
            Self::Thread(o) => return o.destroy(budget),
            Self::Factory(o) => return o.destroy(budget),
            Self::Gate(o) => return o.destroy(budget),
            Self::Irq(o) => o.destroy(),
            Self::Semaphore(o) => return o.destroy(budget),
            Self::ThreadGroup(o) => return o.destroy(budget),
            Self::Scheduler | Self::Icu | Self::Vcon | Self::Debugger => {}
        }
        Ok(())
    }

    /// Notes one more capability that counts.
    pub fn add_ref(self) {
        let refs = &self.header().refs;
        refs.set(refs.get().saturating_add(1));
    }

    /// Notes that a capability that counts is gone; with the last one the object goes.
    pub fn drop_ref(self) {
        let refs = &self.header().refs;
        // A count that ever was at its end is no count any more: such an object stays.
        if refs.get() == u32::MAX {
            return;
        }
        let left = refs.get().saturating_sub(1);
        refs.set(left);
        if left == 0 {
            self.delete();
        }
    }
}

static DEAD: Global<Option<AnyObject>> = Global::new(None);

/// Has [`reap`] take an object apart, or go on with it.
fn queue_dead(object: Object) {
    crate::sched::demand_attention();
    let any = object.any();
    let header = any.header();
    if !header.waits.replace(true) {
        header.next_dead.set(DEAD.borrow().replace(any));
    }
}

/// Has [`reap`] called the next time that the kernel is left, if there is something for it.
pub fn put_off_reaping() {
    if DEAD.borrow().is_some() {
        crate::sched::demand_attention();
    }
}

/// Takes apart the objects that died, as far as the budget goes. What is left over is
/// for the next time that the kernel is left.
pub fn reap(budget: &Budget) -> Result<(), Unfinished> {
    loop {
        let Some(dead) = DEAD.borrow().take() else {
            return Ok(());
        };
        *DEAD.borrow() = dead.header().next_dead.take();
        dead.header().waits.set(false);
        let object = Object::of(dead);
        if let Err(unfinished) = object.destroy(budget) {
            // Others may have died since: they wait behind it.
            queue_dead(object);
            return Err(unfinished);
        }
        // For the slot that was given back.
        budget.spend(Budget::LOOK)?;
    }
}

/// A stamp that nothing had before. They come to their end after a thousand years of a million
/// objects a second.
fn new_stamp() -> u64 {
    struct Last(Cell<u64>);
    // SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
    unsafe impl Sync for Last {}
    static LAST: Last = Last(Cell::new(0));
    LAST.0.set(LAST.0.get() + STAMP_STEP);
    LAST.0.get()
}

/// From here on an object lives in the slot.
fn be_born(header: &Header) {
    header.stamp.set(new_stamp());
    header.alive.set(true);
}

/// Takes a slot for a new object at a factory's cost. The caller sets the fields.
pub fn create<T: KObject + Slot>(slab: &Slab<T>, factory: &'static Factory) -> Option<&'static T> {
    let object = slab.take(&factory.account)?;
    let header = object.header();
    be_born(header);
    header.refs.set(0);
    header.name.set([0; debugger::NAME_BYTES]);
    header.factory.set(Some(factory));
    Some(object)
}

/// Gives a dead object's slot back.
pub fn release<T: KObject + Slot>(slab: &Slab<T>, object: &'static T) {
    if let Some(factory) = object.header().factory.take() {
        object.header().stamp.set(0);
        slab.give(object, &factory.account);
        factory.was_paid_back();
    }
}
