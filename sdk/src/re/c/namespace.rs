//! Name spaces.

use crate::ctypes::*;
use crate::re::rpc::{deliver, done};
use core::time::Duration;
use l4re::namespace::Namespace;
use l4re::{Cap, Error, Result};
use l4re_sys::ObjRights;

/// How long `l4re_ns_query_srv` waits for a name that is announced.
const TIMEOUT: Duration = Duration::from_secs(40);

fn query(srv: l4re_namespace_t, name: Str, to: l4_cap_idx_t, timeout: Duration) -> Result<()> {
    let path = name.text().ok_or(Error::INVALID)?;
    let found = Cap::<Namespace>::new(srv).query_timeout::<()>(path, timeout)?;
    deliver(found, to)
}

/// Asks for an object by its name, or by a path of names; its capability goes to the slot `cap`.
/// Waits for at most `timeout` milliseconds for a name that is announced. 0, or a negative error
/// code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ns_query_to_srv(
    srv: l4re_namespace_t,
    name: Str,
    cap: l4_cap_idx_t,
    timeout: c_int,
) -> l4_ret_t {
    let timeout = Duration::from_millis(timeout.max(0) as u64);
    done(query(srv, name, cap, timeout))
}

/// As `l4re_ns_query_to_srv`, with a timeout of 40 seconds.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ns_query_srv(
    srv: l4re_namespace_t,
    name: Str,
    cap: l4_cap_idx_t,
) -> l4_ret_t {
    done(query(srv, name, cap, TIMEOUT))
}

/// Gives an object a name, with rights `L4RE_NS_REGISTER_*`; an invalid capability announces it.
/// 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ns_register_obj_srv(
    srv: l4re_namespace_t,
    name: Str,
    obj: l4_cap_idx_t,
    flags: c_uint,
) -> l4_ret_t {
    let Some(name) = name.text() else {
        return done(Err(Error::INVALID));
    };
    // The lower bits may tell rights; here the flags do.
    let obj = obj
        .is_valid()
        .then_some(l4_cap_idx_t::from_index(obj.index()));
    let obj = obj.map(Cap::<()>::new);
    let rights = ObjRights::from_bits_truncate(flags as u8);
    let flags = flags & !u32::from(ObjRights::RWSD.bits());
    done(Cap::<Namespace>::new(srv).register(name, obj, rights, flags))
}
