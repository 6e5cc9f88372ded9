//! Allocators of memory.

use crate::ctypes::*;
use crate::re::rpc;
use crate::request::result;
use crate::sys::factory::*;
use l4re_sys::proto::DATASPACE;

/// Allocates a dataspace of `size` bytes, whose capability goes to the slot `mem`, from the
/// program's own allocator; flags are `L4RE_MA_*`. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ma_alloc(size: c_long, mem: l4re_ds_t, flags: c_ulong) -> l4_ret_t {
    l4re_ma_alloc_align(size, mem, flags, 0)
}

/// As `l4re_ma_alloc`, with an alignment of `1 << align` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ma_alloc_align(
    size: c_long,
    mem: l4re_ds_t,
    flags: c_ulong,
    align: c_ulong,
) -> l4_ret_t {
    match rpc::env() {
        Ok(env) => l4re_ma_alloc_align_srv(env.mem_alloc().idx(), size, mem, flags, align),
        Err(error) => rpc::done(Err(error)),
    }
}

/// As `l4re_ma_alloc_align`, from an allocator.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_ma_alloc_align_srv(
    srv: l4_cap_idx_t,
    size: c_long,
    mem: l4re_ds_t,
    flags: c_ulong,
    align: c_ulong,
) -> l4_ret_t {
    let utcb = l4re_sys::utcb();
    let mut tag = l4_factory_create_start_u(DATASPACE, mem, utcb);
    l4_factory_create_add_int_u(size, &mut tag, utcb);
    l4_factory_create_add_uint_u(flags, &mut tag, utcb);
    l4_factory_create_add_uint_u(align, &mut tag, utcb);
    let tag = l4_factory_create_commit_u(srv, tag, utcb);
    result(tag, utcb) as l4_ret_t
}
