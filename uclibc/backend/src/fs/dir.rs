//! Directories' content.
//!
//! L4Re's name spaces cannot be listed. Where one holds a file `.dirinfo`, as moe's `rom` does,
//! that tells the names: each as its length, a colon, the name, and a new line.

use super::fd;
use super::file::File;
use super::path::{self, DEVICES};
use super::table::{Kind, descriptor};
use crate::errno::{EINVAL, ENOTDIR, Result, fail};
use crate::user;
use alloc::string::String;
use alloc::vec::Vec;
use l4re::dataspace::Dataspace;
use l4re::{OwnedCap, start};
use linux_raw_sys::general::{DT_CHR, DT_DIR, DT_REG};

/// The most that a list of names may take.
const MAX_LIST: u64 = 1 << 20;

/// What a directory held when it was first read.
#[derive(Default)]
pub struct Listing {
    entries: Option<Vec<(String, u8)>>,
    next: usize,
}

impl Listing {
    /// Goes on with this entry; from the start, the directory is read anew.
    pub fn seek(&mut self, to: usize) {
        self.next = to;
        if to == 0 {
            self.entries = None;
        }
    }
}

fn entries(path: &[String]) -> Vec<(String, u8)> {
    let dots = [".", ".."].map(|name| (name.into(), DT_DIR as u8));
    let names: Vec<(String, u8)> = match path {
        [] => {
            let spaces = start::env().caps().filter_map(|cap| {
                let name = core::str::from_utf8(cap.name()).ok()?;
                // Others are no directories; a list of names tells for sure.
                listed(name, ".dirinfo").map(|_| (name.into(), DT_DIR as u8))
            });
            spaces.chain([("dev".into(), DT_DIR as u8)]).collect()
        }
        [dev] if dev == "dev" => (DEVICES.iter())
            .map(|(name, _)| ((*name).into(), DT_CHR as u8))
            .collect(),
        [space, rest @ ..] => {
            let mut name = rest.join("/");
            if !name.is_empty() {
                name += "/";
            }
            listed(space, &(name + ".dirinfo")).unwrap_or_default()
        }
    };
    dots.into_iter().chain(names).collect()
}

/// The names that a list in a name space tells.
fn listed(space: &str, list: &str) -> Option<Vec<(String, u8)>> {
    let file: OwnedCap<Dataspace> = path::query(space, list).ok()?;
    let file = File::open(file).ok()?;
    let mut text = alloc::vec![0; file.size().min(MAX_LIST) as usize];
    file.read_at(&mut text, 0).ok()?;
    Some(
        parse(&text)
            .filter(|name| *name != ".dirinfo")
            .map(|name| (name.into(), DT_REG as u8))
            .collect(),
    )
}

/// The names of a list; ends where it is not one any more.
fn parse(text: &[u8]) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let colon = rest.iter().position(|b| *b == b':')?;
        let (len, behind) = rest.split_at_checked(colon)?;
        let len: usize = core::str::from_utf8(len).ok()?.trim().parse().ok()?;
        let (name, behind) = behind.get(1..)?.split_at_checked(len)?;
        rest = behind;
        core::str::from_utf8(name)
            .ok()
            .filter(|name| !name.is_empty())
    })
}

/// Where the name stands in an entry (`struct linux_dirent64`).
const NAME_OFFSET: usize = 19;

/// `getdents64`.
///
/// # Safety
/// `to` and `size` are of a buffer of the caller's.
pub unsafe fn getdents(file: u64, to: u64, size: u64) -> Result {
    let open = descriptor(fd(file)?)?;
    let Kind::Dir(path, listing) = &open.kind else {
        return fail(ENOTDIR);
    };
    // SAFETY: as the caller vouches.
    let to = unsafe { user::buffer(to, size)? };
    let mut listing = listing.lock();
    let Listing {
        entries: known,
        next,
    } = &mut *listing;
    let all = known.get_or_insert_with(|| entries(path));
    let mut done = 0;
    while let Some((name, kind)) = all.get(*next) {
        let len = (NAME_OFFSET + name.len() + 1).next_multiple_of(8);
        let Some(entry) = to.get_mut(done..done + len) else {
            break;
        };
        entry.fill(0);
        let head = (*next as u64 + 1)
            .to_le_bytes()
            .into_iter()
            .chain((*next as u64 + 1).to_le_bytes())
            .chain((len as u16).to_le_bytes())
            .chain([*kind])
            .chain(name.bytes());
        for (to, from) in entry.iter_mut().zip(head) {
            *to = from;
        }
        done += len;
        *next += 1;
    }
    if done == 0 && *next < all.len() {
        return fail(EINVAL);
    }
    Ok(done as i64)
}
