//! The region map of an address space: which dataspace is attached where, and what is kept free.

use l4re_sys::MemRights;
use l4re_sys::consts::{PAGE_SHIFT, PAGE_SIZE, SUPERPAGE_SHIFT};
use l4re_sys::re::rm::{self, RmFlags};

use crate::budget::{Budget, Step, cost};
use crate::dataspace::{Dataspace, Mapping, Target, garbage};
use crate::error::{Error, Result};
use crate::fallible::Shared;
use crate::quota::Quota;
use crate::ranges::{Entry, Ranges};

const PAGE: u64 = PAGE_SIZE as u64;
/// As much of a region's name is kept.
const NAME_LEN: usize = 40;

/// An access to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Reading data.
    Read,
    /// Writing data.
    Write,
    /// Fetching instructions.
    Execute,
}

/// What is attached to a region.
#[derive(Clone)]
pub struct Region {
    /// The memory; `None` for what the kernel provides, or what is reserved.
    pub memory: Option<Shared<Dataspace>>,
    /// Where in the memory the region starts.
    pub offset: u64,
    /// Rights, caching and kind.
    pub flags: RmFlags,
    /// The capability by which the client knows the memory.
    pub client_cap: u64,
    /// A name, for people.
    pub name: Name,
    /// Where in a file the region comes from, for people.
    pub backing_offset: u64,
}

/// What people call a region: as much of it as is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; NAME_LEN],
    len: u8,
}

impl Name {
    /// The name, cut off if it is long.
    pub fn of(name: &[u8]) -> Self {
        let mut bytes = [0; NAME_LEN];
        bytes
            .iter_mut()
            .zip(name)
            .for_each(|(to, from)| *to = *from);
        let len = name.len().min(NAME_LEN) as u8;
        Name { bytes, len }
    }

    /// What is kept of it.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

/// How far the search for a place has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Search {
    at: u64,
    /// Whether it is for a place where large pages line up.
    large: bool,
}

/// Memory of regions that are gone, which is still to be cleared.
#[derive(Clone)]
pub struct Discarded {
    /// The memory.
    pub memory: Shared<Dataspace>,
    /// The first byte of it.
    pub offset: u64,
    /// How many.
    pub bytes: u64,
}

impl Region {
    /// A region of `memory` from `offset` on.
    pub fn of(memory: Shared<Dataspace>, offset: u64, flags: RmFlags, name: &[u8]) -> Self {
        Region {
            memory: Some(memory),
            offset,
            ..Self::without_memory(flags, name)
        }
    }

    /// A region without memory of its own.
    pub fn without_memory(flags: RmFlags, name: &[u8]) -> Self {
        Region {
            memory: None,
            offset: 0,
            flags: flags & RmFlags::REGION_FLAGS,
            client_cap: l4re_sys::CapIdx::INVALID.0,
            name: Name::of(name),
            backing_offset: 0,
        }
    }

    /// Whether the region is for such an access.
    pub fn allows(&self, access: Access) -> bool {
        let needed = match access {
            Access::Read => RmFlags::R,
            Access::Write => RmFlags::W,
            Access::Execute => RmFlags::X,
        };
        self.flags.contains(needed)
    }

    /// Cuts `bytes` off at the region's start.
    fn cut(&mut self, bytes: u64) {
        self.offset = self.offset.wrapping_add(bytes);
        self.backing_offset = self.backing_offset.wrapping_add(bytes);
    }

    /// A part of the memory, if it belongs to the region alone.
    fn discard(&self, offset: u64, bytes: u64) -> Option<Discarded> {
        if !self.flags.intersects(RmFlags::ANONYMOUS | RmFlags::PRIVATE) {
            return None;
        }
        Some(Discarded {
            memory: self.memory.clone()?,
            offset: self.offset.checked_add(offset)?,
            bytes,
        })
    }
}

/// The regions and areas of an address space.
pub struct RegionMap {
    regions: Ranges<Region>,
    areas: Ranges<RmFlags>,
    rescues: Ranges<u64>,
    /// The first and the last address that may be used.
    limits: (u64, u64),
    quota: Shared<Quota>,
}

