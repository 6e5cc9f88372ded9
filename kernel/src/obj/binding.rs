//! What a thread has of the task that it is bound to, in one place: all of it comes with
//! `bind` and goes with `unbind`, before the task gives its memory up.

use super::Handle;
use super::pf_trampoline::Trampoline;
use super::task::{Task, ThreadsTag};
use super::thread::Thread;
use crate::cap::CapView;
use crate::ipc::state::Ipc;
use crate::util::list::Link;
use core::cell::{Cell, UnsafeCell};
use core::ops::Deref;
use core::ptr::NonNull;
use l4re_sys::utcb::{Utcb, UtcbRef};

/// The binding of a thread to its task.
pub struct Binding {
    task: Cell<Handle<Task>>,
    utcb: Cell<NonNull<Utcb>>,
    cr3: Cell<u64>,
    /// The capabilities of the task; empty while there is none, and for aliens.
    pub caps: CapView,
    /// The I/O ports of the task, if it has any.
    pub io_bitmap: Cell<Option<NonNull<u8>>>,
    /// How the thread handles page faults itself, if it does: in memory of the task.
    pub trampoline: Trampoline,
    /// Ties the thread to its task.
    pub link: Link<Thread, ThreadsTag>,
}

/// The UTCB of threads without a task. Nobody writes to it on purpose and no program sees
/// it: it is there so that not even a defect of the kernel writes to memory that a task
/// has given up.
#[repr(C, align(1024))]
struct Spare(UnsafeCell<[u8; size_of::<Utcb>()]>);
// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Spare {}
static SPARE: Spare = Spare(UnsafeCell::new([0; size_of::<Utcb>()]));

const fn spare() -> NonNull<Utcb> {
    match NonNull::new(SPARE.0.get()) {
        Some(place) => place.cast(),
        None => unreachable!(),
    }
}

impl Binding {
    /// To no task.
    pub const fn none() -> Self {
        Self {
            task: Cell::new(Handle::NONE),
            utcb: Cell::new(spare()),
            cr3: Cell::new(0),
            caps: CapView::empty(),
            io_bitmap: Cell::new(None),
            trampoline: Trampoline::NONE,
            link: Link::new(),
        }
    }

    /// The task, while it lives.
    #[inline]
    pub fn task(&self) -> Option<&'static Task> {
        self.task.get().get()
    }

    /// The root of the page tables; 0 without a task.
    #[inline]
    pub fn cr3(&self) -> u64 {
        self.cr3.get()
    }

    /// Binds `thread`, whose binding this is and which has none, to a task. `utcb` is the
    /// kernel's address of a UTCB in the task's kernel-user memory.
    pub fn bind(&self, thread: &'static Thread, task: &'static Task, utcb: NonNull<Utcb>) {
        debug_assert!(!self.link.is_linked());
        self.utcb.set(utcb);
        self.cr3.set(task.space.cr3());
        self.task.set(Handle::of(task));
        self.caps.look_at(&task.caps);
        self.io_bitmap.set(task.io.get());
        task.threads.push_back(thread);
    }

    /// Takes all away that the thread has of its task. The thread must not run any more.
    pub fn unbind(&self) {
        self.link.unlink();
        self.task.set(Handle::NONE);
        self.utcb.set(spare());
        self.cr3.set(0);
        self.caps.look_away();
        self.io_bitmap.set(None);
        self.trampoline.reset();
    }
}

/// A thread that is bound to a task: the way to its message registers.
///
/// Nothing else leads to a UTCB. The proof is asked for again with every access: if the
/// task is gone, the access goes to a page of the kernel's own.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Bound(&'static Thread);

impl Bound {
    /// A thread that takes part in an IPC, or runs. Only bound threads do, and the end of
    /// the binding ends that (`Thread::halt`).
    #[inline(always)]
    pub fn by_state(thread: &'static Thread) -> Self {
        debug_assert!(thread.bound().is_some() && !matches!(thread.ipc.get(), Ipc::Ended));
        Self(thread)
    }

    /// The thread.
    #[inline(always)]
    pub fn thread(self) -> &'static Thread {
        self.0
    }

    /// The message registers.
    #[inline(always)]
    pub fn utcb(self) -> UtcbRef {
        // SAFETY: `Binding` keeps this: the UTCB lies in kernel-user memory of the task, which
        // is mapped in the direct map and not given up before the task's end has unbound its
        // threads (`Task::destroy`); else it is `SPARE`, which is static.
        unsafe { UtcbRef::new(self.0.binding.utcb.get().as_ptr()) }
    }
}

impl Deref for Bound {
    type Target = Thread;
    #[inline(always)]
    fn deref(&self) -> &Thread {
        self.0
    }
}

impl Thread {
    /// The thread, if it is bound to a task.
    #[inline]
    pub fn bound(&'static self) -> Option<Bound> {
        (self.binding.utcb.get() != spare()).then_some(Bound(self))
    }
}
