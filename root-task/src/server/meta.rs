//! Which protocols an object speaks (`L4::Meta`).

use l4re_sys::op::meta as op;
use l4re_sys::proto;

use super::Object;
use crate::error::{Error, Result};
use crate::message::{Outcome, Reply, Request};

/// Protocols, and names as C++ has them at run time: `N2L47FactoryE` is `L4::Factory`. ned asks.
type Interfaces = &'static [(i64, &'static str)];

fn interfaces(object: &Object) -> Interfaces {
    match object {
        Object::Dataspace(_) => &[(proto::DATASPACE, "N4L4Re9DataspaceE")],
        Object::Allocator(..) => &[
            (proto::MEM_ALLOC, "N4L4Re9Mem_allocE"),
            (proto::FACTORY, "N2L47FactoryE"),
        ],
        Object::RegionMap(_) => &[
            (proto::RM, "N4L4Re2RmE"),
            (proto::PAGE_FAULT, "N2L45PagerE"),
            (proto::IO_PAGE_FAULT, "N2L48Io_pagerE"),
            (proto::EXCEPTION, "N2L49ExceptionE"),
        ],
        Object::Names(_) => &[(proto::NAMESPACE, "N4L4Re9NamespaceE")],
        Object::Log(_) => &[(proto::LOG, "N2L44VconE"), (proto::IRQ, "N2L43IcuE")],
        Object::Scheduler(_) => &[
            (proto::SCHEDULER, "N2L49SchedulerE"),
            (proto::IRQ, "N2L43IcuE"),
        ],
        Object::Ports(_) => &[(proto::IO_PAGE_FAULT, "N2L48Io_pagerE")],
        Object::Interrupts(_) => &[(proto::IRQ, "N2L43IcuE")],
        Object::DmaSpace(_) => &[(proto::RE_DMA_SPACE, "N4L4Re9Dma_spaceE")],
        Object::Parent(_) => &[(proto::PARENT, "N4L4Re6ParentE")],
    }
}

/// Answers a question about an object.
pub(super) fn handle(object: &Object, request: &Request, reply: &mut Reply) -> Result<Outcome> {
    let interfaces = interfaces(object);
    match request.op()? {
        op::NUM_INTERFACES => Ok(Outcome::Reply(interfaces.len() as i64)),
        op::INTERFACE => {
            let index = usize::try_from(request.u64(8)?).map_err(|_| Error::ERANGE)?;
            let (proto, name) = interfaces.get(index).ok_or(Error::ERANGE)?;
            reply.set_u64(0, *proto as u64);
            // The length counts the 0 behind the name.
            reply.set_u64(8, name.len() as u64 + 1);
            reply.set_bytes(16, name.as_bytes());
            reply.set_bytes(16 + name.len(), &[0]);
            Ok(Outcome::Reply(0))
        }
        op::SUPPORTS => {
            let proto = request.u64(8)? as i64;
            let known = proto != 0 && interfaces.iter().any(|(known, _)| *known == proto);
            Ok(Outcome::Reply(known.into()))
        }
        _ => Err(Error::ENOSYS),
    }
}