/// What became of a range that was detached.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Detached {
    /// What happened, as the reply's label: [`rm::DETACHED_DS`] and its kind.
    pub result: i64,
    /// The first address detached.
    pub start: u64,
    /// Bytes detached.
    pub size: u64,
    /// The client's name for the memory, if the whole region went.
    pub client_cap: u64,
}

impl RegionMap {
    /// An empty map of the addresses from the first to the last of `limits`.
    pub fn new(quota: Shared<Quota>, limits: (u64, u64)) -> Self {
        RegionMap {
            regions: Ranges::default(),
            areas: Ranges::default(),
            rescues: Ranges::default(),
            limits,
            quota,
        }
    }

    /// The quota that memory for the address space is charged to.
    pub fn quota(&self) -> &Shared<Quota> {
        &self.quota
    }

    /// Attaches a region of `size` bytes; gives its address. Where the budget ends before a place
    /// is found, `search` says where to go on.
    ///
    /// Without [`RmFlags::SEARCH_ADDR`] it goes to `start`, else to the lowest free address from
    /// there on that is a multiple of `1 << align`. With [`RmFlags::IN_AREA`] it goes into the
    /// area that `start` is in.
    ///
    /// # Errors
    /// [`Error::EADDRNOTAVAIL`] if there is no room, [`Error::EINVAL`] if the size or the
    /// alignment cannot be, [`Error::ENOMEM`] if the quota does not suffice.
    pub fn attach(
        &mut self,
        start: u64,
        size: u64,
        flags: RmFlags,
        align: u8,
        region: Region,
        (search, budget): (&mut Option<Search>, &Budget),
    ) -> Result<Step<u64>> {
        let (mut start, size) = page_range(start, size)?;
        let (_, mut limit) = self.limits;
        let anywhere = flags.contains(RmFlags::SEARCH_ADDR);
        let in_area = flags.contains(RmFlags::IN_AREA);
        let align = u32::from(align);
        if anywhere && !(PAGE_SHIFT..u64::BITS).contains(&align) {
            return Err(Error::EINVAL);
        }
        let last = |start: u64| start.checked_add(size - 1).ok_or(Error::EADDRNOTAVAIL);
        if in_area {
            let area = self
                .areas
                .find(start, last(start)?)
                .ok_or(Error::EADDRNOTAVAIL)?;
            if area.value.contains(RmFlags::RESERVED) {
                return Err(Error::EADDRNOTAVAIL);
            }
            limit = area.end;
        }
        if anywhere {
            // Where large pages can line up, they save faults.
            let large = region.memory.is_some() && size >= 1 << SUPERPAGE_SHIFT;
            let first = self.first_place(start, limit);
            let mut at = search.unwrap_or(Search { at: first, large });
            let found = loop {
                let align = match at.large {
                    true => align.max(SUPERPAGE_SHIFT),
                    false => align,
                };
                let found = self.find_free(&mut at.at, limit, size, align, in_area, budget);
                match found {
                    Step::Done(None) if at.large => {
                        at = Search {
                            at: first,
                            large: false,
                        }
                    }
                    found => break found,
                }
            };
            let Step::Done(found) = found else {
                *search = Some(at);
                return Ok(Step::More);
            };
            start = found.ok_or(Error::EADDRNOTAVAIL)?;
        } else if !in_area && self.areas.find(start, last(start)?).is_some() {
            return Err(Error::EADDRNOTAVAIL);
        }
        let end = last(start)?;
        if start < self.limits.0 || end > limit {
            return Err(Error::EADDRNOTAVAIL);
        }
        self.regions
            .insert(start, end, region, Error::EADDRNOTAVAIL)?;
        Ok(Step::Done(start))
    }

