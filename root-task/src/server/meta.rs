//! Which protocols an object speaks (`L4::Meta`).

use l4re_sys::op::meta as op;
use l4re_sys::proto;

use super::Object;
use crate::error::{Error, Result};
use crate::message::{Outcome, Reply, Request};

type Interfaces = &'static [(i64, &'static str)];

fn interfaces(object: &Object) -> Interfaces {
    match object {
        Object::Dataspace(_) => &[(proto::DATASPACE, "L4Re::Dataspace")],
        Object::Allocator(..) => &[
            (proto::MEM_ALLOC, "L4Re::Mem_alloc"),
            (proto::FACTORY, "L4::Factory"),
        ],
        Object::RegionMap(_) => &[
            (proto::RM, "L4Re::Rm"),
            (proto::PAGE_FAULT, "L4::Pager"),
            (proto::IO_PAGE_FAULT, "L4::Io_pager"),
            (proto::EXCEPTION, "L4::Exception"),
        ],
        Object::Names(_) => &[(proto::NAMESPACE, "L4Re::Namespace")],
        Object::Log(_) => &[(proto::LOG, "L4::Vcon"), (proto::IRQ, "L4::Icu")],
        Object::Scheduler(_) => &[(proto::SCHEDULER, "L4::Scheduler"), (proto::IRQ, "L4::Icu")],
        Object::Parent(_) => &[(proto::PARENT, "L4Re::Parent")],
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
