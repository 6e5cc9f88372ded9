//! `mmap` and its kin.
//!
//! A mapping is a part of a dataspace at a place. The region map knows the places; here stands
//! which dataspace each is of, so that mappings can be cut, moved and protected without losing
//! what they hold, and the memory goes back with a dataspace's last mapping. Mappings that may
//! not be accessed are reserved places in the region map.

use super::{PAGE, Shared};
use crate::errno::{EACCES, EBADF, EEXIST, EINVAL, ENODEV, ENOMEM, EOVERFLOW, Errno, Result, fail};
use crate::fs;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use l4re::dataspace::Dataspace;
use l4re::region::RmFlags;
use l4re::start;
use l4re::sync::SpinLock;
use l4re::{Cap, Error, OwnedCap};
use l4re_sys::consts::PAGE_SHIFT;
use linux_raw_sys::general::{
    MADV_COLD, MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_DONTNEED,
    MADV_DONTNEED_LOCKED, MADV_FREE, MADV_HUGEPAGE, MADV_KEEPONFORK, MADV_MERGEABLE,
    MADV_NOHUGEPAGE, MADV_NORMAL, MADV_PAGEOUT, MADV_RANDOM, MADV_SEQUENTIAL, MADV_UNMERGEABLE,
    MADV_WILLNEED, MADV_WIPEONFORK, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_PRIVATE,
    MAP_SHARED, MAP_TYPE, MREMAP_FIXED, MREMAP_MAYMOVE, O_ACCMODE, O_RDWR, O_WRONLY, PROT_EXEC,
    PROT_READ, PROT_WRITE,
};

struct Mapping {
    start: u64,
    end: u64,
    ds: Shared,
    /// Where in the dataspace it starts.
    offset: u64,
    prot: u32,
    origin: Origin,
}

/// What a mapping's pages hold at first.
#[derive(Clone)]
enum Origin {
    /// Zeros, and nobody else writes them.
    Zeros,
    /// A copy of a file's content from this place on, the mapping's own.
    File(Arc<fs::Open>, u64),
    /// What others see, too.
    Shared,
}

impl Origin {
    /// That of the part which starts `by` bytes behind.
    fn behind(&self, by: u64) -> Origin {
        match self {
            Origin::File(file, at) => Origin::File(Arc::clone(file), at.saturating_add(by)),
            other => other.clone(),
        }
    }
}

/// By address, disjoint.
static MAPPINGS: SpinLock<Vec<Mapping>> = SpinLock::new(Vec::new());

fn rights(prot: u32) -> RmFlags {
    let mut flags = RmFlags::empty();
    if prot & PROT_READ != 0 {
        flags |= RmFlags::R;
    }
    // No hardware can write what it cannot read.
    if prot & PROT_WRITE != 0 {
        flags |= RmFlags::RW;
    }
    if prot & PROT_EXEC != 0 {
        flags |= RmFlags::RX;
    }
    flags
}

impl Mapping {
    /// Puts the mapping into the region map; at a free place if it starts at 0.
    fn attach(&mut self) -> Result<()> {
        let rm = start::env().rm();
        let size = (self.end - self.start) as usize;
        let mut flags = rights(self.prot);
        if self.start == 0 {
            flags |= RmFlags::SEARCH_ADDR;
        }
        let align = PAGE_SHIFT as u8;
        let place = if rights(self.prot).is_empty() {
            rm.reserve(self.start, size, flags, align)?
        } else {
            // SAFETY: a place of its own choosing is the program's to replace (`mmap`'s caller),
            // and has been emptied. The dataspace is kept for as long as the mapping.
            unsafe { rm.attach_at(self.start, size, flags, self.ds.cap(), self.offset, align)? }
        };
        self.end = place + size as u64;
        self.start = place;
        Ok(())
    }

    /// The part of the mapping from `start` to `end`, which are in it.
    fn part(&self, start: u64, end: u64, prot: u32) -> Mapping {
        Mapping {
            start,
            end,
            ds: Arc::clone(&self.ds),
            offset: self.offset + (start - self.start),
            prot,
            origin: self.origin.behind(start - self.start),
        }
    }

