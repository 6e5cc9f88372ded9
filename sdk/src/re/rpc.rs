//! Requests to L4Re's services, and their results as C has them.

use crate::ctypes::*;
use crate::request::succeeded;
use crate::sys::l4_task_map_u;
use l4re::ipc::Buffers;
use l4re::msg::{Reader, Writer};
use l4re::{Error, OwnedCap, Result};
use l4re_sys::{MapItem, ObjRights, err};

/// Sends a request, and waits for the reply.
pub fn call(
    dest: l4_cap_idx_t,
    protocol: i64,
    message: &Writer,
    buffers: Buffers,
) -> Result<Reader> {
    let tag = message.tag(protocol)?;
    // SAFETY: what the request does to the program's memory and capabilities is the C
    // caller's to answer for, as with every function of this interface.
    let tag = unsafe { l4re::ipc::call(dest, tag, buffers, l4_timeout_t::NEVER) }?;
    Ok(Reader::new(tag))
}

/// A result as C has it: negative error codes.
pub fn code(result: Result<i64>) -> i64 {
    result.unwrap_or_else(Error::label)
}

/// 0, or a negative error code.
pub fn done(result: Result<()>) -> l4_ret_t {
    code(result.map(|()| 0)) as l4_ret_t
}

/// Moves a capability that came into the slot that C has named.
pub fn deliver<T: ?Sized>(found: OwnedCap<T>, to: l4_cap_idx_t) -> Result<()> {
    // The slot that it has come to is given back at the end.
    let fpage = l4_fpage_t::obj(found.cap().idx(), 0, ObjRights::RWSD);
    let item = MapItem::grant(to.0, fpage);
    let this = l4_cap_idx_t::TASK;
    let utcb = l4re_sys::utcb();
    let tag = l4_task_map_u(this, this, fpage, item.control, utcb);
    if succeeded(tag) {
        Ok(())
    } else {
        Err(Error::from_label(crate::request::result(tag, utcb)))
    }
}

/// The environment; every error of it is that there is none.
pub fn env() -> Result<&'static l4re::Env> {
    l4re::start::try_env().ok_or(Error::Service(l4re::ErrorCode(err::ENODEV)))
}
