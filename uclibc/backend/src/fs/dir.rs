//! Directories' content.
//!
//! L4Re's name spaces cannot be listed. Where one holds a file `.dirinfo`, as moe's `rom` does,
//! that tells the names: each as its length, a colon, the name, and a new line.

use super::object::{About, Object};
use super::path::{self, Place, TMP};
use super::rom::Rom;
use super::table::descriptor;
use super::{device, fd};
use crate::errno::{EINVAL, EISDIR, ENOTDIR, Result, fail};
use crate::user;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use l4re::dataspace::Dataspace;
use l4re::namespace::Namespace;
use l4re::sync::SpinLock;
use l4re::{Cap, OwnedCap, start};
use l4re_files::{Files, kind};
use l4re_sys::proto;
use linux_raw_sys::general::{DT_CHR, DT_DIR, DT_REG};

/// How long to wait for what may be a directory of the root to say so.
const ANSWER: Duration = Duration::from_millis(250);
/// The most that a list of names may take.
const MAX_LIST: u64 = 1 << 20;

/// A directory that is open.
pub struct Dir {
    path: String,
    listing: SpinLock<Listing>,
}

/// What a directory held when it was first read.
#[derive(Default)]
struct Listing {
    entries: Option<Vec<Entry>>,
    next: usize,
}

struct Entry {
    name: String,
    kind: u8,
}

impl Entry {
    fn new(name: &str, kind: u32) -> Entry {
        Entry {
            name: name.into(),
            kind: kind as u8,
        }
    }
}

impl Dir {
    /// The directory of a path.
    pub fn new(path: String) -> Dir {
        Dir {
            path,
            listing: SpinLock::new(Listing::default()),
        }
    }

    /// Its path from the root, without a `/` at an end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Goes on with this entry; from the start, the directory is read anew.
    pub fn seek(&self, to: usize) {
        let mut listing = self.listing.lock();
        listing.next = to;
        if to == 0 {
            listing.entries = None;
        }
    }
}

impl Object for Dir {
    fn about(&self) -> Result<About> {
        match path::place(&self.path)? {
            Place::Files(spot) => spot.about(),
            _ => Ok(About::dir(path::id(&self.path))),
        }
    }

    fn read(&self, _: &mut [u8], _: u64, _: bool) -> Result<usize> {
        fail(EISDIR)
    }

    fn write(&self, _: &[u8], _: u64) -> Result<usize> {
        fail(EISDIR)
    }

    fn dir(&self) -> Option<&Dir> {
        Some(self)
    }
}

fn entries(path: &str) -> Result<Vec<Entry>> {
    let mut all = Vec::new();
    all.extend([".", ".."].map(|name| Entry::new(name, DT_DIR)));
    match path::place(path)? {
        Place::Dir if path.is_empty() => {
            all.push(Entry::new("dev", DT_DIR));
            for cap in start::env().caps() {
                let Ok(name) = core::str::from_utf8(cap.name()) else {
                    continue;
                };
                let space: Cap<Namespace> = Cap::new(cap.cap);
                // A list of names tells a name space for sure. What does not say what it is, be it
                // the program's own gate, is no directory of those that can be listed.
                let is_dir = path::speaks_files(space, Some(ANSWER)).unwrap_or(false)
                    || (path::speaks(space, proto::NAMESPACE, Some(ANSWER)).unwrap_or(false)
                        && list(space, ".dirinfo").is_some());
                if is_dir {
                    all.push(Entry::new(name, DT_DIR));
                }
            }
            let has = |name| all.iter().any(|entry| entry.name == name);
            if has(TMP.1) && !has(TMP.0) {
                all.push(Entry::new(TMP.0, DT_DIR));
            }
        }
        Place::Dir => all.extend(device::NAMES.map(|name| Entry::new(name, DT_CHR))),
        Place::Device(_) => {}
        Place::Names(space, name) => {
            let mut list_name = String::from(name);
            if !name.is_empty() {
                list_name.push('/');
            }
            list_name += ".dirinfo";
            if let Some(text) = list(space, &list_name) {
                each(&text, |name| {
                    if name != ".dirinfo" {
                        all.push(Entry::new(name, DT_REG));
                    }
                });
            }
        }
        Place::Files(spot) => loop {
            let after = all.get(2..).and_then(<[Entry]>::last);
            let after = after.map_or("", |entry| &entry.name);
            let list = spot.server.list(spot.path, after)?;
            let before = all.len();
            // Names come in order: a server that goes back would never end.
            let new = l4re_files::entries(&list).filter(|(_, name)| *name > after);
            let new: Vec<Entry> = new
                .map(|(what, name)| {
                    let kind = if what == kind::DIR { DT_DIR } else { DT_REG };
                    Entry::new(name, kind)
                })
                .collect();
            all.extend(new);
            if all.len() == before {
                break;
            }
        },
    }
    Ok(all)
}

