//! Dataspaces, as clients see them.

use l4re_sys::re::dataspace::{self as op, DsFlags};
use l4re_sys::{Fpage, MapItem, MemRights, item};

use super::work::{Progress, outcome};
use super::{Object, Server};
use crate::budget::Budget;
use crate::dataspace::{Dataspace, Mapping, Target};
use crate::error::{Error, Result};
use crate::message::{Outcome, Reply, Request};
use crate::registry::Rights;

impl Server {
    pub(super) fn dataspace(
        &mut self,
        memory: &Dataspace,
        rights: Rights,
        request: &Request,
        (progress, budget): (&mut Progress, &Budget),
        reply: &mut Reply,
    ) -> Result<Outcome> {
        let at = &mut progress.at;
        if request.proto != l4re_sys::proto::DATASPACE {
            return Err(Error::EBADPROTO);
        }
        match request.op()? {
            op::MAP => {
                let (offset, spot) = (size(request.u64(8)?), request.u64(16)?);
                let flags = DsFlags::from_bits_retain(request.u64(24)?);
                let asked = MemRights::from_bits_retain(flags.bits() as u8) & MemRights::RWX;
                let given = granted(memory, rights);
                if !given.contains(asked & (MemRights::W | MemRights::X)) {
                    return Err(Error::EPERM);
                }
                let target = Target {
                    spot,
                    window: 0..u64::MAX,
                };
                let mapping = memory.map(offset, asked & given | MemRights::R, &target)?;
                reply.set_item(map_item(&mapping, spot, flags.bits()));
            }
            op::CLEAR => {
                writable(memory, rights)?;
                let (offset, len) = (size(request.u64(8)?), size(request.u64(16)?));
                return memory.clear(offset, len, at, budget).map(outcome);
            }
            op::INFO => {
                reply.set_u64(0, memory.size() as u64);
                reply.set_u64(8, granted(memory, rights).bits().into());
            }
            op::COPY_IN => {
                let to = size(request.u64(8)?);
                let (from, len) = (size(request.u64(16)?), size(request.u64(24)?));
                let source = self.own_object(request.needed_item()?);
                writable(memory, rights)?;
                let Some((_, Object::Dataspace(source), _)) = source else {
                    return Err(Error::EINVAL);
                };
                let step = memory.copy_in(to, &source, from, len, at, budget);
                return step.map(outcome);
            }
            op::ALLOCATE => {
                let (offset, len) = (size(request.u64(8)?), size(request.u64(16)?));
                let write = granted(memory, rights).contains(MemRights::W);
                if offset >= memory.size() || len > memory.size() - offset {
                    return Err(Error::ERANGE);
                }
                return memory.allocate(offset, len, write, at, budget).map(outcome);
            }
            op::MAP_INFO => {
                reply.set_u64(0, 0);
                reply.set_u64(8, 0);
            }
            _ => return Err(Error::ENOSYS),
        }
        Ok(Outcome::Reply(0))
    }
}

/// What a client may map the memory for: writing needs the write right to the dataspace.
pub(super) fn granted(memory: &Dataspace, rights: Rights) -> MemRights {
    if rights.write() {
        memory.rights()
    } else {
        memory.rights() - MemRights::W
    }
}

fn writable(memory: &Dataspace, rights: Rights) -> Result<()> {
    if granted(memory, rights).contains(MemRights::W) {
        Ok(())
    } else {
        Err(Error::EACCESS)
    }
}

/// A size or offset of the interface; what does not fit is beyond everything.
fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// The item that maps memory to `spot`, cached as the flags of a dataspace or region say.
pub(super) fn map_item(mapping: &Mapping, spot: u64, flags: u64) -> MapItem {
    let fpage = Fpage::memory(mapping.address as u64, mapping.order, mapping.rights);
    let item = MapItem::map(spot, fpage);
    match DsFlags::from_bits_retain(flags) & DsFlags::CACHING_MASK {
        DsFlags::BUFFERABLE => item.with_cache(item::BUFFERABLE),
        DsFlags::UNCACHEABLE => item.with_cache(item::UNCACHEABLE),
        _ => item,
    }
}
