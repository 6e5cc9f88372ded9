//! Region maps, as clients see them: their own protocol, and as pager and exception handler.

use core::cell::RefCell;

use l4re_sys::op::pager;
use l4re_sys::re::rm::{self as op, RmFlags};
use l4re_sys::utcb::{EXC_REGS_WORDS, MSG_REGS};
use l4re_sys::{ExcRegs, MemRights, proto};

use super::dataspace::{granted, map_item};
use super::work::Progress;
use super::{Object, Server};
use crate::account::ProgramId;
use crate::budget::{Budget, Step};
use crate::dataspace::Dataspace;
use crate::error::{Error, Result};
use crate::fallible::{Shared, boxed};
use crate::fault::Fault;
use crate::message::{Outcome, Reply, Request};
use crate::regions::{Access, Detached, Name, Region, RegionMap, mem_rights};

/// The flags that a client may attach with.
const ATTACH_FLAGS: RmFlags = RmFlags::SEARCH_ADDR
    .union(RmFlags::IN_AREA)
    .union(RmFlags::EAGER_MAP)
    .union(RmFlags::NO_EAGER_MAP)
    .union(RmFlags::RWX)
    .union(RmFlags::KERNEL)
    .union(RmFlags::PAGER)
    .union(RmFlags::RESERVED)
    .union(RmFlags::PRIVATE)
    .union(RmFlags::ANONYMOUS)
    .union(RmFlags::CACHING);

/// The flags that a client may reserve an area with.
const AREA_FLAGS: RmFlags = RmFlags::SEARCH_ADDR
    .union(RmFlags::KERNEL)
    .union(RmFlags::RESERVED);

type Regions = Shared<RefCell<RegionMap>>;

impl Server {
    pub(super) fn region_map(
        &mut self,
        regions: &Regions,
        program: Option<ProgramId>,
        request: &Request,
        step: (&mut Progress, &Budget),
        reply: &mut Reply,
    ) -> Result<Outcome> {
        match request.proto {
            proto::PAGE_FAULT => page_fault(&regions.borrow(), request, reply),
            proto::EXCEPTION => self.exception(regions, program, request, step, reply),
            proto::IO_PAGE_FAULT => Err(Error::ENOMEM),
            proto::RM => self.region_request(regions, request, step, reply),
            _ => Err(Error::EBADPROTO),
        }
    }

    fn region_request(
        &mut self,
        regions: &Regions,
        request: &Request,
        (progress, budget): (&mut Progress, &Budget),
        reply: &mut Reply,
    ) -> Result<Outcome> {
        let mut label = 0;
        match request.op()? {
            op::ATTACH => {
                let start = self.attach(regions, request, progress, budget)?;
                let Step::Done(start) = start else {
                    return Ok(Outcome::Later);
                };
                reply.set_u64(0, start);
            }
            op::DETACH => {
                let flags = request.u32(24)?;
                if flags & !(op::DETACH_EXACT | op::DETACH_OVERLAP) != 0 {
                    return Err(Error::EINVAL);
                }
                let (start, size) = (request.u64(8)?, request.u64(16)?);
                let (detached, discarded) = match progress.detached.take() {
                    Some((detached, rest)) => (detached, Some(rest)),
                    None => regions.borrow_mut().detach(start, size, flags)?,
                };
                if let Some(rest) = discarded {
                    let (from, bytes) = (rest.offset as usize, rest.bytes as usize);
                    let cleared = rest.memory.clear(from, bytes, &mut progress.at, budget);
                    // A failure leaves memory that goes with the dataspace.
                    if cleared == Ok(Step::More) {
                        progress.detached = Some((detached, rest));
                        return Ok(Outcome::Later);
                    }
                }
                label = put_detached(reply, &detached);
            }
            op::FIND => find(&regions.borrow(), request, reply)?,
            op::RESERVE_AREA => {
                let (start, size) = (request.u64(8)?, request.u64(16)?);
                let flags = RmFlags::from_bits_retain(request.u32(24)?);
                let align = request.u8(28)?;
                if !AREA_FLAGS.contains(flags) {
                    return Err(Error::EINVAL);
                }
                let search = &mut progress.search;
                let mut map = regions.borrow_mut();
                let start = map.reserve_area(start, size, flags, align, search, budget)?;
                let Step::Done(start) = start else {
                    return Ok(Outcome::Later);
                };
                reply.set_u64(0, start);
            }
            op::FREE_AREA => regions.borrow_mut().free_area(request.u64(8)?)?,
            op::GET_REGIONS => {
                let map = regions.borrow();
                let list = map.regions_from(request.u64(8)?);
                label = put_list(reply, list.map(|e| (e.start, e.end, e.value.flags)));
            }
            op::GET_AREAS => {
                let map = regions.borrow();
                let list = map.areas_from(request.u64(8)?);
                label = put_list(reply, list.map(|e| (e.start, e.end, *e.value)));
            }
            op::GET_INFO => {
                let map = regions.borrow();
                let region = map.find(request.u64(8)?, 1).ok_or(Error::ENOENT)?.value;
                // The length counts the 0 that ends the name.
                let name = region.name.bytes();
                let len = name.len() + 1;
                reply.set_u64(0, len as u64);
                reply.set_bytes(8, name);
                reply.set_u64((8 + len).next_multiple_of(8), region.backing_offset);
            }
            op::ADD_RESCUE_JUMP => {
                let (first, end) = (request.u64(8)?, request.u64(16)?);
                regions
                    .borrow_mut()
                    .add_rescue_jump(first, end, request.u64(24)?)?;
            }
            op::REMOVE_RESCUE_JUMP => {
                regions.borrow_mut().remove_rescue_jump(request.u64(8)?)?;
            }
            op::PAGE_IN => {
                let (first, last) = (request.u64(8)?, request.u64(16)?);
                let rights = mem_rights(RmFlags::from_bits_retain(request.u32(24)?));
                let map = regions.borrow();
                let (mapping, spot) = map.page_in(first, last, rights | MemRights::R)?;
                let flags = map.find(first, 1).map_or(0, |e| e.value.flags.bits());
                // No helper: the region map does not run in the client's task.
                reply.set_u64(0, 0);
                reply.set_item(map_item(&mapping, spot, flags.into()));
            }
            _ => return Err(Error::ENOSYS),
        }
        Ok(Outcome::Reply(label))
    }

