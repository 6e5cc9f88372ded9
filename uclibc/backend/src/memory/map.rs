//! `mmap` and its kin.
//!
//! A mapping is a part of a dataspace at a place. The region map knows the places; here stands
//! which dataspace each is of, so that mappings can be cut, moved and protected without losing
//! what they hold, and the memory goes back with a dataspace's last mapping. Mappings that may
//! not be accessed are reserved places in the region map.

use super::{PAGE, Shared};
use crate::errno::{EBADF, EEXIST, EINVAL, ENODEV, ENOMEM, Result, fail};
use crate::fs;
use alloc::sync::Arc;
use alloc::vec::Vec;
use l4re::region::RmFlags;
use l4re::start;
use l4re::sync::SpinLock;
use l4re_sys::consts::PAGE_SHIFT;
use linux_raw_sys::general::{
    MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_PRIVATE, MAP_SHARED, MAP_TYPE, MREMAP_FIXED,
    MREMAP_MAYMOVE, PROT_EXEC, PROT_READ, PROT_WRITE,
};

struct Mapping {
    start: u64,
    end: u64,
    ds: Shared,
    /// Where in the dataspace it starts.
    offset: u64,
    prot: u32,
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
            // SAFETY: the caller of `mmap` vouches for a place of its own choosing, which has
            // been emptied. The dataspace is kept for as long as the mapping.
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
    let mem = start::env().mem_alloc();
    let ds = if flags & MAP_ANONYMOUS != 0 {
        mem.dataspace(size as usize)?
    } else {
        let fd = i32::try_from(fd as i64).or_else(|_| fail(EBADF))?;
        let file = fs::descriptor(fd)?;
        if kind == MAP_SHARED && prot & PROT_WRITE != 0 {
            // What is written would have to reach the file's server.
            return fail(ENODEV);
        }
        let ds = mem.dataspace(size as usize)?;
        fill(&ds, size, &file, offset)?;
        ds
    };
    let mut mapping = Mapping {
        start: if fixed { at } else { 0 },
        end: if fixed { range_end(at, len)? } else { size },
        ds: Arc::new(ds),
        offset: 0,
        prot,
    };
    let mut mappings = MAPPINGS.lock();
    if fixed {
        let there = take(&mut mappings, mapping.start, mapping.end);
        if flags & MAP_FIXED_NOREPLACE != 0 && !there.is_empty() {
            for m in there {
                insert(&mut mappings, m);
            }
            return fail(EEXIST);
        }
        for m in there {
            detach(&m)?;
        }
    }
    mapping.attach()?;
    let start = mapping.start;
    insert(&mut mappings, mapping);
    Ok(start as i64)
}

/// Copies a file's content into a dataspace.
fn fill(
    ds: &l4re::OwnedCap<l4re::dataspace::Dataspace>,
    size: u64,
    file: &fs::Open,
    offset: u64,
) -> Result<()> {
    let rm = start::env().rm();
    let (size, align) = (size as usize, PAGE_SHIFT as u8);
    let flags = RmFlags::RW | RmFlags::SEARCH_ADDR;
    // SAFETY: a free place; the dataspace outlives the region, which is gone below.
    let at = unsafe { rm.attach_at(0, size, flags, ds.cap(), 0, align)? };
    // SAFETY: just attached, and nobody else's.
    let memory = unsafe { crate::user::buffer(at, size as u64)? };
    let mut done = 0;
    let result = loop {
        let Some(rest) = memory.get_mut(done..).filter(|rest| !rest.is_empty()) else {
            break Ok(());
        };
        match file.read_at(rest, offset + done as u64) {
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
    let mut mappings = MAPPINGS.lock();
    for m in take(&mut mappings, start, end) {
        detach(&m)?;
    }
    Ok(0)
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
    for m in there {
        let mut new = m.part(m.start, m.end, prot);
        if rights(m.prot) != rights(prot) {
            detach(&m)?;
            new.attach()?;
        }
        insert(&mut mappings, new);
    }
    Ok(0)
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
