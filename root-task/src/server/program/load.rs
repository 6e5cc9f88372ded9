//! The address space of a program that is not running yet.

use alloc::format;
use alloc::rc::Rc;
use core::cell::RefCell;

use l4re_sys::MemRights;
use l4re_sys::consts::{KIP_ADDR, PAGE_SIZE, STACK_ADDR};
use l4re_sys::re::rm::RmFlags;

use super::{Failure, UTCBS};
use crate::account::Account;
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::image::{Image, Segment};
use crate::plan::Start;
use crate::regions::{Region, RegionMap};
use crate::server::allocator::USER_LIMITS;
use crate::server::{Object, Server};

/// Where programs are loaded that can be loaded anywhere.
const RELOCATION_BASE: u64 = 0xa000_0000;
/// Bytes of a stack whose program asks for none, and what may be asked for.
const STACK_SIZE: u64 = 1 << 20;
const STACK_SIZES: (u64, u64) = (64 << 10, 1 << 30);
/// Data of at most so many bytes is copied before the program starts, more when it is written.
const COPY_BYTES: usize = 1 << 20;

/// A program that is not running yet.
pub(super) struct Loaded {
    pub image: Image,
    pub regions: Rc<RefCell<RegionMap>>,
    pub stack: Rc<Dataspace>,
    pub stack_range: (u64, u64),
    pub kip: u64,
}

impl Server {
    /// Whether there is memory for all that the image may write.
    pub(super) fn check_room(
        &self,
        image: &Image,
        account: &Account,
    ) -> core::result::Result<(), Failure> {
        let own = image.segments.iter().filter(|segment| segment.copy);
        let wanted = own.fold(0usize, |sum, segment| sum.saturating_add(segment.size));
        let free = account.quota.available().min(self.pool.available());
        if wanted > free {
            let (wanted, free) = (wanted >> 10, free >> 10);
            return Err(format!(
                "does not fit into memory: needs {wanted} KiB, free are {free}"
            ));
        }
        Ok(())
    }

    /// Lays out the address space.
    pub(super) fn load(
        &mut self,
        start: &Start,
        mut image: Image,
        bytes: &'static [u8],
        account: &Rc<Account>,
    ) -> Result<Loaded> {
        if image.relocatable {
            let bias = RELOCATION_BASE - image.span().start.min(RELOCATION_BASE);
            image = image.moved(bias).map_err(|_| Error::EADDRNOTAVAIL)?;
        }
        let name = format!("rom/{}", start.loader.as_ref().unwrap_or(&start.module));
        let mut map = RegionMap::new(account.quota.clone(), USER_LIMITS);
        for segment in &image.segments {
            self.attach_segment(&mut map, segment, bytes, account, &name)?;
        }
        let attach = |map: &mut RegionMap, at: u64, size: u64, region: Region| {
            let flags = region.flags;
            map.attach(at, size, flags, 0, region)
        };
        let kip = image.wishes.kip_address.unwrap_or(KIP_ADDR);
        if let Some(Object::Dataspace(memory)) = self.objects.get(self.kip).map(|e| &e.object) {
            let region = Region::of(memory.clone(), 0, RmFlags::RX, "[kip]");
            attach(&mut map, kip, PAGE_SIZE as u64, region)?;
        }
        let utcbs = Region::without_memory(RmFlags::RW | RmFlags::KERNEL, "[utcb]");
        attach(&mut map, UTCBS.0, 1 << UTCBS.1, utcbs)?;

        let page = PAGE_SIZE as u64;
        let size = image.wishes.stack_size.unwrap_or(STACK_SIZE);
        let size = size
            .clamp(STACK_SIZES.0, STACK_SIZES.1)
            .next_multiple_of(page);
        let bottom = image.wishes.stack_address.unwrap_or(STACK_ADDR) & !(page - 1);
        let stack = Rc::new(Dataspace::on_demand(
            self.pool,
            &account.quota,
            size as usize,
        )?);
        let region = Region::of(stack.clone(), 0, RmFlags::RW, "[stack]");
        attach(&mut map, bottom, size, region)?;
        // Nothing may come to lie right below the stack, so that its overflow is noticed. If
        // something does already, it is what the program asked for: the KIP, read-only.
        if let Some(guard) = bottom.checked_sub(page) {
            let _ = map.reserve_area(guard, page, RmFlags::RESERVED, 0);
        }
        for &(first, last) in &image.wishes.reserved {
            let size = last.checked_sub(first).and_then(|size| size.checked_add(1));
            map.reserve_area(first, size.ok_or(Error::EINVAL)?, RmFlags::empty(), 0)?;
        }
        let stack_range = (bottom, bottom + size);
        Ok(Loaded {
            image,
            regions: Rc::new(RefCell::new(map)),
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
        account: &Rc<Account>,
        name: &str,
    ) -> Result<()> {
        let base = bytes.as_ptr() as usize;
        // SAFETY: a boot file is whole pages that stay, and are never written.
        let file = unsafe {
            Dataspace::foreign(self.pool, &account.quota, base, bytes.len(), MemRights::RX)
        };
        let flags = RmFlags::from_bits_retain(segment.rights.bits().into());
        let mut region = if segment.copy {
            let memory = Dataspace::on_demand(self.pool, &account.quota, segment.size)?;
            if segment.file.len() <= COPY_BYTES {
                memory.write(0, &bytes[segment.file.clone()])?;
            } else {
                memory.copy_in(0, &file, segment.file.start, segment.file.len())?;
            }
            Region::of(Rc::new(memory), 0, flags, name)
        } else {
            Region::of(Rc::new(file), segment.file.start as u64, flags, name)
        };
        region.backing_offset = segment.file.start as u64;
        map.attach(segment.start, segment.size as u64, flags, 0, region)
            .map(drop)
    }
}
