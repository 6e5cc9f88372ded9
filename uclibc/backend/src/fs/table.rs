//! Descriptors.

use super::console::Console;
use super::object::Object;
use crate::errno::{EBADF, EINVAL, EMFILE, Result, fail};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use l4re::sync::SpinLock;
use linux_raw_sys::general::{O_ACCMODE, O_APPEND, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY};

/// How many descriptors a program can have.
const MAX: usize = 1024;

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
            return self.object.write(from, 0);
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

type Table = Vec<Option<Entry>>;

/// None before its first use.
static TABLE: SpinLock<Option<Table>> = SpinLock::new(None);

fn standard() -> Table {
    let console = Arc::new(Open::new(Box::new(Console), O_RDWR));
    let entry = || Entry {
        open: Arc::clone(&console),
        flags: 0,
    };
    alloc::vec![Some(entry()), Some(entry()), Some(entry())]
}

fn with_table<R>(f: impl FnOnce(&mut Table) -> R) -> R {
    f(TABLE.lock().get_or_insert_with(standard))
}

/// Calls `f` with a descriptor's entry.
pub fn with_entry<R>(fd: i32, f: impl FnOnce(&mut Entry) -> R) -> Result<R> {
    with_table(|table| {
        let entry = usize::try_from(fd).ok().and_then(|fd| table.get_mut(fd));
        match entry {
            Some(Some(entry)) => Ok(f(entry)),
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
    with_table(|table| {
        let free = (least..MAX).find(|fd| !matches!(table.get(*fd), Some(Some(_))));
        let Some(fd) = free else {
            return fail(EMFILE);
        };
        put(table, fd, entry);
        Ok(fd as i64)
    })
}

fn put(table: &mut Table, fd: usize, entry: Entry) -> Option<Entry> {
    if table.len() <= fd {
        table.resize_with(fd + 1, || None);
    }
    table.get_mut(fd)?.replace(entry)
}

/// Makes this descriptor, in place of what had its number.
pub fn replace(fd: i32, entry: Entry) -> Result {
    let place = usize::try_from(fd).ok().filter(|fd| *fd < MAX);
    let Some(place) = place else {
        return fail(EBADF);
    };
    // What it was is closed behind the lock.
    let old = with_table(|table| put(table, place, entry));
    drop(old);
    Ok(fd.into())
}

/// Takes a descriptor away.
pub fn remove(fd: i32) -> Result {
    let place = usize::try_from(fd).or_else(|_| fail(EBADF))?;
    let old = with_table(|table| table.get_mut(place).and_then(Option::take));
    match old {
        Some(_) => Ok(0),
        None => fail(EBADF),
    }
}