/// A list of names in a name space.
fn list(space: Cap<Namespace>, name: &str) -> Option<Vec<u8>> {
    let file: OwnedCap<Dataspace> = space.query_timeout(name, Duration::ZERO).ok()?;
    let file = Rom::open(file, 0).ok()?;
    let size = file.about().ok()?.size;
    let mut text = alloc::vec![0; size.min(MAX_LIST) as usize];
    file.read(&mut text, 0, false).ok()?;
    Some(text)
}

/// The names of a list; ends where it is not one any more.
fn each(text: &[u8], mut f: impl FnMut(&str)) {
    let mut rest = text;
    loop {
        let mut len = 0usize;
        let mut at = 0;
        // Blanks, new lines and digits before the colon.
        loop {
            match rest.get(at) {
                Some(b':') => break,
                Some(digit @ b'0'..=b'9') => {
                    len = len.saturating_mul(10).saturating_add((digit - b'0').into());
                }
                Some(b' ' | b'\n') => {}
                _ => return,
            }
            at += 1;
        }
        let name = rest
            .get(at + 1..)
            .and_then(|rest| rest.split_at_checked(len));
        let Some((name, behind)) = name.filter(|(name, _)| !name.is_empty()) else {
            return;
        };
        rest = behind;
        if let Ok(name) = core::str::from_utf8(name) {
            f(name);
        }
    }
}

/// Where the name stands in an entry (`struct linux_dirent64`).
const NAME_OFFSET: usize = 19;

/// `getdents64`.
///
/// # Safety
/// `to` and `size` are of a buffer of the caller's.
pub unsafe fn getdents(file: u64, to: u64, size: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    let Some(dir) = open.object.dir() else {
        return fail(ENOTDIR);
    };
    // SAFETY: `to` is the address of a buffer of so many bytes, which is the caller's own meanwhile
    // (contract of this function).
    let to = unsafe { user::buffer(to, size)? };
    let mut listing = dir.listing.lock();
    let Listing {
        entries: known,
        next,
    } = &mut *listing;
    let all = match known {
        Some(all) => all,
        None => known.insert(entries(&dir.path)?),
    };
    let mut done = 0;
    while let Some(Entry { name, kind }) = all.get(*next) {
        let len = (NAME_OFFSET + name.len() + 1).next_multiple_of(8);
        let Some(entry) = to.get_mut(done..done + len) else {
            break;
        };
        entry.fill(0);
        let place = (*next as u64 + 1).to_le_bytes();
        put(entry, 0, &place);
        put(entry, 8, &place);
        put(entry, 16, &(len as u16).to_le_bytes());
        put(entry, 18, &[*kind]);
        put(entry, NAME_OFFSET, name.as_bytes());
        done += len;
        *next += 1;
    }
    if done == 0 && *next < all.len() {
        return fail(EINVAL);
    }
    Ok(done as i64)
}

fn put(entry: &mut [u8], at: usize, bytes: &[u8]) {
    for (to, from) in entry.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}