    fn attach(
        &mut self,
        regions: &Regions,
        request: &Request,
        progress: &mut Progress,
        budget: &Budget,
    ) -> Result<Step<u64>> {
        let (start, size) = (request.u64(8)?, request.u64(16)?);
        let flags = RmFlags::from_bits_retain(request.u32(24)?);
        let (offset, align) = (request.u64(32)?, request.u8(40)?);
        let client_cap = request.u64(48)?;
        let name_len = request.u64(56)?;
        let mut buffer = [0; MSG_REGS * 8];
        let name = request.bytes(64, name_len, &mut buffer)?;
        let name = name.split_last().ok_or(Error::EMSGTOOSHORT)?.1;
        // A name that is longer than a message was refused.
        let backing_offset = request.u64((64 + name_len as usize).next_multiple_of(8))?;

        if !ATTACH_FLAGS.contains(flags) || size == 0 || size > crate::dataspace::MAX_SIZE as u64 {
            return Err(Error::EINVAL);
        }
        let quota = regions.borrow().quota().clone();
        let without = RmFlags::RESERVED | RmFlags::KERNEL | RmFlags::ANONYMOUS;
        let mut region = Region {
            offset,
            client_cap,
            backing_offset,
            name: Name::of(name),
            ..Region::without_memory(flags, b"")
        };
        if !flags.intersects(without) {
            if flags.contains(RmFlags::PAGER) {
                return Err(Error::EINVAL);
            }
            let item = request.item(0).ok_or(Error::ENOENT)?;
            let Some((_, Object::Dataspace(memory), rights)) = self.own_object(item) else {
                return Err(Error::ENOENT);
            };
            let private = flags.contains(RmFlags::PRIVATE);
            let mut given = granted(&memory, rights);
            if private {
                given |= MemRights::W;
            }
            if !given.contains(mem_rights(flags)) {
                return Err(Error::EPERM);
            }
            region.memory = Some(memory);
        }
        if flags.intersects(RmFlags::ANONYMOUS | RmFlags::PRIVATE) {
            let own = match &progress.memory {
                Some(own) => own.clone(),
                None => Shared::new(Dataspace::on_demand(self.pool, &quota, size as usize)?)?,
            };
            own.make_private();
            if let Some(memory) = &region.memory {
                let offset = usize::try_from(offset).map_err(|_| Error::ERANGE)?;
                let there = memory
                    .rounded_size()
                    .checked_sub(offset)
                    .ok_or(Error::ERANGE)?;
                let bytes = own.rounded_size().min(there);
                let copied = own.copy_in(0, memory, offset, bytes, &mut progress.at, budget);
                if copied != Ok(Step::Done(())) {
                    // What is copied stays for the next step.
                    progress.memory = Some(own);
                    return copied.map(|_| Step::More);
                }
                progress.memory = Some(own.clone());
            }
            region.memory = Some(own);
            region.offset = 0;
        }
        let search = &mut progress.search;
        let mut map = regions.borrow_mut();
        map.attach(start, size, flags, align, region, (search, budget))
    }

