//! Sources of events.

use crate::ctypes::*;
use crate::re::rpc::{code, deliver, done};
use l4re::event::Event;
use l4re::{Cap, Result};

fn source(server: l4_cap_idx_t) -> Cap<Event> {
    Cap::new(server)
}

/// The dataspace that the events come into; its capability goes to the slot `ds`. 0, or a
/// negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_event_get_buffer(server: l4_cap_idx_t, ds: l4re_ds_t) -> l4_ret_t {
    done((source(server).get_buffer()).and_then(|buffer| deliver(buffer, ds)))
}

/// The number of streams (devices, say), or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_event_get_num_streams(server: l4_cap_idx_t) -> l4_ret_t {
    code(source(server).num_streams().map(|count| count as i64)) as l4_ret_t
}

/// What a stream is, by its index. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_event_get_stream_info(
    server: l4_cap_idx_t,
    idx: c_int,
    info: &mut l4re_event_stream_info_t,
) -> l4_ret_t {
    let Ok(idx) = usize::try_from(idx) else {
        return done(Err(l4re::Error::INVALID));
    };
    done(source(server).stream_info(idx).map(|found| *info = found))
}

/// What a stream is, by the number that its events have. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_event_get_stream_info_for_id(
    server: l4_cap_idx_t,
    stream_id: l4_umword_t,
    info: &mut l4re_event_stream_info_t,
) -> l4_ret_t {
    done((source(server).stream_info_for_id(stream_id)).map(|found| *info = found))
}

/// What `naxes` absolute axes of a stream are like, one after the other in `infos`. 0, or a
/// negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_event_get_axis_info(
    server: l4_cap_idx_t,
    stream_id: l4_umword_t,
    naxes: c_uint,
    axis: *const c_uint,
    infos: *mut l4re_event_absinfo_t,
) -> l4_ret_t {
    done(axis_info(server, stream_id, naxes as usize, axis, infos))
}

fn axis_info(
    server: l4_cap_idx_t,
    stream_id: u64,
    count: usize,
    axes: *const c_uint,
    infos: *mut l4re_event_absinfo_t,
) -> Result<()> {
    if axes.is_null() || infos.is_null() || count == 0 {
        return Err(l4re::Error::INVALID);
    }
    // SAFETY: C's caller passes as many numbers, and room for as many answers that is nobody
    // else's (the crate's documentation).
    let (axes, room) = unsafe {
        (
            core::slice::from_raw_parts(axes, count),
            core::slice::from_raw_parts_mut(infos, count),
        )
    };
    let found = source(server).axis_info(stream_id, axes)?;
    for (to, from) in room.iter_mut().zip(found) {
        *to = from;
    }
    Ok(())
}
