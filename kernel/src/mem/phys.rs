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

struct Map {
    ranges: [Range; RANGES],
    count: usize,
    shared: Option<u64>,
}

static MAP: Global<Map> = Global::new(Map {
    ranges: [Range {
        start: 0,
        end: 0,
        ram: false,
    }; RANGES],
    count: 0,
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
    fn ram_devices_and_the_kernel() {
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