    fn exception(
        &mut self,
        regions: &Regions,
        program: Option<ProgramId>,
        request: &Request,
        (progress, budget): (&mut Progress, &Budget),
        reply: &mut Reply,
    ) -> Result<Outcome> {
        let words: &[u64; EXC_REGS_WORDS] =
            request.words().first_chunk().ok_or(Error::EMSGTOOSHORT)?;
        // SAFETY: the structure is as large as the array and any bits make one.
        let mut regs: ExcRegs = unsafe { core::mem::transmute(*words) };
        let rescue = regions.borrow().rescue_jump(regs.ip);
        if rescue.is_none() && regs.trapno != ExcRegs::EX_REGS_TRAP {
            let mut fault = match progress.fault.take() {
                Some(fault) => *fault,
                None => Fault::examine(&regs, &regions.borrow()),
            };
            if fault.follow(&regions.borrow(), budget) == Step::More
                && let Ok(kept) = boxed(fault.clone())
            {
                progress.fault = Some(kept);
                return Ok(Outcome::Later);
            }
            self.fault(program, regions, &fault);
            return Ok(Outcome::NoReply);
        }
        regs.ip = rescue.unwrap_or(regs.ip);
        // SAFETY: the structure is as large as the array, and has no padding.
        let words: [u64; EXC_REGS_WORDS] = unsafe { core::mem::transmute(regs) };
        for (i, word) in words.into_iter().enumerate() {
            reply.set_u64(i * 8, word);
        }
        Ok(Outcome::Reply(0))
    }
}

/// Puts what was detached into a reply; gives the label.
pub(super) fn put_detached(reply: &mut Reply, detached: &Detached) -> i64 {
    reply.set_u64(0, detached.start);
    reply.set_u64(8, detached.size);
    reply.set_u64(16, detached.client_cap);
    detached.result
}

fn page_fault(regions: &RegionMap, request: &Request, reply: &mut Reply) -> Result<Outcome> {
    let word = request.word(0)?;
    let access = if word & pager::FAULT_FETCH != 0 {
        Access::Execute
    } else if word & pager::FAULT_WRITE != 0 {
        Access::Write
    } else {
        Access::Read
    };
    let address = word & !pager::FAULT_MASK;
    let (mapping, spot) = regions.page_fault(address, access)?;
    let flags = regions
        .find(address, 1)
        .map_or(0, |entry| entry.value.flags.bits());
    reply.set_item(map_item(&mapping, spot, flags.into()));
    Ok(Outcome::Reply(0))
}

fn find(regions: &RegionMap, request: &Request, reply: &mut Reply) -> Result<()> {
    let (start, size) = (request.u64(8)?, request.u64(16)?);
    if size == 0 {
        return Err(Error::EINVAL);
    }
    let (start, end, flags, offset, cap) = match regions.find(start, size) {
        Some(e) => (
            e.start,
            e.end,
            e.value.flags,
            e.value.offset,
            e.value.client_cap,
        ),
        None => {
            let area = regions.find_area(start, size).ok_or(Error::ENOENT)?;
            let none = l4re_sys::CapIdx::INVALID.0;
            (
                area.start,
                area.end,
                *area.value | RmFlags::IN_AREA,
                0,
                none,
            )
        }
    };
    reply.set_u64(0, start);
    reply.set_u64(8, end.wrapping_sub(start).wrapping_add(1));
    reply.set_u64(16, flags.bits().into());
    reply.set_u64(24, offset);
    reply.set_u64(32, cap);
    Ok(())
}

/// As many regions or areas as fit; gives their number.
fn put_list(reply: &mut Reply, list: impl Iterator<Item = (u64, u64, RmFlags)>) -> i64 {
    const SIZE: usize = size_of::<op::Region>();
    let mut count = 0;
    for (start, end, flags) in list.take(Reply::room(0) / SIZE) {
        let at = count * SIZE;
        reply.set_u64(at, start);
        reply.set_u64(at + 8, end);
        reply.set_u64(at + 16, (flags & RmFlags::REGION_FLAGS).bits().into());
        count += 1;
    }
    count as i64
}
