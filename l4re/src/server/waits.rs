//! What tasks wait for.

use super::registry::{Inner, Served};
use super::{Registry, Timer};
use crate::cap::Cap;
use crate::error::Result;
use crate::irq::Irq;
use crate::time::Instant;
use alloc::rc::{Rc, Weak};
use core::cell::Cell;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

/// Waits until a point in time: see [`Registry::sleep`].
#[must_use = "time passes only where this is awaited"]
pub struct Sleep {
    // Not the registry itself, which holds the task that holds this.
    registry: Weak<Inner>,
    until: Instant,
    timer: Option<Timer>,
}

impl Sleep {
    fn stop(&mut self, inner: &Inner) {
        if let Some(timer) = self.timer.take() {
            inner.timers.cancel(timer);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(inner) = self.registry.upgrade() else {
            return Poll::Pending;
        };
        self.stop(&inner);
        if inner.env.kip().clock_us() >= self.until.as_us() {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        let timer = Registry { inner }.at(self.until, move || waker.wake());
        self.timer = Some(timer);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(inner) = self.registry.upgrade() {
            self.stop(&inner);
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sleep({} us)", self.until.as_us())
    }
}

#[derive(Default)]
struct Count {
    count: Cell<u64>,
    waiter: Cell<Option<Waker>>,
}

/// An interrupt that tasks wait for: see [`Registry::interrupts`]. If dropped, the registry does not
/// serve it any more.
pub struct Interrupts {
    registry: Weak<Inner>,
    served: Served<Irq>,
    count: Rc<Count>,
}

impl Interrupts {
    /// Waits for the interrupt. Returns how often it has come since the last time. (One that is
    /// triggered again before the server has seen it has come once.)
    ///
    /// A device's interrupt that stays masked until it is handled is to be
    /// [unmasked](Cap::<Irq>::unmask) by the task.
    pub async fn next(&mut self) -> u64 {
        poll_fn(|context| match self.count.count.take() {
            0 => {
                self.count.waiter.set(Some(context.waker().clone()));
                Poll::Pending
            }
            count => Poll::Ready(count),
        })
        .await
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        if let Some(inner) = self.registry.upgrade() {
            Registry { inner }.remove(self.served);
        }
    }
}

impl fmt::Debug for Interrupts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interrupts({:?})", self.served)
    }
}

impl Registry {
    /// Lets a task wait.
    pub fn sleep(&self, time: Duration) -> Sleep {
        self.sleep_until(Instant::now() + time)
    }

    /// Lets a task wait until a point in time.
    pub fn sleep_until(&self, until: Instant) -> Sleep {
        Sleep {
            registry: Rc::downgrade(&self.inner),
            until,
            timer: None,
        }
    }

    /// Serves an interrupt for a task to wait for.
    ///
    /// ```no_run
    /// # use l4re::server::Registry;
    /// # fn example(registry: &Registry, env: &l4re::Env) -> l4re::Result<()> {
    /// let irq = env.factory().create_irq()?;
    /// let mut interrupts = registry.interrupts(irq.cap())?;
    /// registry.spawn(async move {
    ///     loop {
    ///         let times = interrupts.next().await;
    ///         l4re::println!("it came {times} times");
    ///     }
    /// })?.detach();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the kernel answers, or an IPC error.
    pub fn interrupts(&self, irq: Cap<Irq>) -> Result<Interrupts> {
        let count = Rc::<Count>::default();
        let seen = count.clone();
        let served = self.serve_irq(irq, move || {
            seen.count.set(seen.count.get() + 1);
            if let Some(waiter) = seen.waiter.take() {
                waiter.wake();
            }
        })?;
        Ok(Interrupts {
            registry: Rc::downgrade(&self.inner),
            served,
            count,
        })
    }
}
