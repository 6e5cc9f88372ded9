//! Kernel objects: what they have in common, and how others refer to them.

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
    generation: Cell<u32>,
    kind: Kind,
    /// Capabilities that count.
    refs: Cell<u32>,
    factory: Cell<Option<&'static Factory>>,
    next_dead: Cell<Option<&'static Header>>,
    /// What people call it; for the log.
    pub name: Cell<[u8; debugger::NAME_BYTES]>,
}

impl Header {
    /// The header of a slot without an object.
    pub const fn vacant(kind: Kind) -> Self {
        Self {
            generation: Cell::new(1),
            kind,
            refs: Cell::new(0),
            factory: Cell::new(None),
            next_dead: Cell::new(None),
            name: Cell::new([0; debugger::NAME_BYTES]),
        }
    }

    /// The factory whose quota pays for this object.
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

    /// The present generation: a handle or capability of another one is void.
    #[inline]
    pub fn generation(&self) -> u32 {
        self.generation.get()
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
    generation: u32,
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
        generation: 0,
    };

    /// A handle to an object.
    #[inline]
    pub fn of(object: &'static T) -> Self {
        Self {
            object: Some(object),
            generation: object.header().generation(),
        }
    }

    /// The object, if it still lives.
    #[inline]
    pub fn get(self) -> Option<&'static T> {
        self.object
            .filter(|object| object.header().generation() == self.generation)
    }

    /// The object's place, be it dead or not: for what is linked into a list of the
    /// object, and stays so until the object is taken apart.
    pub fn place(self) -> Option<&'static T> {
        self.object
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
// SAFETY: as for `util::global::Global`: one processor, interrupts off.
unsafe impl Sync for StaticHeader {}

impl Object {
    /// The object that a header belongs to.
    #[inline]
    pub fn of(header: &'static Header) -> Self {
        let place = core::ptr::from_ref(header);
        // SAFETY: by the contract of `KObject` the header stands at the start of an
        // object of the type that its kind names, in memory that stays of that type.
        unsafe {
            match header.kind {
                Kind::Task => Self::Task(&*place.cast()),
                Kind::Thread => Self::Thread(&*place.cast()),
                Kind::Factory => Self::Factory(&*place.cast()),
                Kind::Gate => Self::Gate(&*place.cast()),
                Kind::Irq => Self::Irq(&*place.cast()),
                Kind::Semaphore => Self::Semaphore(&*place.cast()),
                Kind::ThreadGroup => Self::ThreadGroup(&*place.cast()),
                Kind::Scheduler => Self::Scheduler,
                Kind::Icu => Self::Icu,
                Kind::Vcon => Self::Vcon,
                Kind::Debugger => Self::Debugger,
            }
        }
    }

    /// The object's header.
    pub fn header(self) -> &'static Header {
        match self {
            Self::Task(o) => o.header(),
            Self::Thread(o) => o.header(),
            Self::Factory(o) => o.header(),
            Self::Gate(o) => o.header(),
            Self::Irq(o) => o.header(),
            Self::Semaphore(o) => o.header(),
            Self::ThreadGroup(o) => o.header(),
            Self::Scheduler => &SCHEDULER.0,
            Self::Icu => &ICU.0,
            Self::Vcon => &VCON.0,
            Self::Debugger => &DEBUGGER.0,
        }
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
        crate::sched::demand_attention();
        let header = self.header();
        header
            .generation
            .set(header.generation.get().wrapping_add(1).max(1));
        header.next_dead.set(DEAD.borrow().replace(header));
    }

    /// Takes the dead object apart, as far as the budget goes.
    fn destroy(self, budget: &Budget) -> Result<(), Unfinished> {
        budget.step()?;
        match self {
            Self::Task(o) => return o.destroy(budget),
            Self::Thread(o) => o.destroy(),
            Self::Factory(o) => o.destroy(),
            Self::Gate(o) => o.destroy(),
            Self::Irq(o) => o.destroy(),
            Self::Semaphore(o) => o.destroy(),
            Self::ThreadGroup(o) => o.destroy(),
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

static DEAD: Global<Option<&'static Header>> = Global::new(None);

/// Takes apart the objects that died, as far as the budget goes. What is left over is
/// for the next time that the kernel is left.
pub fn reap(budget: &Budget) -> Result<(), Unfinished> {
    loop {
        let Some(header) = DEAD.borrow().take() else {
            return Ok(());
        };
        *DEAD.borrow() = header.next_dead.take();
        if let Err(unfinished) = Object::of(header).destroy(budget) {
            // Others may have died since: they wait behind it.
            header.next_dead.set(DEAD.borrow().replace(header));
            crate::sched::demand_attention();
            return Err(unfinished);
        }
    }
}

/// Takes a slot for a new object at a factory's cost. The caller sets the fields.
pub fn create<T: KObject + Slot>(slab: &Slab<T>, factory: &'static Factory) -> Option<&'static T> {
    let bytes = size_of::<T>() as u64;
    if !factory.quota.take(bytes) {
        return None;
    }
    let Some(object) = slab.take() else {
        factory.quota.give(bytes);
        return None;
    };
    // The slot's header outlives the borrow: slabs are never given up.
    object.header().refs.set(0);
    object.header().name.set([0; debugger::NAME_BYTES]);
    object.header().factory.set(Some(factory));
    Some(object)
}

/// Gives a dead object's slot and bytes back.
pub fn release<T: KObject + Slot>(slab: &Slab<T>, object: &'static T) {
    if let Some(factory) = object.header().factory.take() {
        factory.give(size_of::<T>() as u64);
    }
    slab.give(object);
}