    /// Gives the pages the content that they had at first.
    fn renew(&self) -> Result<()> {
        let size = self.end - self.start;
        if matches!(self.origin, Origin::Shared) {
            return Ok(());
        }
        // SAFETY: the caller of `madvise` gives the content up.
        unsafe { self.ds.cap().clear(self.offset, size)? };
        match &self.origin {
            Origin::File(file, at) => fill(self.ds.cap(), self.offset, size, file, *at),
            _ => Ok(()),
        }
    }
}

/// Page-rounded end of a range, if it is one.
fn range_end(start: u64, len: u64) -> Result<u64> {
    let end = (len != 0 && start.is_multiple_of(PAGE))
        .then(|| len.checked_next_multiple_of(PAGE)?.checked_add(start))
        .flatten();
    end.map_or_else(|| fail(EINVAL), Ok)
}

/// Takes what is in the range out of the table, cutting mappings at its ends.
fn take(mappings: &mut Vec<Mapping>, start: u64, end: u64) -> Vec<Mapping> {
    let mut taken = Vec::new();
    let mut i = mappings.partition_point(|m| m.end <= start);
    while let Some(m) = mappings.get(i).filter(|m| m.start < end) {
        let inner = m.part(m.start.max(start), m.end.min(end), m.prot);
        let before = (m.start < start).then(|| m.part(m.start, start, m.prot));
        let behind = (m.end > end).then(|| m.part(end, m.end, m.prot));
        mappings.remove(i);
        for rest in [before, behind].into_iter().flatten() {
            mappings.insert(i, rest);
            i += 1;
        }
        taken.push(inner);
    }
    taken
}

fn insert(mappings: &mut Vec<Mapping>, mapping: Mapping) {
    let at = mappings.partition_point(|m| m.start < mapping.start);
    mappings.insert(at, mapping);
}

fn detach(m: &Mapping) -> Result<()> {
    // SAFETY: the caller of the system call gives the range up, or it comes back as it was.
    unsafe {
        start::env()
            .rm()
            .detach_range(m.start, (m.end - m.start) as usize)?;
    }
    Ok(())
}

/// Memory of this size. That it is more than there can be is, as on Linux, no other error than that
/// there is not as much.
fn allocate(size: u64) -> Result<OwnedCap<Dataspace>> {
    match start::env().mem_alloc().dataspace(size as usize) {
        Err(Error::OUT_OF_RANGE | Error::INVALID) => fail(ENOMEM),
        result => Ok(result?),
    }
}

/// Makes a mapping.
pub fn mmap(args: [u64; 6]) -> Result {
    let [at, len, prot, flags, fd, offset] = args;
    let (prot, flags) = (prot as u32, flags as u32);
    let kind = flags & MAP_TYPE;
    if ![MAP_PRIVATE, MAP_SHARED].contains(&kind) || !offset.is_multiple_of(PAGE) {
        return fail(EINVAL);
    }
    let size = range_end(0, len)?;
    let fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) != 0;
    if fixed && (at == 0 || !at.is_multiple_of(PAGE)) {
        return fail(EINVAL);
    }
    let shared = kind == MAP_SHARED;
    let (ds, origin) = if flags & MAP_ANONYMOUS != 0 {
        let origin = if shared {
            Origin::Shared
        } else {
            Origin::Zeros
        };
        (allocate(size)?, origin)
    } else {
        let fd = i32::try_from(fd as i64).or_else(|_| fail(EBADF))?;
        let file = fs::descriptor(fd)?;
        let opened = file.flags.load(Ordering::Relaxed) & O_ACCMODE;
        let writes = shared && prot & PROT_WRITE != 0;
        if opened == O_WRONLY || (writes && opened != O_RDWR) {
            return fail(EACCES);
        }
        if writes || !file.object.can_be_mapped() {
            // What is written would have to reach the file's server.
            return fail(ENODEV);
        }
        if offset.checked_add(size).is_none() {
            return fail(EOVERFLOW);
        }
        let ds = allocate(size)?;
        fill(ds.cap(), 0, size, &file, offset)?;
        let origin = if shared {
            Origin::Shared
        } else {
            Origin::File(file, offset)
        };
        (ds, origin)
    };
    let mut mapping = Mapping {
        start: if fixed { at } else { 0 },
        end: if fixed { range_end(at, len)? } else { size },
        ds: Arc::new(ds),
        offset: 0,
        prot,
        origin,
    };
    let mut mappings = MAPPINGS.lock();
    if fixed && flags & MAP_FIXED_NOREPLACE == 0 {
        detach_all(&mut mappings, mapping.start, mapping.end)?;
    }
    match mapping.attach() {
        // The place is taken: by a mapping, or by what is none, as the program's own text.
        Err(Errno(ENOMEM)) if flags & MAP_FIXED_NOREPLACE != 0 && is_taken(at, size) => {
            return fail(EEXIST);
        }
        result => result?,
    }
    let start = mapping.start;
    insert(&mut mappings, mapping);
    Ok(start as i64)
}

