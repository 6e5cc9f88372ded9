use super::*;
use crate::budget::{Budget, Step, cost};
use crate::heap::{Heap, pays};
use crate::pool::tests::pool;
use std::vec;

const LIMITS: (u64, u64) = (0x1000, 0xffff_ffff);
const RW: RmFlags = RmFlags::RW;
const SEARCH: RmFlags = RmFlags::RW.union(RmFlags::SEARCH_ADDR);

fn map_with(limit: usize) -> RegionMap {
    RegionMap::new(Quota::of(limit, None), LIMITS)
}

fn map() -> RegionMap {
    map_with(usize::MAX)
}

fn memory(pages: usize) -> Shared<Dataspace> {
    let quota = Quota::of(usize::MAX, None);
    Shared::new(Dataspace::on_demand(pool(1024), &quota, pages * PAGE_SIZE).unwrap()).unwrap()
}

fn region(flags: RmFlags) -> Region {
    Region {
        client_cap: 0x5000,
        ..Region::of(memory(64), 0, flags, b"test")
    }
}

/// In short steps, as a busy root task does it.
fn in_steps(
    mut step: impl FnMut(&mut Option<Search>, &Budget) -> Result<Step<u64>>,
) -> Result<u64> {
    let mut search = None;
    loop {
        if let Step::Done(done) = step(&mut search, &Budget::of(2 * cost::SEARCH))? {
            return Ok(done);
        }
    }
}

fn attach_region(
    map: &mut RegionMap,
    start: u64,
    size: u64,
    flags: RmFlags,
    align: u8,
    region: Region,
) -> Result<u64> {
    in_steps(|search, budget| {
        map.attach(start, size, flags, align, region.clone(), (search, budget))
    })
}

fn reserve(map: &mut RegionMap, start: u64, size: u64, flags: RmFlags, align: u8) -> Result<u64> {
    in_steps(|search, budget| map.reserve_area(start, size, flags, align, search, budget))
}

fn attach(map: &mut RegionMap, start: u64, pages: u64, flags: RmFlags) -> Result<u64> {
    attach_region(map, start, pages * PAGE, flags, 12, region(flags))
}

fn regions(map: &RegionMap) -> vec::Vec<(u64, u64)> {
    map.regions_from(0).map(|r| (r.start, r.end)).collect()
}

#[test]
fn places_are_found_or_refused() {
    let mut m = map();
    assert_eq!(attach(&mut m, 0x5000, 2, RW), Ok(0x5000));
    assert_eq!(attach(&mut m, 0x6000, 1, RW), Err(Error::EADDRNOTAVAIL));
    assert_eq!(attach(&mut m, 0, 4, SEARCH), Ok(0x1000));
    assert_eq!(attach(&mut m, 0, 1, SEARCH), Ok(0x7000));
    assert_eq!(attach(&mut m, 0x10_0000, 1, SEARCH), Ok(0x10_0000));
    // Below and above what may be used.
    assert_eq!(attach(&mut m, 0, 1, RW), Err(Error::EADDRNOTAVAIL));
    assert_eq!(
        attach(&mut m, LIMITS.1 & !0xfff, 2, RW),
        Err(Error::EADDRNOTAVAIL)
    );
    assert_eq!(attach(&mut m, u64::MAX, 1, RW), Err(Error::EADDRNOTAVAIL));
    assert_eq!(attach(&mut m, u64::MAX - 0x1fff, 8, RW), Err(Error::EINVAL));
    assert_eq!(attach(&mut m, 0, 0, SEARCH), Err(Error::EINVAL));
    let whole = attach_region(&mut m, 0, u64::MAX, SEARCH, 12, region(SEARCH));
    assert_eq!(whole, Err(Error::EINVAL));
    for align in [0, 11, 64, 255] {
        assert_eq!(
            attach_region(&mut m, 0, PAGE, SEARCH, align, region(SEARCH)),
            Err(Error::EINVAL)
        );
    }
    assert_eq!(
        attach_region(&mut m, 0, PAGE, SEARCH, 20, region(SEARCH)),
        Ok(0x20_0000)
    );
    // No multiple of this is within the limits.
    assert_eq!(
        attach_region(&mut m, 0, PAGE, SEARCH, 63, region(SEARCH)),
        Err(Error::EADDRNOTAVAIL)
    );
}

