//! Descriptors.

use super::console;
use super::dir::Listing;
use super::file::File;
use super::path::{Device, Node};
use crate::errno::{EAGAIN, EBADF, EINVAL, EISDIR, EMFILE, EROFS, Result, fail};
use crate::random;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use l4re::sync::SpinLock;
use linux_raw_sys::general::{O_ACCMODE, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY};

/// How many descriptors a program can have.
const MAX: usize = 1024;

/// What a file is, behind a descriptor.
pub enum Kind {
    /// A device.
    Device(Device),
    /// A file.
    File(File),
    /// A directory: its path.
    Dir(Vec<String>, SpinLock<Listing>),
}

/// What has been opened; descriptors that were duplicated share it.
pub struct Open {
    /// What it is.
    pub kind: Kind,
    /// The place of the next read; reads are one after the other.
    pub position: SpinLock<u64>,
    /// What it was opened with (`O_…`).
    pub flags: AtomicU32,
}

impl Open {
    /// Opens what a path has led to.
    pub fn new(node: Node, flags: u32) -> Result<Open> {
        let dir = |path| Kind::Dir(path, SpinLock::new(Listing::default()));
        let kind = match node {
            Node::Root => dir(Vec::new()),
            Node::Devices => dir(alloc::vec!["dev".into()]),
            Node::Names(path) => dir(path),
            Node::Device(device) => Kind::Device(device),
            Node::File(file) => Kind::File(file),
        };
        if flags & O_ACCMODE != O_RDONLY {
            match kind {
                Kind::Dir(..) => return fail(EISDIR),
                Kind::File(_) => return fail(EROFS),
                Kind::Device(_) => {}
            }
        }
        Ok(Open {
            kind,
            position: SpinLock::new(0),
            flags: AtomicU32::new(flags),
        })
    }

    fn console(flags: u32) -> Arc<Open> {
        Arc::new(Open {
            kind: Kind::Device(Device::Console),
            position: SpinLock::new(0),
            flags: AtomicU32::new(flags),
        })
    }

    fn accepts(&self, not: u32) -> Result<()> {
        if self.flags.load(Ordering::Relaxed) & O_ACCMODE == not {
            return fail(EBADF);
        }
        Ok(())
    }

    /// Reads from a place in the file, or what a device has.
    pub fn read_at(&self, to: &mut [u8], offset: u64) -> Result<usize> {
        self.accepts(O_WRONLY)?;
        match &self.kind {
            Kind::Dir(..) => fail(EISDIR),
            Kind::File(file) => file.read_at(to, offset),
            Kind::Device(Device::Null) => Ok(0),
            Kind::Device(Device::Zero) => {
                to.fill(0);
                Ok(to.len())
            }
            Kind::Device(Device::Random) => {
                random::fill(to);
                Ok(to.len())
            }
            Kind::Device(Device::Console) => {
                let wait = self.flags.load(Ordering::Relaxed) & O_NONBLOCK == 0;
                match console::read(to, wait)? {
                    0 if !wait && !to.is_empty() => fail(EAGAIN),
                    n => Ok(n),
                }
            }
        }
    }

    /// Reads from where the last read ended.
    pub fn read(&self, to: &mut [u8]) -> Result<usize> {
        if let Kind::Device(_) = self.kind {
            return self.read_at(to, 0);
        }
        let mut position = self.position.lock();
        let n = self.read_at(to, *position)?;
        *position += n as u64;
        Ok(n)
    }

    /// Writes.
    pub fn write(&self, bytes: &[u8]) -> Result<usize> {
        self.accepts(O_RDONLY)?;
        match &self.kind {
            Kind::Device(Device::Console) => console::write(bytes),
            Kind::Device(_) => Ok(bytes.len()),
            Kind::Dir(..) | Kind::File(_) => fail(EBADF),
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
    let console = Open::console(O_RDWR);
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
