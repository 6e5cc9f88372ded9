//! Paths, and what stands behind them.

use super::dir::Dir;
use super::files::Spot;
use super::object::{About, Object};
use super::rom::Rom;
use super::table::descriptor;
use super::{device, fd};
use crate::errno::{EINVAL, ENAMETOOLONG, ENOENT, ENOTDIR, EPROTO, Errno, Result, fail};
use crate::user;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use l4re::dataspace::Dataspace;
use l4re::meta::Meta;
use l4re::namespace::Namespace;
use l4re::sync::SpinLock;
use l4re::sys::CapIdx;
use l4re::{Cap, Error, OwnedCap, start};
use l4re_files::FILES;
use l4re_sys::{Timeout, TimeoutS};
use linux_raw_sys::general::AT_FDCWD;

/// The longest path (`PATH_MAX`).
const MAX_PATH: usize = 4096;

/// The working directory.
static CWD: SpinLock<String> = SpinLock::new(String::new());

/// A path from the root, without `.`, `..`, and `/` at its ends: empty for the root itself.
pub struct Path {
    text: String,
    /// It was written with a `/`, a `.` or a `..` at its end, as only a directory's may be.
    pub of_dir: bool,
    /// What was written last, but for `/`.
    pub last: Last,
}

/// The last name of a path, as it was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// One of its own, or none at all: the root.
    Name,
    /// `.`
    Dot,
    /// `..`
    DotDot,
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
        // SAFETY: `path` is 0 or the address of a string that ends with 0 (contract of this
        // function).
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
        let (mut end, mut last) = ("", Last::Name);
        for part in path.as_bytes().split(|byte| *byte == b'/') {
            // Split at bytes of their own, the parts are text as the whole is.
            end = core::str::from_utf8(part).unwrap_or("");
            match end {
                "" => {}
                "." => last = Last::Dot,
                ".." => {
                    last = Last::DotDot;
                    // Only out of a directory there is a way up.
                    text = Path::of_dir(text).checked()?.text;
                    text.truncate(text.rfind('/').unwrap_or(0));
                }
                part => {
                    last = Last::Name;
                    if !text.is_empty() {
                        text.push('/');
                    }
                    text += part;
                }
            }
            if text.len() > MAX_PATH {
                return fail(ENAMETOOLONG);
            }
        }
        let of_dir = matches!(end, "" | "." | "..");
        Ok(Path { text, of_dir, last })
    }

    /// The path of what has to be a directory.
    fn of_dir(text: String) -> Path {
        Path {
            text,
            of_dir: true,
            last: Last::Name,
        }
    }

    /// The path itself, if there is what it leads to.
    fn checked(self) -> Result<Path> {
        if !self.text.is_empty() {
            self.about()?;
        }
        Ok(self)
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
                    Err(Errno(EPROTO)) => dir(),
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
            Ok(if speaks_files(cap, None)? {
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

/// Of capabilities of the environment: whether they speak [`Files`], as far as they have said.
static KNOWN: SpinLock<Vec<(CapIdx, bool)>> = SpinLock::new(Vec::new());

/// Whether what the environment has is a server of files. It is asked until it has answered; how
/// long to wait for that is the caller's.
pub fn speaks_files(space: Cap<Namespace>, wait: Option<Duration>) -> Result<bool> {
    let idx = space.idx();
    let known = (KNOWN.lock().iter()).find_map(|(cap, files)| (*cap == idx).then_some(*files));
    if let Some(files) = known {
        return Ok(files);
    }
    let files = speaks(space, FILES, wait)?;
    KNOWN.lock().push((idx, files));
    Ok(files)
}

/// Whether an object speaks a protocol; an error if it does not say so in time.
pub fn speaks<T: ?Sized>(object: Cap<T>, protocol: i64, wait: Option<Duration>) -> Result<bool> {
    let timeout = wait.map_or(TimeoutS::NEVER, |time| {
        TimeoutS::from_us(time.as_micros() as u64)
    });
    let answer = object
        .cast::<Meta>()
        .supports_within(protocol, Timeout::new(timeout, timeout));
    match answer {
        // An object that does not know the question has no such protocol.
        Err(Error::BAD_PROTOCOL | Error::NO_OPERATION | Error::INVALID) => Ok(false),
        answer => Ok(answer?),
    }
}

/// The working directory's path.
pub fn cwd() -> String {
    String::from("/") + &CWD.lock()
}

/// Sets the working directory, which is known to be one.
pub fn set_cwd(path: String) {
    *CWD.lock() = path;
}
