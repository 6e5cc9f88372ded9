//! What threads of a program share, and how they wait for each other.
//!
//! | | |
//! |---|---|
//! | [`Mutex`], [`RwLock`] | data that one thread changes at a time |
//! | [`Condvar`] | waiting until such data have become what one waits for |
//! | [`Once`], [`OnceLock`], [`LazyLock`] | data that are made once |
//! | [`Semaphore`] | a number of things that can be had |
//! | [`mpsc`] | values that go from many threads to one |
//! | [`Parking`] | what all of these are made of |
//!
//! As long as nobody has to wait, all of this is done without a system call. A thread that waits
//! does so at a semaphore of the kernel, and the most urgent of those that wait is woken first.
//!
//! ```
//! use l4re::sync::Mutex;
//!
//! static WORDS: Mutex<Vec<&str>> = Mutex::new(Vec::new());
//!
//! WORDS.lock().push("hello");
//! assert_eq!(*WORDS.lock(), ["hello"]);
//! assert!(WORDS.try_lock().is_some());
//! ```
//!
//! A thread that holds a lock keeps its own priority, whoever waits for it: sections that hold
//! locks of urgent threads should be short.

mod condvar;
mod lazy;
pub mod mpsc;
mod mutex;
mod once;
mod parking;
mod rwlock;
mod semaphore;
mod spare;
mod spin;

pub use condvar::Condvar;
pub use lazy::LazyLock;
pub use mutex::{MappedMutexGuard, Mutex, MutexGuard, RawMutex};
pub use once::{Once, OnceLock};
pub use parking::{Parking, Wait};
pub use rwlock::{RawRwLock, RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use semaphore::Semaphore;
pub use spin::{Sleep, SpinLock, relax};
