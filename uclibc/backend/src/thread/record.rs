//! What is known of each thread.

use super::utcb::Slot;
use crate::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::errno::{ESRCH, Result, fail};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;
use core::time::Duration;
use l4re::semaphore::Semaphore;
use l4re::sync::SpinLock;
use l4re::thread::Thread;
use l4re::{Cap, OwnedCap, start};

/// Which of the UTCB's words for the user holds the address of its thread's record: the last, as
/// the first is L4Re's own C library's.
const USER_WORD: usize = 2;

/// A thread's number; the first thread's is also the program's.
static NEXT_ID: AtomicU32 = AtomicU32::new(FIRST_ID);
const FIRST_ID: u32 = 2;

/// A thread.
pub struct Record {
    /// Its number.
    pub id: u32,
    /// What it sleeps on.
    pub wakeup: OwnedCap<Semaphore>,
    /// The address of the word that becomes 0 when it ends; 0 if there is none.
    pub clear_at_end: AtomicU64,
    /// The signals that it blocks.
    pub blocked: AtomicU64,
    /// The signals that others have sent to it, and that it has not seen yet.
    pub pending: AtomicU64,
    /// Not 0 once it has ended and uses nothing any more.
    pub ended: AtomicU32,
    /// Of a thread that was made here. Dropped in this order: the thread first, then what it
    /// uses.
    pub own: Option<Own>,
}

/// What a thread that was made here has of its own.
pub struct Own {
    /// The thread.
    pub thread: OwnedCap<Thread>,
    /// Where its thread-local data are: its `pthread_t`.
    pub tls: u64,
    /// Its UTCB.
    pub _utcb: Slot,
}

/// All threads, by when they were made. A thread removes itself by ending, and whoever makes or
/// ends one next clears away.
static ALL: SpinLock<Vec<Place>> = SpinLock::new(Vec::new());

/// Where a record is.
#[derive(Clone, Copy)]
struct Place(NonNull<Record>);

// SAFETY: what several threads touch of a record is atomic.
unsafe impl Send for Place {}

/// Makes a record.
fn new_record(own: Option<Own>) -> Result<Box<Record>> {
    Ok(Box::new(Record {
        id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        wakeup: start::env().factory().create_semaphore()?,
        clear_at_end: AtomicU64::new(0),
        blocked: AtomicU64::new(0),
        pending: AtomicU64::new(0),
        ended: AtomicU32::new(0),
        own,
    }))
}

impl Record {
    /// The record of a new thread, known by the program from now on.
    pub fn register(own: Option<Own>) -> Result<&'static Record> {
        let record = NonNull::from(Box::leak(new_record(own)?));
        ALL.lock().push(Place(record));
        // SAFETY: only `clear_away` frees records, of threads that have ended.
        Ok(unsafe { record.as_ref() })
    }

    /// Forgets a thread that has never run.
    pub fn unregister(&'static self) {
        self.ended.store(1, Ordering::Release);
        clear_away();
    }

    /// The thread's capability.
    pub fn thread(&self) -> Cap<Thread> {
        match &self.own {
            Some(own) => own.thread.cap(),
            None => start::env().main_thread(),
        }
    }

    /// Makes this what [`current`] finds in the thread with this UTCB.
    ///
    /// # Safety
    /// The UTCB is valid, and its thread is the record's.
    pub unsafe fn tell(&'static self, utcb: l4re_sys::UtcbRef) {
        utcb.set_user(
            USER_WORD,
            core::ptr::from_ref(self).expose_provenance() as u64,
        );
    }
}

/// The processor time of threads that have been deleted, in microseconds. Changed with [`ALL`]
/// locked, so that a thread's time is counted once: here, or with the threads that are there.
static ENDED_US: AtomicU64 = AtomicU64::new(0);

/// Frees what ended threads have used.
pub fn clear_away() {
    let mut gone = Vec::new();
    {
        let mut all = ALL.lock();
        // SAFETY: records in the list have not been freed.
        let has_ended = |r: &Place| unsafe { r.0.as_ref() }.ended.load(Ordering::Acquire) != 0;
        while let Some(i) = all.iter().position(has_ended) {
            let record = all.swap_remove(i);
            // SAFETY: only this function frees records, below.
            if let Some(own) = &unsafe { record.0.as_ref() }.own {
                // A thread whose time cannot be asked for has none.
                let us = own.thread.cap().stats_time().unwrap_or(0);
                ENDED_US.fetch_add(us, Ordering::Relaxed);
            }
            gone.push(record);
        }
    }
    for record in gone {
        // SAFETY: made by `Box::leak`, and taken out of the list by this thread alone. Its
        // thread uses it no more (`ended`), and is deleted first.
        drop(unsafe { Box::from_raw(record.0.as_ptr()) });
    }
}