#[test]
fn large_regions_line_up_if_there_is_room() {
    let mut m = map();
    assert_eq!(attach(&mut m, 0, 512, SEARCH), Ok(0x20_0000));
    let mut small = RegionMap::new(Quota::of(usize::MAX, None), (0x1000, 0x20_1000));
    assert_eq!(attach(&mut small, 0, 512, SEARCH), Ok(0x1000));
}

#[test]
fn areas_keep_others_out() {
    let mut m = map();
    let area = reserve(&mut m, 0x10_0000, 0x10_000, RmFlags::empty(), 0).unwrap();
    assert_eq!(attach(&mut m, area, 1, RW), Err(Error::EADDRNOTAVAIL));
    assert_eq!(attach(&mut m, area - PAGE, 2, SEARCH), Ok(area + 0x10_000));
    let inside = SEARCH | RmFlags::IN_AREA;
    assert_eq!(attach(&mut m, area + 0x2000, 2, inside), Ok(area + 0x2000));
    assert_eq!(attach(&mut m, area, 15, inside), Err(Error::EADDRNOTAVAIL));
    assert_eq!(attach(&mut m, 0x5000, 1, inside), Err(Error::EADDRNOTAVAIL));
    assert_eq!(attach(&mut m, area, 1, RW | RmFlags::IN_AREA), Ok(area));
    let overlap = reserve(&mut m, area + 0x8000, 0x10_000, RmFlags::empty(), 0);
    assert_eq!(overlap, Err(Error::EADDRNOTAVAIL));
    assert_eq!(m.free_area(area + 0xffff), Ok(()));
    assert_eq!(m.free_area(area), Err(Error::ENOENT));
    // What was attached stays.
    assert_eq!(m.find(area, 1).map(|r| r.start), Some(area));
}

#[test]
fn nothing_goes_into_what_is_reserved() {
    let mut m = map();
    let reserved = RmFlags::RESERVED;
    attach(&mut m, 0x5000, 1, RW).unwrap();
    assert_eq!(
        reserve(&mut m, 0x4000, 0x3000, reserved, 0),
        Err(Error::EADDRNOTAVAIL)
    );
    assert!(reserve(&mut m, 0x4000, 0x3000, RmFlags::empty(), 0).is_ok());
    let area = reserve(&mut m, 0, PAGE, reserved | RmFlags::SEARCH_ADDR, 16).unwrap();
    assert_eq!(area % 0x1_0000, 0);
    assert_eq!(
        attach(&mut m, area, 1, RW | RmFlags::IN_AREA),
        Err(Error::EADDRNOTAVAIL)
    );
    for (start, size, align) in [(0, 0, 0), (u64::MAX, 2, 0), (0, PAGE, 64)] {
        let flags = RmFlags::SEARCH_ADDR;
        assert_eq!(
            reserve(&mut m, start, size, flags, align),
            Err(Error::EINVAL)
        );
    }
}

#[test]
fn regions_are_cut_where_they_are_detached() {
    let result = |m: &mut RegionMap, start, pages| {
        let d = m.detach(start, pages * PAGE, rm::DETACH_EXACT).unwrap().0;
        (d.result, d.start, d.size / PAGE, d.client_cap)
    };
    let none = l4re_sys::CapIdx::INVALID.0;
    let mut m = map();
    attach(&mut m, 0x1_0000, 16, RW).unwrap();
    assert_eq!(
        result(&mut m, 0x1_4000, 2),
        (rm::SPLIT_DS, 0x1_4000, 2, 0x5000)
    );
    assert_eq!(regions(&m), [(0x1_0000, 0x1_3fff), (0x1_6000, 0x1_ffff)]);
    assert_eq!(m.find(0x1_6000, 1).unwrap().value.offset, 0x6000);
    // The start, reaching before it.
    assert_eq!(result(&mut m, 0xf000, 2), (rm::KEPT_DS, 0x1_0000, 1, none));
    assert_eq!(m.find(0x1_1000, 1).unwrap().value.offset, 0x1000);
    // The end, and into the next one.
    assert_eq!(
        result(&mut m, 0x1_3000, 4),
        (rm::KEPT_DS | rm::DETACH_AGAIN, 0x1_3000, 1, none)
    );
    assert_eq!(
        result(&mut m, 0x1_3000, 4),
        (rm::KEPT_DS, 0x1_6000, 1, none)
    );
    assert_eq!(regions(&m), [(0x1_1000, 0x1_2fff), (0x1_7000, 0x1_ffff)]);
    // All of one.
    assert_eq!(
        result(&mut m, 0x1_1000, 2),
        (rm::DETACHED_DS, 0x1_1000, 2, 0x5000)
    );
    let overlap = m.detach(0x1_8000, 1, rm::DETACH_OVERLAP).unwrap().0;
    assert_eq!(
        (overlap.result, overlap.start, overlap.size),
        (rm::DETACHED_DS, 0x1_7000, 0x9000)
    );
    assert_eq!(m.detach(0x1_8000, 1, 0).err(), Some(Error::ENOENT));
    assert_eq!(m.detach(0, 0, 0).err(), Some(Error::EINVAL));
    assert_eq!(m.detach(u64::MAX, 2, 0).err(), Some(Error::EINVAL));
    assert_eq!(m.detach(1, u64::MAX, 0).err(), Some(Error::EINVAL));
}

