//! Threads that a model checker schedules (`--cfg interleavings`).
//!
//! The checker runs the threads of a model one at a time, and changes between them where they tell
//! it to: before each atomic operation of [`atomic`](super::atomic), and in the fake kernel's
//! handler. The host knows nothing of these threads, so what a thread has of its own is kept here.

use std::any::Any;
use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The checker's threads.
#[derive(Clone, Copy, Debug)]
pub struct Threads {
    /// Another thread may run now.
    pub step: fn(),
    /// The number of the calling thread.
    pub current: fn() -> u64,
}

static THREADS: OnceLock<Threads> = OnceLock::new();

std::thread_local! {
    /// By the address of the variable, and the number of the thread. None is removed before
    /// [`forget`].
    static VALUES: RefCell<BTreeMap<(usize, u64), Box<dyn Any>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Has a checker schedule the threads from now on. Only the first call counts.
pub fn use_threads(threads: Threads) {
    let _ = THREADS.set(threads);
}

/// Another thread may run now.
pub fn step() {
    if let Some(threads) = THREADS.get() {
        (threads.step)();
    }
}

/// Drops what the threads of an execution have had of their own: the next one begins.
pub fn forget() {
    drop(VALUES.take());
}

/// The value of a variable; made now if it is not there.
fn value<T: 'static>(variable: usize, thread: u64, init: fn() -> T) -> *const T {
    let key = (variable, thread);
    let found = VALUES.with_borrow(|values| {
        let value = values.get(&key).and_then(|value| value.downcast_ref());
        value.map(core::ptr::from_ref::<T>)
    });
    found.unwrap_or_else(|| {
        let value = Box::new(init());
        let place = core::ptr::from_ref(&*value);
        VALUES.with_borrow_mut(|values| values.insert(key, value));
        place
    })
}

/// A static that is new in each execution.
#[derive(Debug)]
pub struct Static<T: 'static> {
    init: fn() -> T,
}

impl<T: 'static> Static<T> {
    /// `init` makes the value when it is first used.
    pub const fn new(init: fn() -> T) -> Self {
        Static { init }
    }
}

impl<T: 'static> core::ops::Deref for Static<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let value = value(core::ptr::from_ref(self).addr(), u64::MAX, self.init);
        // SAFETY: the value is in a box that stays until `forget`, which runs between executions.
        unsafe { &*value }
    }
}

/// A variable that each thread has of its own.
#[derive(Debug)]
pub struct Local<T: 'static> {
    init: fn() -> T,
}

impl<T: 'static> Local<T> {
    /// `init` makes a thread's value when it is first used.
    pub const fn new(init: fn() -> T) -> Self {
        Local { init }
    }

    /// Uses the calling thread's value.
    pub fn with<R>(&'static self, use_it: impl FnOnce(&T) -> R) -> R {
        let thread = THREADS.get().map_or(0, |threads| (threads.current)());
        let value = value(core::ptr::from_ref(self).addr(), thread, self.init);
        // SAFETY: the value is in a box that stays until `forget`, which runs between executions;
        // only references of this thread, which lend it out by `with`, lead to it.
        use_it(unsafe { &*value })
    }
}

impl<T> Local<Cell<T>> {
    /// The calling thread's value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Sets the calling thread's value.
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }
}

impl<T> Local<RefCell<T>> {
    /// Sets the calling thread's value.
    pub fn set(&'static self, value: T) {
        self.with(|cell| drop(cell.replace(value)));
    }

    /// Sets the calling thread's value. Returns the one before.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }

    /// Takes the calling thread's value.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }
}