/// The calling thread's record. A thread that was not made here, as the first one, gets its
/// record when it first asks.
pub fn current() -> Result<&'static Record> {
    let utcb = l4re_sys::utcb();
    let address = utcb.user(USER_WORD) as usize;
    let record = core::ptr::with_exposed_provenance::<Record>(address);
    // SAFETY: null, or written by `tell`; a running thread's record is not freed.
    match unsafe { record.as_ref() } {
        Some(record) => Ok(record),
        None => {
            let record = Record::register(None)?;
            // SAFETY: the UTCB is the calling thread's.
            unsafe { record.tell(utcb) };
            Ok(record)
        }
    }
}

/// The number of the first thread, and of the program.
pub fn main_id() -> u32 {
    FIRST_ID
}

/// Calls `f` with the thread of this number, if there is one that has not ended.
pub fn with(id: u32, f: impl FnOnce(&Record)) -> Result<()> {
    let all = ALL.lock();
    // SAFETY: records in the list have not been freed, and are not while it is locked.
    let mut records = all.iter().map(|record| unsafe { record.0.as_ref() });
    let wanted = |record: &&Record| record.id == id && record.ended.load(Ordering::Acquire) == 0;
    match records.find(wanted) {
        Some(record) => {
            f(record);
            Ok(())
        }
        None => fail(ESRCH),
    }
}

/// `set_tid_address`: which word tells the calling thread's end. Returns the thread's number.
pub fn set_tid_address(word: u64) -> Result {
    let record = current()?;
    record.clear_at_end.store(word, Ordering::Relaxed);
    Ok(record.id.into())
}

/// Where the first thread's data are; 0 until it has some.
static FIRST_TLS: AtomicU64 = AtomicU64::new(0);

/// Notes where the calling thread's data are, if it is the first.
pub fn set_tls(tls: u64) {
    let _ = FIRST_TLS.compare_exchange(0, tls, Ordering::Relaxed, Ordering::Relaxed);
}

/// The thread whose data are there, if it is still known.
pub fn with_tls(tls: u64) -> Option<Cap<Thread>> {
    if tls == FIRST_TLS.load(Ordering::Relaxed) {
        return Some(start::env().main_thread());
    }
    let all = ALL.lock();
    // SAFETY: a record is taken out of the list, under its lock, before it is freed; the lock is
    // held here.
    let mut own = (all.iter()).filter_map(|record| unsafe { record.0.as_ref() }.own.as_ref());
    own.find(|own| own.tls == tls).map(|own| own.thread.cap())
}

/// Where the data of each thread are that has not ended.
pub fn all_tls() -> Vec<u64> {
    let all = ALL.lock();
    let mut found = Vec::with_capacity(all.len() + 1);
    found.push(FIRST_TLS.load(Ordering::Relaxed));
    for record in all.iter() {
        // SAFETY: a record is taken out of the list, under its lock, before it is freed; the lock
        // is held here.
        let record = unsafe { record.0.as_ref() };
        if record.ended.load(Ordering::Acquire) == 0 {
            found.extend(record.own.as_ref().map(|own| own.tls));
        }
    }
    found
}

/// The processor time that the program has used: that of its first thread, of all that were made
/// here, and of those of them that have ended.
pub fn cpu_time() -> Result<Duration> {
    let all = ALL.lock();
    let mut us = ENDED_US.load(Ordering::Relaxed) + start::env().main_thread().stats_time()?;
    for record in all.iter() {
        // SAFETY: records in the list have not been freed, and are not while it is locked.
        if let Some(own) = &unsafe { record.0.as_ref() }.own {
            us += own.thread.cap().stats_time()?;
        }
    }
    Ok(Duration::from_micros(us))
}

/// Calls `f` with a thread that has not ended and of which `wanted` holds, if there is one.
pub fn with_any(wanted: impl Fn(&Record) -> bool, f: impl FnOnce(&Record)) -> bool {
    let all = ALL.lock();
    // SAFETY: records in the list have not been freed, and are not while it is locked.
    let mut records = all.iter().map(|record| unsafe { record.0.as_ref() });
    let found = records.find(|record| record.ended.load(Ordering::Acquire) == 0 && wanted(record));
    found.map(f).is_some()
}
