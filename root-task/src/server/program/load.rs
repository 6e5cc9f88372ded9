//! The address space of a program that is not running yet.

use core::cell::RefCell;

use l4re_sys::MemRights;
use l4re_sys::consts::{KIP_ADDR, PAGE_SIZE, STACK_ADDR};
use l4re_sys::elf::PIE_BASE;
use l4re_sys::elf_aux::USUAL_STACK_SIZE;
use l4re_sys::re::rm::RmFlags;

use super::{Failure, UTCBS};
use crate::account::Account;
use crate::budget::Budget;
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::fallible::{List, Shared};
use crate::image::{Image, Segment};
use crate::plan::Start;
use crate::regions::{Region, RegionMap};
use crate::server::allocator::USER_LIMITS;
use crate::server::{Object, Server};

/// Bytes of a stack that a program may ask for.
const STACK_SIZES: (u64, u64) = (64 << 10, 1 << 30);
/// As many pages of a stack come into being at once.
const STACK_GROUP: usize = 32;
/// Data of at most so many bytes is copied before the program starts, more when it is written.
const COPY_BYTES: usize = 1 << 20;

/// A program that is not running yet.
pub(super) struct Loaded {
    pub image: Image,
    pub regions: Shared<RefCell<RegionMap>>,
    pub stack: Shared<Dataspace>,
    pub stack_range: (u64, u64),
    pub kip: u64,
}

impl Server {
    /// Whether there is memory for all that the image may write.
    pub(super) fn check_room(
        &self,
        image: &Image,
        account: &Account,
    ) -> core::result::Result<(), Failure<'static>> {
        let own = image.segments.iter().filter(|segment| segment.copy);
        let wanted = own.fold(0usize, |sum, segment| sum.saturating_add(segment.size));
        let free = account.quota.available().min(self.pool.available());
        if wanted > free {
            return Err(Failure::TooLarge(wanted >> 10, free >> 10));
        }
        Ok(())
    }

    /// Lays out the address space.
    pub(super) fn load(
        &mut self,
        start: &Start,
        mut image: Image,
        bytes: &'static [u8],
        account: &Shared<Account>,
    ) -> Result<Loaded> {
        if image.relocatable {
            let bias = PIE_BASE - image.span().start.min(PIE_BASE);
            image = image.moved(bias).map_err(|_| Error::EADDRNOTAVAIL)?;
        }
        let file = start.loader.as_ref().unwrap_or(&start.module);
        let mut name = List::copy_of(b"rom/")?;
        name.extend(file.as_bytes())?;
        let mut map = RegionMap::new(account.quota.clone(), USER_LIMITS);
        for segment in &image.segments {
            self.attach_segment(&mut map, segment, bytes, account, &name)?;
        }
        let kip = image.wishes.kip_address.unwrap_or(KIP_ADDR);
        if let Some(Object::Dataspace(memory)) = self.objects.get(self.kip).map(|e| &e.object) {
            let region = Region::of(memory.clone(), 0, RmFlags::RX, b"[kip]");
            attach(&mut map, kip, PAGE_SIZE as u64, region)?;
        }
        let utcbs = Region::without_memory(RmFlags::RW | RmFlags::KERNEL, b"[utcb]");
        attach(&mut map, UTCBS.0, 1 << UTCBS.1, utcbs)?;

        let page = PAGE_SIZE as u64;
        let size = image.wishes.stack_size.unwrap_or(USUAL_STACK_SIZE);
        let size = size
            .clamp(STACK_SIZES.0, STACK_SIZES.1)
            .next_multiple_of(page);
        let bottom = image.wishes.stack_address.unwrap_or(STACK_ADDR) & !(page - 1);
        // Most of a stack is never used, however large it is.
        let stack = Dataspace::on_demand(self.pool, &account.quota, size as usize)?;
        let stack = Shared::new(stack.with_groups(STACK_GROUP))?;
        let region = Region::of(stack.clone(), 0, RmFlags::RW, b"[stack]");
        attach(&mut map, bottom, size, region)?;
        // Nothing may come to lie right below the stack, so that its overflow is noticed. If
        // something does already, it is what the program asked for: the KIP, read-only.
        if let Some(guard) = bottom.checked_sub(page) {
            let _ = reserve(&mut map, guard, page, RmFlags::RESERVED);
        }
        for &(first, last) in &image.wishes.reserved {
            let size = last.checked_sub(first).and_then(|size| size.checked_add(1));
            reserve(
                &mut map,
                first,
                size.ok_or(Error::EINVAL)?,
                RmFlags::empty(),
            )?;
        }
        let stack_range = (bottom, bottom + size);
        Ok(Loaded {
            image,
            regions: Shared::new(RefCell::new(map))?,
            stack,
            stack_range,
            kip,
        })
    }

    fn attach_segment(
        &self,
        map: &mut RegionMap,
        segment: &Segment,
        bytes: &'static [u8],
        account: &Shared<Account>,
        name: &[u8],
    ) -> Result<()> {
        let base = bytes.as_ptr() as usize;
        // SAFETY: a boot file is whole pages that stay, and are never written.
        let file = unsafe { Dataspace::foreign(self.pool, base, bytes.len(), MemRights::RX) };
        let flags = RmFlags::from_bits_retain(segment.rights.bits().into());
        let mut region = if segment.copy {
            let memory = Dataspace::on_demand(self.pool, &account.quota, segment.size)?;
            if segment.file.len() <= COPY_BYTES {
                let copied = bytes.get(segment.file.clone()).ok_or(Error::ERANGE)?;
                memory.write(0, copied)?;
            } else {
                let (from, len) = (segment.file.start, segment.file.len());
                memory.copy_in(0, &file, from, len, &mut 0, &Budget::unlimited())?;
            }
            memory.make_private();
            Region::of(Shared::new(memory)?, 0, flags, name)
        } else {
            Region::of(Shared::new(file)?, segment.file.start as u64, flags, name)
        };
        region.backing_offset = segment.file.start as u64;
        attach(map, segment.start, segment.size as u64, region)
    }
}

/// Attaches a region to its place.
fn attach(map: &mut RegionMap, at: u64, size: u64, region: Region) -> Result<()> {
    let flags = region.flags;
    let at_once = (&mut None, &Budget::unlimited());
    let attached = map.attach(at, size, flags, 0, region, at_once);
    attached.map(drop)
}

/// Reserves an area at its place.
fn reserve(map: &mut RegionMap, at: u64, size: u64, flags: RmFlags) -> Result<()> {
    map.reserve_area(at, size, flags, 0, &mut None, &Budget::unlimited())
        .map(drop)
}
