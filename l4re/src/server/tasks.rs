//! Tasks: what a server does beside answering, and waits for in between.
//!
//! The loop runs them, in its own thread, between requests. Wakers may be used by any thread.

use super::bell::Bell;
use super::registry::Inner;
use super::{Deferred, Registry};
use crate::atomic::AtomicBool;
use crate::atomic::Ordering::{AcqRel, Release};
use crate::error::{Error, ErrorCode, Result};
use crate::interface::Out;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::{Rc, Weak};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use l4re_sys::err;

/// A task as its wakers know it.
pub(super) struct Wake {
    bell: Arc<Bell>,
    number: u64,
    /// It waits to be run already.
    queued: AtomicBool,
}

impl alloc::task::Wake for Wake {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, AcqRel) {
            self.bell.wake(self.clone());
        }
    }
}

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// The tasks of a registry, by their numbers: a waker of a task that has ended wakes no other.
#[derive(Default)]
pub(super) struct Tasks {
    all: RefCell<BTreeMap<u64, Rc<RefCell<Option<Work>>>>>,
    made: Cell<u64>,
}

impl Tasks {
    /// Runs a task until it waits for something.
    fn run(&self, wake: Arc<Wake>) {
        // From now on it may be woken again.
        wake.queued.store(false, Release);
        let number = wake.number;
        let Some(task) = self.all.borrow().get(&number).cloned() else {
            return;
        };
        let Ok(mut work) = task.try_borrow_mut() else {
            return;
        };
        let waker = Waker::from(wake);
        let ended = match &mut *work {
            Some(work) => work
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_ready(),
            None => true,
        };
        if ended {
            // What it holds may use the tasks when it is dropped.
            let work = work.take();
            drop(work);
            self.remove(number);
        }
    }

    /// Drops a task; one that is running when it next waits.
    pub(super) fn remove(&self, number: u64) {
        let task = self.all.borrow_mut().remove(&number);
        drop(task);
    }

    /// Drops all tasks, those too that are made by that.
    pub(super) fn clear(&self) {
        loop {
            let all = self.all.take();
            if all.is_empty() {
                return;
            }
            drop(all);
        }
    }
}

/// Where the result of a task goes.
struct Slot<T> {
    value: Cell<Option<T>>,
    waiter: Cell<Option<Waker>>,
}

/// A task of a registry. If dropped, the task ends where it waits, unless it is
/// [detached](Self::detach).
///
/// It is a future itself: of the task's result, or of none if the registry has ended before.
#[must_use = "a task ends when this is dropped"]
pub struct Task<T> {
    number: u64,
    registry: Weak<Inner>,
    slot: Rc<Slot<T>>,
}

impl<T> Task<T> {
    /// Lets the task go on by itself.
    pub fn detach(mut self) {
        self.registry = Weak::new();
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        // The task itself has the other one.
        Rc::strong_count(&self.slot) == 1
    }
}

impl<T> Future for Task<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        match self.slot.value.take() {
            Some(value) => Poll::Ready(Some(value)),
            None if self.is_finished() => Poll::Ready(None),
            None => {
                self.slot.waiter.set(Some(context.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(inner) = self.registry.upgrade() {
            inner.tasks.remove(self.number);
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", self.number)
    }
}

/// Wakes who waits for a task, when the task has nothing to do with its slot any more.
struct Ended<T>(Option<Rc<Slot<T>>>);

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        let waiter = self.0.take().and_then(|slot| slot.waiter.take());
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }
}

impl Registry {
    /// Runs a future as a task, in the registry's thread and between its requests.
    ///
    /// ```no_run
    /// # use l4re::server::Registry;
    /// # use core::time::Duration;
    /// # fn example(registry: &Registry) -> l4re::Result<()> {
    /// let own = registry.clone();
    /// registry.spawn(async move {
    ///     for i in 0..3 {
    ///         own.sleep(Duration::from_millis(10)).await;
    ///         l4re::println!("tick {i}");
    ///     }
    ///     own.stop();
    /// })?.detach();
    /// registry.run()
    /// # }
    /// ```
    ///
    /// When [`run`](Self::run) ends, tasks end where they wait.
    ///
    /// # Errors
    /// What the factory answers, or an IPC error, when the first task is made.
    pub fn spawn<F: Future + 'static>(&self, future: F) -> Result<Task<F::Output>> {
        let bell = self.bell()?;
        let tasks = &self.inner.tasks;
        let number = tasks.made.get();
        tasks.made.set(number + 1);
        let slot = Rc::new(Slot {
            value: Cell::new(None),
            waiter: Cell::new(None),
        });
        let ended = Ended(Some(slot.clone()));
        let work: Work = Box::pin(async move {
            let ended = ended;
            let value = future.await;
            if let Some(slot) = &ended.0 {
                slot.value.set(Some(value));
            }
        });
        let work = Rc::new(RefCell::new(Some(work)));
        tasks.all.borrow_mut().insert(number, work);
        bell.clone().wake(Arc::new(Wake {
            bell,
            number,
            queued: AtomicBool::new(true),
        }));
        Ok(Task {
            number,
            registry: Rc::downgrade(&self.inner),
            slot,
        })
    }