    /// Detaches what lies in a range of addresses; `flags` as [`rm::DETACH_OVERLAP`]. What the
    /// region had for itself alone is still to be cleared.
    ///
    /// # Errors
    /// [`Error::EINVAL`] if it is not a range, [`Error::ENOENT`] if nothing lies there,
    /// [`Error::ENOMEM`] if the quota does not suffice for what is left.
    pub fn detach(
        &mut self,
        start: u64,
        size: u64,
        flags: u32,
    ) -> Result<(Detached, Option<Discarded>)> {
        let (start, size) = page_range_outer(start, size)?;
        let end = start + (size - 1);
        let found = self.regions.find(start, end).ok_or(Error::ENOENT)?;
        let (first, last, region) = (found.start, found.end, found.value.clone());
        let whole = start <= first && last <= end;

        let discarded;
        let (kind, cut, client_cap) = if whole || flags & rm::DETACH_OVERLAP != 0 {
            self.regions.remove(first);
            discarded = region.discard(0, last - first + 1);
            (rm::DETACHED_DS, (first, last), region.client_cap)
        } else {
            let cut = (start.max(first), end.min(last));
            let (before, behind) = (cut.0 > first, cut.1 < last);
            let client_cap = region.client_cap;
            discarded = region.discard(cut.0 - first, cut.1 - cut.0 + 1);
            let split = before && behind;
            if split {
                let mut rest = region.clone();
                rest.cut(cut.1 + 1 - first);
                self.regions.shrink(first, first, cut.0 - 1, |_| ());
                let added = self.regions.insert(cut.1 + 1, last, rest, Error::EEXIST);
                if let Err(error) = added {
                    self.regions.grow(first, last);
                    return Err(error);
                }
                (rm::SPLIT_DS, cut, client_cap)
            } else {
                if before {
                    self.regions.shrink(first, first, cut.0 - 1, |_| ());
                } else {
                    let bytes = cut.1 + 1 - first;
                    self.regions
                        .shrink(first, cut.1 + 1, last, |rest| rest.cut(bytes));
                }
                (rm::KEPT_DS, cut, l4re_sys::CapIdx::INVALID.0)
            }
        };
        let mut result = kind;
        if self.regions.find(start, end).is_some() {
            result |= rm::DETACH_AGAIN;
        }
        let detached = Detached {
            result,
            start: cut.0,
            size: cut.1 - cut.0 + 1,
            client_cap,
        };
        drop(region);
        // What nobody else has goes with its last keeper.
        Ok((detached, discarded.filter(|rest| !rest.memory.is_only())))
    }

    /// Reserves an area; gives its address. As [`RegionMap::attach`].
    ///
    /// # Errors
    /// As [`RegionMap::attach`].
    pub fn reserve_area(
        &mut self,
        start: u64,
        size: u64,
        flags: RmFlags,
        align: u8,
        search: &mut Option<Search>,
        budget: &Budget,
    ) -> Result<Step<u64>> {
        if size == 0 || start.checked_add(size - 1).is_none() {
            return Err(Error::EINVAL);
        }
        let mut start = start;
        if flags.contains(RmFlags::SEARCH_ADDR) {
            if u32::from(align) >= u64::BITS {
                return Err(Error::EINVAL);
            }
            let (limit, align) = (self.limits.1, u32::from(align));
            let first = self.first_place(start, limit);
            let mut at = search.unwrap_or(Search {
                at: first,
                large: false,
            });
            let found = self.find_free(&mut at.at, limit, size, align, false, budget);
            let Step::Done(found) = found else {
                *search = Some(at);
                return Ok(Step::More);
            };
            start = found.ok_or(Error::EADDRNOTAVAIL)?;
        }
        let end = start.checked_add(size - 1).ok_or(Error::EADDRNOTAVAIL)?;
        // An area over regions that are there already is allowed, unless nothing may be in it.
        if flags.contains(RmFlags::RESERVED) && self.regions.find(start, end).is_some() {
            return Err(Error::EADDRNOTAVAIL);
        }
        let kept = flags & RmFlags::REGION_FLAGS;
        self.areas.insert(start, end, kept, Error::EADDRNOTAVAIL)?;
        Ok(Step::Done(start))
    }

    /// Gives up the area that holds `address`; regions in it stay.
    ///
    /// # Errors
    /// [`Error::ENOENT`] if there is none.
    pub fn free_area(&mut self, address: u64) -> Result<()> {
        self.areas.remove(address).ok_or(Error::ENOENT).map(drop)
    }

