//! Physical memory: what is RAM, and what of it is the kernel's alone.

use crate::util::global::Global;

/// How many ranges the table holds; firmware reports some ten.
const RANGES: usize = 32;

#[derive(Clone, Copy)]
struct Range {
    start: u64,
    end: u64,
    ram: bool,
}

struct Map {
    ranges: [Range; RANGES],
    count: usize,
}

static MAP: Global<Map> = Global::new(Map {
    ranges: [Range {
        start: 0,
        end: 0,
        ram: false,
    }; RANGES],
    count: 0,
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

/// How the root of all memory may have these physical addresses: `None` if a part is
/// the kernel's; else the caching (0 cached: all RAM; 2 uncached: devices).
pub fn caching(start: u64, size: u64) -> Option<u8> {
    let end = start.checked_add(size).filter(|end| *end <= PHYS_END)?;
    let map = MAP.borrow();
    let ranges = map.ranges.get(..map.count)?;
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
    match (touches_ram, within_ram) {
        (_, true) => Some(0),
        (false, _) => Some(2),
        // Partly RAM: no large page; a small one is RAM if any of it is.
        (true, false) => (size == 4096).then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ram_devices_and_the_kernel() {
        assert!(add_ram(0x10_0000, 0x800_0000) && add_kernel(0x40_0000, 0x48_0000));
        assert_eq!(caching(0x20_0000, 0x1000), Some(0));
        assert_eq!(caching(0x20_0000, 0x20_0000), Some(0));
        assert_eq!(caching(0x40_0000, 0x20_0000), None, "the kernel's");
        assert_eq!(caching(0x48_0000, 0x1000), Some(0));
        assert_eq!(caching(0xfec0_0000, 0x1000), Some(2));
        assert_eq!(caching(0x7e0_0000, 0x40_0000), None, "half RAM, half not");
        assert_eq!(caching(u64::MAX - 0xfff, 0x1000), None);
    }
}
