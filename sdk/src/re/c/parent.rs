//! The parent of a program.

use crate::ctypes::*;
use crate::re::rpc;
use l4re::Cap;
use l4re::parent::Parent;

/// Signals the parent of a program. Signal 0 tells its end with the status `val`, and is not
/// answered. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_parent_signal(cap: l4_cap_idx_t, sig: c_ulong, val: c_ulong) -> c_long {
    rpc::done(Cap::<Parent>::new(cap).signal(sig, val)).into()
}