    /// The region that has an address in common with a range.
    pub fn find(&self, start: u64, size: u64) -> Option<Entry<&Region>> {
        let end = start.checked_add(size.checked_sub(1)?)?;
        self.regions.find(start, end)
    }

    /// The first region that starts above an address.
    pub fn next_above(&self, address: u64) -> Option<Entry<&Region>> {
        self.regions
            .from(address)
            .find(|region| region.start > address)
    }

    /// The area that has an address in common with a range.
    pub fn find_area(&self, start: u64, size: u64) -> Option<Entry<&RmFlags>> {
        let end = start.checked_add(size.checked_sub(1)?)?;
        self.areas.find(start, end)
    }

    /// The regions from the one that holds `address`, or is the next above, on.
    pub fn regions_from(&self, address: u64) -> impl Iterator<Item = Entry<&Region>> {
        self.regions.from(address)
    }

    /// The areas from the one that holds `address`, or is the next above, on.
    pub fn areas_from(&self, address: u64) -> impl Iterator<Item = Entry<&RmFlags>> {
        self.areas.from(address)
    }

    /// Takes everything out of the map that nobody uses any more, within the budget; whether
    /// nothing is left.
    pub fn empty(&mut self, budget: &Budget) -> bool {
        while budget.is_left() {
            budget.spend(cost::ENTRY + garbage::spent());
            let any = self.regions.pop_first().is_some()
                || self.areas.pop_first().is_some()
                || self.rescues.pop_first().is_some();
            if !any {
                return true;
            }
        }
        false
    }

    /// The memory for a page fault, and the address that it goes to.
    ///
    /// # Errors
    /// [`Error::ENOENT`] if nothing is attached, [`Error::EACCESS`] if the access is not allowed,
    /// [`Error::ENODEV`] if the kernel should have provided the memory, [`Error::ENOMEM`] if
    /// there is none, [`Error::ERANGE`] if the dataspace ends before the region does.
    pub fn page_fault(&self, address: u64, access: Access) -> Result<(Mapping, u64)> {
        let found = self.regions.find(address, address).ok_or(Error::ENOENT)?;
        let region = found.value;
        // As L4Re does it: what can be written or executed at all can be read.
        if access != Access::Read && !region.allows(access) {
            return Err(Error::EACCESS);
        }
        let mut rights = mem_rights(region.flags);
        if access != Access::Write {
            // A page that is only read may still be shared with a boot file.
            rights -= MemRights::W;
        }
        self.map(found, address, (found.start, found.end), rights)
    }

    /// As [`RegionMap::page_fault`], for the page at `first`, within `first..=last`, with
    /// `rights`.
    ///
    /// # Errors
    /// As [`RegionMap::page_fault`].
    pub fn page_in(&self, first: u64, last: u64, rights: MemRights) -> Result<(Mapping, u64)> {
        if !first.is_multiple_of(PAGE) || !last.wrapping_add(1).is_multiple_of(PAGE) || last < first
        {
            return Err(Error::EINVAL);
        }
        let found = self.regions.find(first, first).ok_or(Error::ENOENT)?;
        if !mem_rights(found.value.flags).contains(rights) {
            return Err(Error::EACCESS);
        }
        self.map(found, first, (first, last.min(found.end)), rights)
    }

    fn map(
        &self,
        found: Entry<&Region>,
        address: u64,
        window: (u64, u64),
        rights: MemRights,
    ) -> Result<(Mapping, u64)> {
        let region = found.value;
        if region.flags.intersects(RmFlags::KERNEL | RmFlags::RESERVED) {
            return Err(Error::ENODEV);
        }
        let memory = region.memory.as_ref().ok_or(Error::EADDRNOTAVAIL)?;
        let spot = address & !(PAGE - 1);
        let offset = region
            .offset
            .checked_add(spot - found.start)
            .ok_or(Error::ERANGE)?;
        let offset = usize::try_from(offset).map_err(|_| Error::ERANGE)?;
        // `attach` keeps `end` below the last address there is.
        let target = Target {
            spot,
            window: window.0..window.1 + 1,
        };
        Ok((memory.map(offset, rights, &target)?, spot))
    }