    /// Answers the request whose method runs when a future has the result: for a method to return.
    /// Requests must be [allowed](Self::allow_deferring) to be answered later.
    ///
    /// ```
    /// # use l4re::{Result, server::Registry};
    /// # use core::time::Duration;
    /// # #[l4re::interface(protocol = 0x46)]
    /// # trait Clock { fn wait(&self, ms: u64) -> Result<u64>; }
    /// struct Server(Registry);
    ///
    /// impl Clock for Server {
    ///     fn wait(&self, ms: u64) -> Result<u64> {
    ///         let registry = self.0.clone();
    ///         self.0.answer(async move {
    ///             registry.sleep(Duration::from_millis(ms)).await;
    ///             Ok(ms)
    ///         })
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`defer`](Self::defer) and [`spawn`](Self::spawn), which the client is told; and the
    /// error "no reply", which stands for the answer that comes later.
    pub fn answer<R, F>(&self, future: F) -> Result<R>
    where
        R: Out + 'static,
        F: Future<Output = Result<R>> + 'static,
    {
        self.answer_task(future)?.detach();
        Err(LATER)
    }

    fn answer_task<R, F>(&self, future: F) -> Result<Task<()>>
    where
        R: Out + 'static,
        F: Future<Output = Result<R>> + 'static,
    {
        // First what can fail.
        self.bell()?;
        let deferred: Deferred<R> = self.defer()?;
        let task = self.spawn(async move {
            let result = future.await;
            // The client may be gone.
            let _ = deferred.send(result);
        })?;
        // If the request is given up, nobody needs the task.
        self.inner.deferred.set_task(task.number);
        Ok(task)
    }

    /// Does what others have asked for, and runs the tasks that are ready: each once, so that
    /// requests have their turn.
    pub(super) fn run_tasks(&self) {
        let bell = self.inner.bell.borrow().clone();
        let Some(bell) = bell else {
            return;
        };
        let inbox = bell.take();
        for work in inbox.work {
            work(self);
        }
        for task in inbox.ready {
            self.inner.tasks.run(task);
        }
        // Those of before, and of the work just done.
        for label in inbox.abandoned.into_iter().chain(bell.take_abandoned()) {
            self.remove_label(label);
        }
    }
}

/// In place of the result of a method whose answer comes later.
const LATER: Error = Error::Service(ErrorCode(err::ENOREPLY));

/// Tasks that end together: those of a session, which holds them, and is dropped when its client
/// is gone.
///
/// ```
/// # use l4re::{Result, server::{Registry, TaskSet}};
/// # use core::time::Duration;
/// # #[l4re::interface(protocol = 0x46)]
/// # trait Clock { fn wait(&self, ms: u64) -> Result<u64>; }
/// struct Session {
///     registry: Registry,
///     tasks: TaskSet,
/// }
///
/// impl Clock for Session {
///     fn wait(&self, ms: u64) -> Result<u64> {
///         let registry = self.registry.clone();
///         // If the client goes, nobody waits any more, here as there.
///         self.tasks.answer(&self.registry, async move {
///             registry.sleep(Duration::from_millis(ms)).await;
///             Ok(ms)
///         })
///     }
/// }
/// ```
#[derive(Debug, Default)]
pub struct TaskSet {
    tasks: RefCell<Vec<Task<()>>>,
    /// When those that have ended are next looked for.
    sweep: Cell<usize>,
}

impl TaskSet {
    /// No tasks.
    pub const fn new() -> Self {
        TaskSet {
            tasks: RefCell::new(Vec::new()),
            sweep: Cell::new(0),
        }
    }

    /// As [`Registry::spawn`].
    ///
    /// # Errors
    /// As [`Registry::spawn`].
    pub fn spawn<F: Future<Output = ()> + 'static>(
        &self,
        registry: &Registry,
        future: F,
    ) -> Result<()> {
        let task = registry.spawn(future)?;
        self.add(task);
        Ok(())
    }

    /// As [`Registry::answer`]. If the set goes before, the request is answered with the error
    /// "input or output failed".
    ///
    /// # Errors
    /// As [`Registry::answer`].
    pub fn answer<R, F>(&self, registry: &Registry, future: F) -> Result<R>
    where
        R: Out + 'static,
        F: Future<Output = Result<R>> + 'static,
    {
        let task = registry.answer_task(future)?;
        self.add(task);
        Err(LATER)
    }

    fn add(&self, task: Task<()>) {
        let mut tasks = self.tasks.borrow_mut();
        if tasks.len() >= self.sweep.get() {
            tasks.retain(|task| !task.is_finished());
            self.sweep.set(2 * tasks.len() + 4);
        }
        tasks.push(task);
    }

    /// How many have not ended.
    pub fn len(&self) -> usize {
        let tasks = self.tasks.borrow();
        tasks.iter().filter(|task| !task.is_finished()).count()
    }

    /// Whether all have ended.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
