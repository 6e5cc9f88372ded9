//! Paths, and what stands behind them.

use super::dir::Dir;
use super::files::Spot;
use super::object::{About, Object};
use super::rom::Rom;
use super::table::descriptor;
use super::{device, fd};
use crate::errno::{EINVAL, ELOOP, ENOENT, ENOTDIR, Errno, Result, fail};
use crate::user;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use l4re::dataspace::Dataspace;
use l4re::namespace::Namespace;
use l4re::sync::SpinLock;
use l4re::sys::CapIdx;
use l4re::{Cap, OwnedCap, start};
use l4re_files::Files;
use linux_raw_sys::general::AT_FDCWD;

/// The working directory.
static CWD: SpinLock<String> = SpinLock::new(String::new());

/// A path from the root, without `.`, `..`, and `/` at its ends: empty for the root itself.
pub struct Path {
    text: String,
    /// It was written with a `/` at its end, as only a directory's may be.
    pub of_dir: bool,
}

/// Where a path leads.
pub enum Place<'a> {
    /// To `/`, `/dev`, or a name space: a directory of the system's.
    Dir,
    /// To a device, or a name that `/dev` does not have.
    Device(&'a str),
    /// Into a name space of L4Re's.
    Names(Cap<Namespace>, &'a str),
    /// Into a server of files.
    Files(Spot<'a>),
}

impl Path {
    /// A path that starts at a directory's descriptor.
    ///
    /// # Safety
    /// `path` is 0 or the address of a string.
    pub unsafe fn at(dir: u64, path: u64) -> Result<Path> {
        // SAFETY: as the caller vouches.
        let path = unsafe { user::string(path)? };
        let path = core::str::from_utf8(path).or_else(|_| fail(EINVAL))?;
        if path.is_empty() {
            return fail(ENOENT);
        }
        let dir = fd(dir)?;
        let mut text = if path.starts_with('/') {
            String::new()
        } else if dir == AT_FDCWD {
            CWD.lock().clone()
        } else {
            match descriptor(dir)?.object.dir() {
                Some(dir) => dir.path().into(),
                None => return fail(ENOTDIR),
            }
        };
        let mut last = "";
        for part in path.as_bytes().split(|byte| *byte == b'/') {
            // Split at bytes of their own, the parts are text as the whole is.
            last = core::str::from_utf8(part).unwrap_or("");
            match last {
                "" | "." => {}
                ".." => text.truncate(text.rfind('/').unwrap_or(0)),
                part => {
                    if !text.is_empty() {
                        text.push('/');
                    }
                    text += part;
                }
            }
        }
        // No name is that long.
        if text.len() > 4096 {
            return fail(ELOOP);
        }
        let of_dir = matches!(last, "" | "." | "..");
        Ok(Path { text, of_dir })
    }

    /// The text itself.
    pub fn into_string(self) -> String {
        self.text
    }

    /// A number that stands for the path: L4Re's objects have none.
    pub fn id(&self) -> u64 {
        id(&self.text)
    }

    /// Where it leads.
    pub fn place(&self) -> Result<Place<'_>> {
        place(&self.text)
    }

    /// What is there.
    pub fn about(&self) -> Result<About> {
        let about = match self.place()? {
            Place::Files(spot) => spot.about()?,
            _ => self.open_to_read()?.about()?,
        };
        if self.of_dir && !about.is_dir() {
            return fail(ENOTDIR);
        }
        Ok(about)
    }

    /// Opens what is there, but for files of a server of such.
    pub fn open_to_read(&self) -> Result<Box<dyn Object>> {
        let dir = || -> Result<Box<dyn Object>> { Ok(Box::new(Dir::new(self.text.clone()))) };
        match self.place()? {
            Place::Dir | Place::Names(_, "") => dir(),
            Place::Device(name) => device::open(name).map_or_else(|| fail(ENOENT), Ok),
            Place::Names(space, name) => {
                let found: OwnedCap<Dataspace> = space.query_timeout(name, Duration::ZERO)?;
                match Rom::open(found, self.id()) {
                    // Not a dataspace: a name space within.
                    Err(Errno(code)) if code == l4re_sys::err::EBADPROTO as u32 => dir(),
                    result => Ok(Box::new(result?)),
                }
            }
            Place::Files(_) => dir(),
        }
    }
}

/// A number that stands for a path.
pub fn id(path: &str) -> u64 {
    path.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Where a path leads.
pub fn place(path: &str) -> Result<Place<'_>> {
    let (space, rest) = path.split_once('/').unwrap_or((path, ""));
    match (space, rest) {
        ("", _) | ("dev", "") => Ok(Place::Dir),
        ("dev", name) => Ok(Place::Device(name)),
        (space, rest) => {
            let cap = named(space)?;
            Ok(if speaks_files(cap) {
                Place::Files(Spot {
                    server: cap.cast(),
                    path: rest,
                })
            } else {
                Place::Names(cap, rest)
            })
        }
    }
}

/// Where programs expect a place for their files, and whose that is if no capability has the
/// name.
pub const TMP: (&str, &str) = ("tmp", "tmpfs");

/// A name space of the environment.
fn named(space: &str) -> Result<Cap<Namespace>> {
    let env = start::env();
    match env.named(space) {
        Err(_) if space == TMP.0 => Ok(env.named(TMP.1)?),
        result => Ok(result?),
    }
}

/// Of capabilities of the environment: whether they speak [`Files`]. They are asked once.
static KNOWN: SpinLock<Vec<(CapIdx, bool)>> = SpinLock::new(Vec::new());

/// Whether what the environment has is a server of files.
pub fn speaks_files(space: Cap<Namespace>) -> bool {
    let idx = space.idx();
    let known = (KNOWN.lock().iter()).find_map(|(cap, files)| (*cap == idx).then_some(*files));
    known.unwrap_or_else(|| {
        let files = space.cast::<dyn Files>().stat("").is_ok();
        KNOWN.lock().push((idx, files));
        files
    })
}

/// The working directory's path.
pub fn cwd() -> String {
    String::from("/") + &CWD.lock()
}

/// Sets the working directory, which is known to be one.
pub fn set_cwd(path: String) {
    *CWD.lock() = path;
}