    /// Reads memory of the address space that is there; false if some is not.
    pub fn peek(&self, address: u64, into: &mut [u8]) -> bool {
        let Some(last) = address.checked_add(into.len() as u64) else {
            return false;
        };
        let Some(found) = self.regions.find(address, address) else {
            return false;
        };
        let Some(memory) = found.value.memory.as_ref() else {
            return false;
        };
        let offset = found.value.offset.checked_add(address - found.start);
        last - 1 <= found.end && offset.is_some_and(|offset| memory.peek(offset as usize, into))
    }

    /// Registers where to go on when an instruction of `first..end` faults.
    ///
    /// # Errors
    /// [`Error::EINVAL`], [`Error::EEXIST`] if the range overlaps another, [`Error::ENOMEM`].
    pub fn add_rescue_jump(&mut self, first: u64, end: u64, target: u64) -> Result<()> {
        if first >= end {
            return Err(Error::EINVAL);
        }
        self.rescues.insert(first, end - 1, target, Error::EEXIST)
    }

    /// Forgets the rescue jump of the range that holds `ip`.
    ///
    /// # Errors
    /// [`Error::ENOENT`] if there is none.
    pub fn remove_rescue_jump(&mut self, ip: u64) -> Result<()> {
        self.rescues.remove(ip).ok_or(Error::ENOENT).map(drop)
    }

    /// Where to go on when the instruction at `ip` faults.
    pub fn rescue_jump(&self, ip: u64) -> Option<u64> {
        self.rescues.find(ip, ip).map(|entry| *entry.value)
    }

    /// Where a search begins.
    fn first_place(&self, start: u64, limit: u64) -> u64 {
        if start < self.limits.0 || start > limit {
            self.limits.0
        } else {
            start
        }
    }

    /// The lowest free address of `at..=limit`, a multiple of `1 << align`. Areas are passed
    /// over unless the search is within one. `at` is where to go on if the budget ends.
    fn find_free(
        &self,
        at: &mut u64,
        limit: u64,
        size: u64,
        align: u32,
        in_area: bool,
        budget: &Budget,
    ) -> Step<Option<u64>> {
        while budget.is_left() {
            budget.spend(cost::SEARCH);
            let next = |at: u64| {
                let at = at.checked_next_multiple_of(1 << align)?;
                let last = at.checked_add(size - 1).filter(|&last| last <= limit)?;
                Some((at, last))
            };
            let Some((start, last)) = next(*at) else {
                return Step::Done(None);
            };
            let region = self.regions.find(start, last).map(|entry| entry.end);
            let area = || self.areas.find(start, last).map(|entry| entry.end);
            match region.or_else(|| if in_area { None } else { area() }) {
                None => return Step::Done(Some(start)),
                Some(taken) => match taken.checked_add(1) {
                    Some(behind) => *at = behind,
                    None => return Step::Done(None),
                },
            }
        }
        Step::More
    }
}

/// The rights of a region, as rights to memory.
pub fn mem_rights(flags: RmFlags) -> MemRights {
    MemRights::from_bits_truncate(flags.bits() as u8) & MemRights::RWX
}

/// A range by its first page and its size in whole pages.
fn page_range(start: u64, size: u64) -> Result<(u64, u64)> {
    let size = size
        .checked_next_multiple_of(PAGE)
        .filter(|&size| size != 0);
    let (start, size) = (start & !(PAGE - 1), size.ok_or(Error::EINVAL)?);
    start.checked_add(size - 1).ok_or(Error::EINVAL)?;
    Ok((start, size))
}

/// All pages that a range touches.
fn page_range_outer(start: u64, size: u64) -> Result<(u64, u64)> {
    if size == 0 {
        return Err(Error::EINVAL);
    }
    page_range(start, size.checked_add(start % PAGE).ok_or(Error::EINVAL)?)
}

#[cfg(test)]
mod tests;