#[test]
fn every_entry_is_paid_for_and_given_back() {
    let memory = memory(64);
    let quota = Quota::of(PAGE_SIZE, None);
    let heap = Heap::new(pool(8), quota.clone()).unwrap();
    let mut m = map();
    let attach = |m: &mut RegionMap, n: u64| {
        let region = Region::of(memory.clone(), 0, RW, &[b'x'; 400]);
        attach_region(m, 0x1_0000 + n * 0x4000, 4 * PAGE, RW, 0, region)
    };
    pays(Some(&heap), || {
        let mut n = 0;
        while attach(&mut m, n).is_ok() {
            n += 1;
        }
        assert!((20..PAGE_SIZE as u64 / 120).contains(&n), "{n} regions");
        assert_eq!(attach(&mut m, n), Err(Error::ENOMEM));
        assert_eq!(attach(&mut m, 0), Err(Error::EADDRNOTAVAIL));
        // What would be two regions stays one.
        assert_eq!(
            m.detach(0x1_1000, PAGE, rm::DETACH_EXACT).err(),
            Some(Error::ENOMEM)
        );
        assert_eq!(m.regions_from(0).next().map(|r| r.end), Some(0x1_3fff));
        assert_eq!(m.regions_from(0).count() as u64, n);
        // What stays one needs no memory.
        assert_eq!(m.detach(0x1_0000, PAGE, 0).unwrap().0.result, rm::KEPT_DS);
        m.detach(0x1_0000, 4 * PAGE, 0).unwrap();
        assert!(attach(&mut m, n).is_ok());
    });
    assert!(!m.empty(&Budget::of(1)));
    assert!(m.empty(&Budget::unlimited()));
    assert_eq!(quota.used(), 0);
    pays(Some(&heap), || {
        let area = reserve(&mut m, 0x4_0000, PAGE, RmFlags::empty(), 0).unwrap();
        assert_eq!(quota.used(), PAGE_SIZE);
        m.free_area(area).unwrap();
        m.add_rescue_jump(1, 2, 3).unwrap();
        m.remove_rescue_jump(1).unwrap();
    });
    assert_eq!(quota.used(), 0);
}

#[test]
fn faults_get_what_the_region_allows() {
    let mut m = map();
    attach(&mut m, 0x1_0000, 4, RmFlags::RX).unwrap();
    attach(&mut m, 0x2_0000, 4, RW).unwrap();
    attach_region(
        &mut m,
        0x3_0000,
        PAGE,
        RW,
        0,
        Region::without_memory(RW | RmFlags::KERNEL, b"k"),
    )
    .unwrap();
    let short = Region::of(memory(1), 0, RW, b"short");
    attach_region(&mut m, 0x4_0000, 2 * PAGE, RW, 0, short).unwrap();
    let rights = |at, access| m.page_fault(at, access).map(|(mapping, _)| mapping.rights);
    assert_eq!(rights(0x1_0123, Access::Execute), Ok(MemRights::RX));
    assert_eq!(rights(0x1_0123, Access::Write), Err(Error::EACCESS));
    assert_eq!(rights(0x2_0000, Access::Execute), Err(Error::EACCESS));
    assert_eq!(rights(0x2_0000, Access::Write), Ok(MemRights::RW));
    // Reading brings the right to read only, so that a first write is noticed.
    assert_eq!(rights(0x2_0000, Access::Read), Ok(MemRights::R));
    assert_eq!(rights(0x3_0000, Access::Read), Err(Error::ENODEV));
    assert_eq!(rights(0x4_1000, Access::Read), Err(Error::ERANGE));
    assert_eq!(rights(0x5_0000, Access::Read), Err(Error::ENOENT));
    assert_eq!(m.page_fault(0x2_3fff, Access::Write).unwrap().1, 0x2_3000);
}

