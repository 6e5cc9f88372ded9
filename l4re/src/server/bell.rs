//! What reaches a server from elsewhere: from other threads, and from tasks that are woken.
#![allow(unsafe_code)]

use super::Registry;
use super::tasks::Wake;
use crate::atomic::Ordering::{AcqRel, Acquire, Release};
use crate::atomic::{AtomicBool, AtomicPtr};
use crate::cap::OwnedCap;
use crate::error::{Error, Result};
use crate::interface::Reception;
use crate::interface::reception::todo;
use crate::irq::Irq;
use crate::sync::Mutex;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ptr::null_mut;
use l4re_sys::Utcb;

type Work = Box<dyn FnOnce(&Registry) + Send>;

/// What waits for the loop.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) work: Vec<Work>,
    pub(super) ready: Vec<Arc<Wake>>,
    /// The labels of sessions that nobody has got, nor will.
    pub(super) abandoned: Vec<u64>,
}

/// Wakes the loop of a registry.
pub(super) struct Bell {
    irq: OwnedCap<Irq>,
    /// The UTCB of the registry's thread: it need not be woken.
    owner: *mut Utcb,
    /// The registry's, for that thread alone; null when there is no registry any more.
    reception: AtomicPtr<Reception>,
    /// The interrupt is on its way.
    rung: AtomicBool,
    /// None when there is no registry any more.
    inbox: Mutex<Option<Inbox>>,
}

// SAFETY: `owner` is compared, never followed; `reception` is used by the registry's own thread
// alone (`ring`).
unsafe impl Sync for Bell {}
// SAFETY: it may be dropped by any thread: the pointers are not followed then.
unsafe impl Send for Bell {}

impl Bell {
    /// Puts something into the inbox, and wakes the loop.
    fn put(&self, put: impl FnOnce(&mut Inbox)) -> Result<()> {
        put(self.inbox.lock().as_mut().ok_or(Error::NOT_FOUND)?);
        self.ring();
        Ok(())
    }

    fn ring(&self) {
        if l4re_sys::utcb().as_ptr() == self.owner {
            // SAFETY: this is the registry's thread, which is the one that sets the pointer to
            // null before the registry goes; the UTCB is nobody else's as long as the registry
            // is there, since that cannot leave its thread.
            if let Some(reception) = unsafe { self.reception.load(Acquire).as_ref() } {
                reception.ask(todo::TASKS);
            }
        } else if !self.rung.swap(true, AcqRel) {
            // There is no way for it to fail: the interrupt is the bell's own.
            let _ = crate::msg::preserve(|| self.irq.trigger());
        }
    }

    /// A task is to be run.
    pub(super) fn wake(&self, task: Arc<Wake>) {
        // Without a registry there are no tasks.
        let _ = self.put(|inbox| inbox.ready.push(task));
    }

    /// Nobody has got a session, nor will.
    pub(super) fn abandon(&self, label: u64) {
        // Without a registry there are no sessions.
        let _ = self.put(|inbox| inbox.abandoned.push(label));
    }

    /// What has come since the last time.
    pub(super) fn take(&self) -> Inbox {
        let mut inbox = self.inbox.lock();
        inbox.as_mut().map(core::mem::take).unwrap_or_default()
    }

    /// The sessions that nobody has got, nor will, since the last time.
    pub(super) fn take_abandoned(&self) -> Vec<u64> {
        let mut inbox = self.inbox.lock();
        let abandoned = inbox.as_mut().map(|inbox| &mut inbox.abandoned);
        abandoned.map(core::mem::take).unwrap_or_default()
    }

    /// There is no registry any more. For the registry's own thread.
    pub(super) fn close(&self) {
        self.reception.store(null_mut(), Release);
        let inbox = self.inbox.lock().take();
        drop(inbox);
    }
}

/// A registry, for other threads: they have its thread do something, between requests.
///
/// ```no_run
/// # fn example(env: &'static l4re::Env) -> l4re::Result<()> {
/// use l4re::server::Registry;
///
/// let registry = Registry::new()?;
/// let remote = registry.remote()?;
/// let timer = l4re::thread::spawn(move || {
///     l4re::time::sleep(core::time::Duration::from_secs(1));
///     remote.post(|registry| registry.stop())
/// })?;
/// registry.run()?;
/// timer.join()?
/// # }
/// ```
#[derive(Clone)]
pub struct Remote {
    bell: Arc<Bell>,
}

impl Remote {
    /// Has the registry's thread do something as soon as it does not answer a request.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`] if the registry has ended.
    pub fn post<F: FnOnce(&Registry) + Send + 'static>(&self, work: F) -> Result<()> {
        self.bell.put(|inbox| inbox.work.push(Box::new(work)))
    }

    /// Ends [`Registry::run`]. Nothing if it has ended.
    pub fn stop(&self) {
        let _ = self.post(Registry::stop);
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

impl Registry {
    /// The registry as other threads can reach it. It ends with [`run`](Self::run).
    ///
    /// # Errors
    /// What the factory answers, or an IPC error.
    pub fn remote(&self) -> Result<Remote> {
        self.bell().map(|bell| Remote { bell })
    }

    /// What wakes the loop; made when it is first asked for.
    pub(super) fn bell(&self) -> Result<Arc<Bell>> {
        let inner = &*self.inner;
        if let Some(bell) = &*inner.bell.borrow() {
            return Ok(bell.clone());
        }
        let irq = inner.env.factory().create_irq()?;
        let bell = Arc::new(Bell {
            irq,
            owner: l4re_sys::utcb().as_ptr(),
            reception: AtomicPtr::new((&raw const inner.reception).cast_mut()),
            rung: AtomicBool::new(false),
            inbox: Mutex::new(Some(Inbox::default())),
        });
        // The handler may run as long as there is the registry, and so is the bell.
        let handler = Arc::downgrade(&bell);
        self.serve_irq(bell.irq.cap(), move || {
            if let Some(bell) = handler.upgrade() {
                // Whoever comes from now on rings again.
                bell.rung.store(false, Release);
                bell.ring();
            }
        })?;
        inner.bell.replace(Some(bell.clone()));
        Ok(bell)
    }
}
