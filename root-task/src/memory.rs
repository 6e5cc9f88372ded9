//! Which memory there is, by what the kernel information page tells.

use alloc::vec::Vec;
use core::ops::Range;

use l4re_sys::MemDesc;
use l4re_sys::consts::PAGE_SIZE;
use l4re_sys::memdesc;

/// The whole pages of conventional memory that no other descriptor and none of `taken` speaks
/// of, in order.
pub fn free_ranges(descs: &[MemDesc], taken: &[Range<usize>]) -> Vec<Range<usize>> {
    let physical = || descs.iter().filter(|desc| !desc.is_virtual());
    let mut free: Vec<Range<usize>> = Vec::new();
    for desc in physical().filter(|desc| desc.kind() == memdesc::CONVENTIONAL) {
        // Page 0 stays unused: its address is that of null.
        let start = (desc.start() as usize)
            .next_multiple_of(PAGE_SIZE)
            .max(PAGE_SIZE);
        let end = (desc.end() as usize).saturating_add(1) & !(PAGE_SIZE - 1);
        if start < end {
            add(&mut free, start..end);
        }
    }
    let others = physical()
        .filter(|desc| ![memdesc::CONVENTIONAL, memdesc::UNDEFINED].contains(&desc.kind()))
        // Information is about memory, not a piece of it.
        .filter(|desc| desc.kind() != memdesc::INFO)
        .map(|desc| desc.start() as usize..(desc.end() as usize).saturating_add(1));
    for range in others.chain(taken.iter().cloned()) {
        subtract(&mut free, range);
    }
    free.sort_by_key(|range| range.start);
    free
}

/// Bytes of the kernel's own memory, as far as the descriptors tell.
pub fn kernel_memory(descs: &[MemDesc]) -> usize {
    let heap = descs.iter().filter(|desc| {
        desc.kind() == memdesc::RESERVED
            && desc.subtype() == memdesc::RESERVED_HEAP
            && !desc.is_virtual()
    });
    heap.fold(0, |sum, desc| {
        sum + (desc.end() - desc.start()) as usize + 1
    })
}

/// Adds a range to those that do not overlap.
fn add(ranges: &mut Vec<Range<usize>>, mut range: Range<usize>) {
    ranges.retain(|other| {
        let touches = other.start <= range.end && range.start <= other.end;
        if touches {
            range = range.start.min(other.start)..range.end.max(other.end);
        }
        !touches
    });
    ranges.push(range);
}

/// Takes all pages that `range` touches out.
fn subtract(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    if range.is_empty() {
        return;
    }
    let start = range.start & !(PAGE_SIZE - 1);
    let end = range
        .end
        .checked_next_multiple_of(PAGE_SIZE)
        .unwrap_or(usize::MAX);
    let parts = ranges.drain(..).flat_map(|r| {
        let low = r.start..r.end.min(start);
        let high = r.start.max(end)..r.end;
        [low, high]
    });
    *ranges = parts.filter(|part| !part.is_empty()).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desc(start: u64, end: u64, kind: u8) -> MemDesc {
        MemDesc::new(start, end, kind, 0, false)
    }

    #[test]
    fn what_others_have_is_left_out() {
        let descs = [
            desc(0, 0x9_fbff, memdesc::CONVENTIONAL),
            desc(0x10_0000, 0x7f_ffff, memdesc::CONVENTIONAL),
            desc(0x80_0000, 0xff_ffff, memdesc::CONVENTIONAL),
            desc(0x40_0000, 0x5f_f3ff, memdesc::RESERVED),
            desc(0x20_0400, 0x20_07ff, memdesc::BOOTLOADER),
            desc(0, 0xffff_ffff, memdesc::INFO),
            desc(0, u64::MAX, memdesc::UNDEFINED),
            MemDesc::new(0, 0x7fff_ffff_ffff, memdesc::CONVENTIONAL, 0, true),
        ];
        assert_eq!(
            free_ranges(&descs, &[0xf0_0001..0xf0_0002, 5..5]),
            [
                0x1000..0x9_f000,
                0x10_0000..0x20_0000,
                0x20_1000..0x40_0000,
                0x60_0000..0xf0_0000,
                0xf0_1000..0x100_0000,
            ]
        );
    }

    #[test]
    fn the_kernel_tells_of_its_heap() {
        let heap =
            |start, end| MemDesc::new(start, end, memdesc::RESERVED, memdesc::RESERVED_HEAP, false);
        let descs = [
            desc(0, 0xfff, memdesc::RESERVED),
            heap(0x1000, 0x1fff),
            heap(0x4000, 0x4fff),
        ];
        assert_eq!(kernel_memory(&descs), 0x2000);
        assert_eq!(kernel_memory(&[]), 0);
    }

    #[test]
    fn the_ends_of_the_address_space_are_no_trap() {
        let descs = [desc(0, u64::MAX, memdesc::CONVENTIONAL)];
        let top = usize::MAX & !(PAGE_SIZE - 1);
        assert!(free_ranges(&descs, &[]).iter().eq([&(PAGE_SIZE..top)]));
        let all = 0x1000..usize::MAX;
        assert!(free_ranges(&descs, core::slice::from_ref(&all)).is_empty());
        assert!(free_ranges(&[], core::slice::from_ref(&all)).is_empty());
    }
}
