//! Paths, and what stands behind them.

use super::file::File;
use crate::errno::{EINVAL, ELOOP, ENOENT, ENOTDIR, Errno, Result, fail};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use l4re::dataspace::Dataspace;
use l4re::namespace::Namespace;
use l4re::sync::SpinLock;
use l4re::{Cap, OwnedCap, start};

/// What a path leads to.
pub enum Node {
    /// `/`: the name spaces.
    Root,
    /// `/dev`.
    Devices,
    /// A device.
    Device(Device),
    /// A name space, one of the environment or one within: its path.
    Names(Vec<String>),
    /// A file.
    File(File),
}

/// A device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    /// The log: input and output of the program.
    Console,
    /// Always empty; takes everything.
    Null,
    /// Without end, zeros.
    Zero,
    /// Without end, random.
    Random,
}

/// Names in `/dev`.
pub const DEVICES: [(&str, Device); 8] = [
    ("console", Device::Console),
    ("null", Device::Null),
    ("random", Device::Random),
    ("stderr", Device::Console),
    ("stdin", Device::Console),
    ("stdout", Device::Console),
    ("tty", Device::Console),
    ("urandom", Device::Random),
];

/// The working directory.
static CWD: SpinLock<Vec<String>> = SpinLock::new(Vec::new());

/// The working directory's path.
pub fn cwd() -> String {
    join(&CWD.lock())
}

/// Sets the working directory, which is known to be one.
pub fn set_cwd(path: Vec<String>) {
    *CWD.lock() = path;
}

/// Parts of a path as one, from the root.
pub fn join(parts: &[String]) -> String {
    let mut path = String::from("/");
    path += &parts.join("/");
    path
}

/// The parts of a path, from the root, without `.` and `..`.
pub fn parts(path: &[u8], base: Option<&[String]>) -> Result<Vec<String>> {
    if path.is_empty() {
        return fail(ENOENT);
    }
    let path = core::str::from_utf8(path).or_else(|_| fail(EINVAL))?;
    let mut parts = match base {
        _ if path.starts_with('/') => Vec::new(),
        Some(base) => base.to_vec(),
        None => CWD.lock().clone(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part.into()),
        }
    }
    // No name is that long.
    if parts.len() > 256 {
        return fail(ELOOP);
    }
    Ok(parts)
}

/// Asks a name space of the environment for a name in it.
pub fn query<T: ?Sized>(space: &str, name: &str) -> Result<OwnedCap<T>> {
    let space: Cap<Namespace> = start::env().named(space)?;
    Ok(space.query_timeout(name, Duration::ZERO)?)
}

/// Looks a path up.
pub fn look_up(parts: Vec<String>) -> Result<Node> {
    let names: Vec<&str> = parts.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => Ok(Node::Root),
        ["dev"] => Ok(Node::Devices),
        ["dev", "zero"] => Ok(Node::Device(Device::Zero)),
        ["dev", name] => (DEVICES.iter())
            .find(|(device, _)| device == name)
            .map_or_else(|| fail(ENOENT), |(_, device)| Ok(Node::Device(*device))),
        [space] => {
            start::env().named::<Namespace>(space)?;
            Ok(Node::Names(parts))
        }
        [space, rest @ ..] => {
            let found: OwnedCap<Dataspace> = query(space, &rest.join("/"))?;
            match File::open(found) {
                // Not a dataspace: a name space within.
                Err(Errno(code)) if code == l4re_sys::err::EBADPROTO as u32 => {
                    Ok(Node::Names(parts))
                }
                result => result.map(Node::File),
            }
        }
    }
}

/// Fails unless a path that ended with `/` led to a directory.
pub fn check_trailing(path: &[u8], node: &Node) -> Result<()> {
    let is_dir = matches!(node, Node::Root | Node::Devices | Node::Names(_));
    if path.ends_with(b"/") && !is_dir {
        return fail(ENOTDIR);
    }
    Ok(())
}