#[test]
fn pages_are_brought_in_on_request() {
    let mut m = map();
    attach(&mut m, 0x2_0000, 4, RW).unwrap();
    let rights = |first, last, rights| m.page_in(first, last, rights).map(|(m, _)| m.rights);
    assert_eq!(rights(0x2_0000, 0x2_0fff, MemRights::RW), Ok(MemRights::RW));
    assert_eq!(
        rights(0x2_0000, 0x2_0fff, MemRights::RX),
        Err(Error::EACCESS)
    );
    assert_eq!(rights(0x2_0001, 0x2_0fff, MemRights::R), Err(Error::EINVAL));
    assert_eq!(rights(0x2_0000, 0x2_1000, MemRights::R), Err(Error::EINVAL));
    assert_eq!(rights(0x2_1000, 0x2_0fff, MemRights::R), Err(Error::EINVAL));
    assert_eq!(rights(0, u64::MAX, MemRights::R), Err(Error::ENOENT));
    assert_eq!(rights(0x2_0000, u64::MAX, MemRights::R), Ok(MemRights::R));
}

#[test]
fn rescue_jumps_cover_their_instructions() {
    let mut m = map();
    m.add_rescue_jump(0x100, 0x110, 0x500).unwrap();
    assert_eq!(m.add_rescue_jump(0x10f, 0x120, 0x600), Err(Error::EEXIST));
    assert_eq!(m.add_rescue_jump(0x110, 0x110, 0x600), Err(Error::EINVAL));
    let jumps = [0xff, 0x100, 0x10f, 0x110].map(|ip| m.rescue_jump(ip));
    assert_eq!(jumps, [None, Some(0x500), Some(0x500), None]);
    m.remove_rescue_jump(0x105).unwrap();
    assert_eq!(m.remove_rescue_jump(0x105), Err(Error::ENOENT));
}

/// Random attaching and detaching against a table of pages.
#[test]
fn agrees_with_a_table_of_pages() {
    const PAGES: usize = 64;
    let mut m = RegionMap::new(
        Quota::of(usize::MAX, None),
        (0x1000, PAGES as u64 * PAGE - 1),
    );
    let memory = memory(PAGES);
    // Which offset of the memory is at each page.
    let mut table: [Option<u64>; PAGES] = [None; PAGES];
    let mut seed = 5u64;
    let mut random = |n: u64| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 33) % n
    };
    for _ in 0..if cfg!(miri) { 100 } else { 20_000 } {
        let start = random(PAGES as u64);
        let len = 1 + random(10);
        let pages = start as usize..(start + len) as usize;
        if random(2) == 0 {
            let offset = random(32) * PAGE;
            let region = Region::of(memory.clone(), offset, RW, b"");
            let free =
                start > 0 && pages.end <= PAGES && pages.clone().all(|page| table[page].is_none());
            match attach_region(&mut m, start * PAGE, len * PAGE, RW, 0, region) {
                Ok(at) => {
                    assert!(free && at == start * PAGE);
                    for (i, page) in pages.enumerate() {
                        table[page] = Some(offset + i as u64 * PAGE);
                    }
                }
                Err(error) => assert!(!free && error == Error::EADDRNOTAVAIL),
            }
        } else {
            while let Ok((d, _)) = m.detach(start * PAGE, len * PAGE, rm::DETACH_EXACT) {
                for page in d.start / PAGE..(d.start + d.size) / PAGE {
                    assert!(table[page as usize].take().is_some());
                    assert!(pages.contains(&(page as usize)));
                }
                if d.result & rm::DETACH_AGAIN == 0 {
                    break;
                }
            }
            assert!(
                pages
                    .clone()
                    .all(|page| table.get(page).is_none_or(Option::is_none))
            );
        }
        let page = random(PAGES as u64);
        let found = m
            .find(page * PAGE, 1)
            .map(|r| r.value.offset + page * PAGE - r.start);
        assert_eq!(found, table[page as usize]);
    }
}