/// Whether something is attached or reserved in a range.
fn is_taken(start: u64, size: u64) -> bool {
    start::env().rm().find(start, size as usize).is_ok()
}

/// Copies a file's content into a part of a dataspace, from `to` on.
fn fill(ds: Cap<Dataspace>, to: u64, size: u64, file: &fs::Open, offset: u64) -> Result<()> {
    let rm = start::env().rm();
    let (size, align) = (size as usize, PAGE_SHIFT as u8);
    let flags = RmFlags::RW | RmFlags::SEARCH_ADDR;
    // SAFETY: a free place; the dataspace outlives the region, which is gone below.
    let at = unsafe { rm.attach_at(0, size, flags, ds, to, align)? };
    // SAFETY: just attached, and nobody else's.
    let memory = unsafe { crate::user::buffer(at, size as u64)? };
    let mut done = 0;
    let result = loop {
        let Some(rest) = memory.get_mut(done..).filter(|rest| !rest.is_empty()) else {
            break Ok(());
        };
        match file.read_at(rest, offset.saturating_add(done as u64)) {
            Ok(0) => break Ok(()),
            Ok(n) => done += n,
            Err(e) => break Err(e),
        }
    };
    // SAFETY: nobody uses the slice any more.
    unsafe { rm.detach(at)? };
    result
}

/// Takes mappings away.
pub fn munmap(start: u64, len: u64) -> Result {
    let end = range_end(start, len)?;
    detach_all(&mut MAPPINGS.lock(), start, end)?;
    Ok(0)
}

/// Takes what is in the range out of the region map and the table. What the region map does not
/// let go stays in both.
fn detach_all(mappings: &mut Vec<Mapping>, start: u64, end: u64) -> Result<()> {
    let mut result = Ok(());
    for m in take(mappings, start, end) {
        if result.is_ok() {
            result = detach(&m);
        }
        if result.is_err() {
            insert(mappings, m);
        }
    }
    result
}

/// Changes how mappings may be accessed. (Memory that `mmap` did not make has the rights that
/// it has; asking for what it grants already succeeds.)
pub fn mprotect(start: u64, len: u64, prot: u64) -> Result {
    if len == 0 {
        return Ok(0);
    }
    let end = range_end(start, len)?;
    let prot = prot as u32;
    let mut mappings = MAPPINGS.lock();
    let there = take(&mut mappings, start, end);
    if there.is_empty() {
        return if prot == PROT_READ | PROT_WRITE {
            Ok(0)
        } else {
            fail(ENOMEM)
        };
    }
    let mut result = Ok(());
    for m in there {
        if result.is_err() {
            insert(&mut mappings, m);
            continue;
        }
        let new = m.part(m.start, m.end, prot);
        if rights(m.prot) == rights(prot) {
            insert(&mut mappings, new);
        } else {
            result = protect(&mut mappings, m, new);
        }
    }
    result.map(|()| 0)
}

