//! Physical memory: what is RAM, and what of it is the kernel's alone.

use super::frames::PAGE_SIZE;
use crate::arch::paging::Attr;
use crate::util::global::Global;
use l4re_sys::fpage::MemRights;

/// How many ranges the table holds; firmware reports some ten.
const RANGES: usize = 32;

#[derive(Clone, Copy)]
struct Range {
    start: u64,
    end: u64,
    ram: bool,
}

const CACHED: u8 = 0;
const UNCACHED: u8 = 2;

/// A part of the first program's image, and what the program itself may do with it.
#[derive(Clone, Copy)]
struct Part {
    start: u64,
    end: u64,
    rights: MemRights,
}

/// How many parts the first program's image can have.
const PARTS: usize = 8;

struct Map {
    ranges: [Range; RANGES],
    count: usize,
    parts: [Part; PARTS],
    part_count: usize,
    shared: Option<u64>,
}

static MAP: Global<Map> = Global::new(Map {
    ranges: [Range {
        start: 0,
        end: 0,
        ram: false,
    }; RANGES],
    count: 0,
    parts: [Part {
        start: 0,
        end: 0,
        rights: MemRights::empty(),
    }; PARTS],
    part_count: 0,
    shared: None,
});

/// The end of what a physical address can be here.
const PHYS_END: u64 = 1 << 46;

fn add(range: Range) -> bool {
    let mut map = MAP.borrow();
    let at = map.count;
    match map.ranges.get_mut(at) {
        Some(slot) => {
            *slot = range;
            map.count += 1;
            true
        }
        None => false,
    }
}

/// Notes a range of RAM. False if the table is full.
#[must_use]
pub fn add_ram(start: u64, end: u64) -> bool {
    add(Range {
        start,
        end,
        ram: true,
    })
}

/// Notes a range that nobody but the kernel may have. False if the table is full.
#[must_use]
pub fn add_kernel(start: u64, end: u64) -> bool {
    add(Range {
        start,
        end,
        ram: false,
    })
}

/// Notes what the first program may do with a part of its own image, in whole pages. False if the
/// table is full.
#[must_use]
pub fn add_part(start: u64, end: u64, rights: MemRights) -> bool {
    let mut map = MAP.borrow();
    let at = map.part_count;
    match map.parts.get_mut(at) {
        Some(slot) => {
            *slot = Part { start, end, rights };
            map.part_count += 1;
            true
        }
        None => false,
    }
}

/// Notes pages of the first program's image that it may do nothing with, whatever its segments
/// say. False if the table is full.
#[must_use]
pub fn add_guard(start: u64, end: u64) -> bool {
    add_part(start, end, MemRights::empty())
}

/// How the root of all memory sees these physical addresses itself, if it touches them: its own
/// image as its segments say, all else as data. `None` if a part of it is the kernel's, if it is
/// of several kinds, or if nothing may be done with it.
pub fn own_access(start: u64, size: u64) -> Option<Attr> {
    let attr = access(start, size)?;
    let map = MAP.borrow();
    let end = start + size;
    let parts = map.parts.get(..map.part_count)?.iter();
    let touching = parts.filter(|part| start < part.end && end > part.start);
    let mut rights = None;
    for part in touching {
        if start < part.start || end > part.end || part.rights.is_empty() {
            return None;
        }
        // Where two meet in one page, it is for both.
        rights = Some(rights.unwrap_or(MemRights::empty()) | part.rights);
    }
    let rights = attr.rights & rights.unwrap_or(MemRights::RW);
    (!rights.is_empty()).then_some(Attr { rights, ..attr })
}

/// Notes a page of the kernel's that all may read and execute: the information page.
pub fn share(page: u64) {
    MAP.borrow().shared = Some(page);
}

/// How the root of all memory may have these physical addresses: `None` if a part is
/// the kernel's.
pub fn access(start: u64, size: u64) -> Option<Attr> {
    let end = start.checked_add(size).filter(|end| *end <= PHYS_END)?;
    let map = MAP.borrow();
    let ranges = map.ranges.get(..map.count)?;
    if map.shared == Some(start) && size == PAGE_SIZE as u64 {
        return Some(Attr {
            rights: MemRights::RX,
            caching: CACHED,
        });
    }
    if ranges
        .iter()
        .any(|r| !r.ram && start < r.end && end > r.start)
    {
        return None;
    }
    let touches_ram = ranges
        .iter()
        .any(|r| r.ram && start < r.end && end > r.start);
    let within_ram = ranges
        .iter()
        .any(|r| r.ram && start >= r.start && end <= r.end);
    let caching = match (touches_ram, within_ram) {
        (_, true) => CACHED,
        // Devices.
        (false, _) => UNCACHED,
        // Partly RAM: no large page; a small one is RAM if any of it is.
        (true, false) if size == PAGE_SIZE as u64 => CACHED,
        (true, false) => return None,
    };
    Some(Attr {
        rights: MemRights::RWX,
        caching,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cached(start: u64, size: u64) -> Option<bool> {
        access(start, size).map(|attr| attr.caching == CACHED)
    }

    #[test]
    fn the_first_program_cannot_write_its_text_nor_run_its_data() {
        const TEXT: u64 = 0x6000_0000;
        assert!(add_ram(TEXT - 0x100_0000, TEXT + 0x100_0000));
        assert!(add_part(TEXT, TEXT + 0x3000, MemRights::RX));
        assert!(add_part(TEXT + 0x3000, TEXT + 0x9000, MemRights::RW));
        assert!(add_guard(TEXT + 0x3000, TEXT + 0x4000));
        let own = |at, size| own_access(at, size).map(|attr| attr.rights);
        assert_eq!(own(TEXT, 0x1000), Some(MemRights::RX));
        assert_eq!(own(TEXT + 0x3000, 0x1000), None, "a guard");
        assert_eq!(own(TEXT + 0x8000, 0x1000), Some(MemRights::RW));
        assert_eq!(own(TEXT + 0x9000, 0x1000), Some(MemRights::RW));
        assert_eq!(own(TEXT, 0x20_0000), None, "several kinds");
        assert_eq!(own(TEXT + 0x20_0000, 0x20_0000), Some(MemRights::RW));
        // What it gives to others may be anything.
        let given = access(TEXT + 0x20_0000, 0x1000).map(|attr| attr.rights);
        assert_eq!(given, Some(MemRights::RWX));
    }

    #[test]
    fn ram_devices_and_the_kernel() {
        let _one = crate::util::one::processor();
        assert!(add_ram(0x10_0000, 0x800_0000) && add_kernel(0x40_0000, 0x48_0000));
        assert_eq!(cached(0x20_0000, 0x1000), Some(true));
        assert_eq!(cached(0x20_0000, 0x20_0000), Some(true));
        assert_eq!(cached(0x40_0000, 0x20_0000), None, "the kernel's");
        assert_eq!(cached(0x48_0000, 0x1000), Some(true));
        assert_eq!(cached(0xfec0_0000, 0x1000), Some(false));
        assert_eq!(cached(0x7e0_0000, 0x40_0000), None, "half RAM, half not");
        assert_eq!(cached(u64::MAX - 0xfff, 0x1000), None);
    }
}
