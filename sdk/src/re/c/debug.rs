//! Debugging of servers.

use crate::ctypes::*;
use crate::re::rpc;
use l4re::ipc::Buffers;
use l4re::msg::Writer;

/// Asks a service to write something about itself to its log. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_debug_obj_debug(srv: l4_cap_idx_t, function: c_ulong) -> l4_ret_t {
    let mut w = Writer::new();
    w.put(function);
    let answer = rpc::call(srv, l4re_sys::proto::DEBUG, &w, Buffers::None);
    rpc::done(answer.map(drop))
}
