//! Descriptors.

use super::console::Console;
use super::object::Object;
use crate::errno::{EBADF, EBUSY, EINVAL, EMFILE, Result, fail};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use l4re::sync::SpinLock;
use linux_raw_sys::general::{O_ACCMODE, O_APPEND, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY};

/// How many descriptors a program can have.
pub const MAX: usize = 1024;

/// What has been opened; descriptors that were duplicated share it.
pub struct Open {
    /// What it is.
    pub object: Box<dyn Object>,
    /// The place of the next read or write; they are one after the other.
    pub position: SpinLock<u64>,
    /// What it was opened with (`O_…`).
    pub flags: AtomicU32,
}

impl Open {
    /// What has been opened so.
    pub fn new(object: Box<dyn Object>, flags: u32) -> Open {
        Open {
            object,
            position: SpinLock::new(0),
            flags: AtomicU32::new(flags),
        }
    }

    fn flags(&self) -> u32 {
        self.flags.load(Ordering::Relaxed)
    }

    /// Whether to wait for what is not ready.
    pub fn waits(&self) -> bool {
        self.flags() & O_NONBLOCK == 0
    }

    /// Fails unless it was opened to be written.
    pub fn to_write(&self) -> Result<()> {
        match self.flags() & O_ACCMODE {
            O_RDONLY => fail(EBADF),
            _ => Ok(()),
        }
    }

    /// Reads from a place in the file, or what a device has.
    pub fn read_at(&self, to: &mut [u8], at: u64) -> Result<usize> {
        let flags = self.flags();
        if flags & O_ACCMODE == O_WRONLY {
            return fail(EBADF);
        }
        self.object.read(to, at, flags & O_NONBLOCK == 0)
    }

    /// Reads from where the last call ended.
    pub fn read(&self, to: &mut [u8]) -> Result<usize> {
        if self.object.is_stream() {
            return self.read_at(to, 0);
        }
        self.read_on(to)
    }

    /// Reads what is there already: none of it is an error, from what would have to be waited for.
    pub fn read_at_once(&self, to: &mut [u8]) -> Result<usize> {
        if self.object.is_stream() {
            return self.object.read(to, 0, false);
        }
        self.read_on(to)
    }

    fn read_on(&self, to: &mut [u8]) -> Result<usize> {
        let mut position = self.position.lock();
        let n = self.read_at(to, *position)?;
        *position += n as u64;
        Ok(n)
    }

    /// Writes to a place in the file; to its end if it was opened so.
    pub fn write_at(&self, from: &[u8], at: u64) -> Result<usize> {
        self.to_write()?;
        let at = self.place(at)?;
        self.object.write(from, at)
    }

    /// Writes where the last call ended.
    pub fn write(&self, from: &[u8]) -> Result<usize> {
        self.to_write()?;
        if self.object.is_stream() {
            return self.object.write_to_stream(from, self.waits());
        }
        let mut position = self.position.lock();
        let at = self.place(*position)?;
        let n = self.object.write(from, at)?;
        *position = at + n as u64;
        Ok(n)
    }

    fn place(&self, at: u64) -> Result<u64> {
        if self.flags() & O_APPEND != 0 {
            Ok(self.object.about()?.size)
        } else {
            Ok(at)
        }
    }
}

/// A descriptor.
#[derive(Clone)]
pub struct Entry {
    /// What it is of.
    pub open: Arc<Open>,
    /// Its own flags (`FD_…`).
    pub flags: u32,
}

/// A descriptor's number.
#[derive(Default)]
enum Slot {
    #[default]
    Free,
    /// Kept for what is being opened.
    Reserved,
    Used(Entry),
}

type Table = Vec<Slot>;

/// None before its first use.
static TABLE: SpinLock<Option<Table>> = SpinLock::new(None);

fn standard() -> Table {
    let console = Arc::new(Open::new(Box::new(Console), O_RDWR));
    let entry = || Entry {
        open: Arc::clone(&console),
        flags: 0,
    };
    [(); 3].map(|()| Slot::Used(entry())).into()
}

fn with_table<R>(f: impl FnOnce(&mut Table) -> R) -> R {
    f(TABLE.lock().get_or_insert_with(standard))
}

/// Calls `f` with a descriptor's entry.
pub fn with_entry<R>(fd: i32, f: impl FnOnce(&mut Entry) -> R) -> Result<R> {
    with_table(|table| {
        let entry = usize::try_from(fd).ok().and_then(|fd| table.get_mut(fd));
        match entry {
            Some(Slot::Used(entry)) => Ok(f(entry)),
            _ => fail(EBADF),
        }
    })
}

/// What a descriptor is of.
pub fn descriptor(fd: i32) -> Result<Arc<Open>> {
    with_entry(fd, |entry| Arc::clone(&entry.open))
}

/// Gives the lowest free descriptor from `least` on.
pub fn insert(entry: Entry, least: usize) -> Result {
    if least >= MAX {
        return fail(EINVAL);
    }
    take_free(least, Slot::Used(entry)).map(|fd| fd as i64)
}

/// Puts something into the lowest free slot from `least` on.
fn take_free(least: usize, slot: Slot) -> Result<usize> {
    with_table(|table| {
        let free = (least..MAX).find(|fd| matches!(table.get(*fd), None | Some(Slot::Free)));
        let Some(fd) = free else {
            return fail(EMFILE);
        };
        put(table, fd, slot);
        Ok(fd)
    })
}

/// Puts something into a slot; what was there comes back.
fn put(table: &mut Table, fd: usize, slot: Slot) -> Slot {
    if table.len() <= fd {
        table.resize_with(fd + 1, Slot::default);
    }
    match table.get_mut(fd) {
        Some(place) => core::mem::replace(place, slot),
        None => Slot::Free,
    }
}

/// A descriptor for what is going to be opened. So nothing is made or emptied for a program that
/// can have no more descriptors.
pub struct Reservation(usize);

impl Reservation {
    /// Keeps the lowest free descriptor.
    pub fn new() -> Result<Reservation> {
        take_free(0, Slot::Reserved).map(Reservation)
    }

    /// Makes it the descriptor of what was opened.
    pub fn fill(self, entry: Entry) -> i64 {
        let fd = self.0;
        // The slot is used from now on: dropping what kept it must not free it.
        core::mem::forget(self);
        with_table(|table| put(table, fd, Slot::Used(entry)));
        fd as i64
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        with_table(|table| put(table, self.0, Slot::Free));
    }
}

/// Makes this descriptor, in place of what had its number.
pub fn replace(fd: i32, entry: Entry) -> Result {
    let place = usize::try_from(fd).ok().filter(|fd| *fd < MAX);
    let Some(place) = place else {
        return fail(EBADF);
    };
    // What it was is closed behind the lock.
    let old = with_table(|table| match table.get(place) {
        // As on Linux: another thread is about to open something.
        Some(Slot::Reserved) => fail(EBUSY),
        _ => Ok(put(table, place, Slot::Used(entry))),
    })?;
    drop(old);
    Ok(fd.into())
}

/// Takes a descriptor away.
pub fn remove(fd: i32) -> Result {
    let place = usize::try_from(fd).or_else(|_| fail(EBADF))?;
    let old = with_table(|table| match table.get_mut(place) {
        Some(slot @ Slot::Used(_)) => core::mem::take(slot),
        _ => Slot::Free,
    });
    match old {
        Slot::Used(_) => Ok(0),
        _ => fail(EBADF),
    }
}
