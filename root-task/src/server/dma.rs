//! Address spaces of devices, as clients see them.

use l4re_sys::MemRights;
use l4re_sys::re::dma_space::{self as op, DmaAttrs};

use super::dataspace::granted;
use super::{Object, Server};
use crate::dma::DmaSpace;
use crate::error::{Error, Result};
use crate::message::{Outcome, Reply, Request};

impl Server {
    pub(super) fn dma_space(
        &mut self,
        space: &mut DmaSpace,
        request: &Request,
        reply: &mut Reply,
    ) -> Result<Outcome> {
        if request.proto != l4re_sys::proto::RE_DMA_SPACE {
            return Err(Error::EBADPROTO);
        }
        match request.op()? {
            op::MAP => {
                let (offset, size) = (number(request.u64(8)?), number(request.u64(16)?));
                let attrs = DmaAttrs::from_bits_retain(request.u32(28)?);
                let max = number(request.u64(40)?);
                let known = DmaAttrs::SEARCH_ADDR
                    | DmaAttrs::PARTIAL_MAP
                    | DmaAttrs::RESERVE
                    | DmaAttrs::REPLACE;
                if !(attrs - known).is_empty() {
                    return Err(Error::EINVAL);
                }
                // There is nothing to choose an address of, and so nothing to reserve.
                if attrs.contains(DmaAttrs::RESERVE) {
                    return Err(Error::EPERM);
                }
                let source = request.item(0).and_then(|item| self.own_object(item));
                let Some((_, Object::Dataspace(memory), rights)) = source else {
                    return Err(Error::EINVAL);
                };
                let rights = granted(&memory, rights) & MemRights::RW;
                let (address, size) = space.map(&memory, rights, offset, size, max)?;
                reply.set_u64(0, size as u64);
                reply.set_u64(8, address as u64);
            }
            op::UNMAP => {
                let (address, size) = (number(request.u64(8)?), number(request.u64(16)?));
                match request.u32(24)? {
                    0 => space.unmap(address, size)?,
                    op::UNMAP_CANCEL_RESERVATION if size > 0 => {}
                    _ => return Err(Error::EINVAL),
                }
            }
            _ => return Err(Error::ENOSYS),
        }
        Ok(Outcome::Reply(0))
    }
}

/// A number of the interface; what does not fit is beyond everything.
fn number(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
