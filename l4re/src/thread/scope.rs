//! Threads that borrow.
#![allow(unsafe_code)]

use super::{Builder, Handle, JoinHandle};
use crate::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use crate::error::Result;
use crate::sync::Parking;
use alloc::sync::Arc;
use core::fmt;
use core::marker::PhantomData;

/// Runs `f`, which can make threads that borrow what outlives this call: all of them have ended
/// when it returns.
///
/// ```no_run
/// # fn main() -> l4re::Result<()> {
/// let numbers = [1, 2, 3, 4];
/// let (low, high) = numbers.split_at(2);
/// let sum = l4re::thread::scope(|scope| {
///     let low = scope.spawn(|| low.iter().sum::<u32>())?;
///     Ok::<_, l4re::Error>(low.join()? + high.iter().sum::<u32>())
/// })?;
/// assert_eq!(sum, 10);
/// # Ok(())
/// # }
/// ```
pub fn scope<'env, T>(f: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T) -> T {
    let scope = Scope {
        running: Arc::new(Parking::new(0)),
        env: PhantomData,
        scope: PhantomData,
    };
    let _wait = WaitForAll(scope.running.clone());
    f(&scope)
}

/// Waits for the threads when dropped, even if the scope unwinds.
struct WaitForAll(Arc<Parking>);

impl Drop for WaitForAll {
    fn drop(&mut self) {
        loop {
            match self.0.value().load(Acquire) {
                0 => return,
                running => self.0.wait(running, None),
            };
        }
    }
}

/// A thread that has not ended. It may outlive the scope by the few instructions behind the
/// subtraction, which is why the number is shared.
struct Running(Arc<Parking>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.value().fetch_sub(1, AcqRel);
        self.0.wake(usize::MAX);
    }
}

/// Makes threads that borrow: see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    /// How many have not ended.
    running: Arc<Parking>,
    env: PhantomData<&'env mut &'env ()>,
    scope: PhantomData<&'scope mut &'scope ()>,
}

impl<'scope> Scope<'scope, '_> {
    /// Runs `f` in a thread of its own, that ends before the scope does.
    ///
    /// # Errors
    /// As [`Builder::spawn`].
    pub fn spawn<F, T>(&'scope self, f: F) -> Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.spawn_with(Builder::new(), f)
    }

    /// As [`spawn`](Self::spawn), as `builder` says.
    ///
    /// # Errors
    /// As [`Builder::spawn`].
    pub fn spawn_with<F, T>(
        &'scope self,
        builder: Builder,
        f: F,
    ) -> Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.running.value().fetch_add(1, Relaxed);
        let running = Running(self.running.clone());
        // SAFETY: `scope` waits until `running` is dropped, and 'scope lasts until behind that.
        let inner = unsafe { builder.spawn_unchecked(f, running) }?;
        Ok(ScopedJoinHandle {
            inner,
            scope: PhantomData,
        })
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// A thread of a [`Scope`].
#[derive(Debug)]
pub struct ScopedJoinHandle<'scope, T> {
    inner: JoinHandle<T>,
    scope: PhantomData<&'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// The thread.
    pub fn handle(&self) -> Handle {
        self.inner.handle()
    }

    /// Whether the thread has ended: joining does not wait then.
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    /// Waits until the thread has ended, frees what it used, and returns its result.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if this is the calling thread itself.
    pub fn join(self) -> Result<T> {
        self.inner.join()
    }
}