/// Puts a mapping in the place of one with other rights. If the region map refuses, the old one
/// stays; if it takes that back no more either, it is gone.
fn protect(mappings: &mut Vec<Mapping>, mut old: Mapping, mut new: Mapping) -> Result<()> {
    if let Err(error) = detach(&old) {
        insert(mappings, old);
        return Err(error);
    }
    let result = new.attach();
    if result.is_ok() {
        insert(mappings, new);
    } else if old.attach().is_ok() {
        insert(mappings, old);
    }
    result
}

/// What is known of advice about memory that one may do nothing about.
const HINTS: [u32; 17] = [
    MADV_NORMAL,
    MADV_RANDOM,
    MADV_SEQUENTIAL,
    MADV_WILLNEED,
    MADV_FREE,
    MADV_DONTFORK,
    MADV_DOFORK,
    MADV_MERGEABLE,
    MADV_UNMERGEABLE,
    MADV_HUGEPAGE,
    MADV_NOHUGEPAGE,
    MADV_DONTDUMP,
    MADV_DODUMP,
    MADV_WIPEONFORK,
    MADV_KEEPONFORK,
    MADV_COLD,
    MADV_PAGEOUT,
];

/// Takes advice about memory. That it is not needed any more gives it the content that it had at
/// first, as on Linux; advice that is only about speed, or about programs that fork, is taken
/// without effect.
pub fn madvise(start: u64, len: u64, advice: u64) -> Result {
    if !start.is_multiple_of(PAGE) {
        return fail(EINVAL);
    }
    if len == 0 {
        return Ok(0);
    }
    let end = range_end(start, len)?;
    match advice as u32 {
        MADV_DONTNEED | MADV_DONTNEED_LOCKED => {}
        hint if HINTS.contains(&hint) => return Ok(0),
        _ => return fail(EINVAL),
    }
    let mappings = MAPPINGS.lock();
    let mut known = start;
    let first = mappings.partition_point(|m| m.end <= start);
    for m in mappings.iter().skip(first).take_while(|m| m.start < end) {
        let part = m.part(m.start.max(start), m.end.min(end), m.prot);
        part.renew()?;
        if part.start == known {
            known = part.end;
        }
    }
    // As on Linux: what is mapped is renewed, and what is not is told.
    if known < end { fail(ENOMEM) } else { Ok(0) }
}

/// Makes a mapping larger or smaller, and moves it if it must and may.
pub fn mremap(args: [u64; 6]) -> Result {
    let [start, old_len, new_len, flags, ..] = args;
    let flags = flags as u32;
    if flags & MREMAP_FIXED != 0 || flags & !MREMAP_MAYMOVE != 0 {
        return fail(EINVAL);
    }
    let (old_end, new_end) = (range_end(start, old_len)?, range_end(start, new_len)?);
    if new_end == old_end {
        return Ok(start as i64);
    }
    if new_end < old_end {
        munmap(new_end, old_end - new_end)?;
        return Ok(start as i64);
    }
    if flags & MREMAP_MAYMOVE == 0 {
        return fail(ENOMEM);
    }
    let (prot, whole) = {
        let mappings = MAPPINGS.lock();
        let i = mappings.partition_point(|m| m.end <= start);
        match mappings.get(i) {
            Some(m) if m.start <= start => (m.prot, m.end >= old_end),
            _ => return fail(linux_raw_sys::errno::EFAULT),
        }
    };
    if !whole || rights(prot) & RmFlags::RW != RmFlags::RW {
        return fail(EINVAL);
    }
    let anonymous = u64::from(MAP_PRIVATE | MAP_ANONYMOUS);
    let new = mmap([0, new_len, prot.into(), anonymous, u64::MAX, 0])?;
    // SAFETY: both are whole mappings of the caller's, which gives the old one up.
    unsafe {
        let old = crate::user::bytes(start, old_end - start)?;
        crate::user::buffer(new as u64, old_end - start)?.copy_from_slice(old);
    }
    munmap(start, old_len)?;
    Ok(new)
}
