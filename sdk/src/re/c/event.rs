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

#[cfg(test)]
mod tests {
    use super::*;
    use l4re_sys::re::event::*;
    use l4re_sys::{err, fake};

    const SERVER: l4_cap_idx_t = l4_cap_idx_t::from_index(9);

    #[test]
    fn axes_are_answered_one_after_the_other() {
        let none = AbsInfo {
            value: -1,
            min: 0,
            max: 0,
            fuzz: 0,
            flat: 0,
            resolution: 0,
        };
        let mut infos = [none; 3];
        let axes = [0, 1];
        let asked = fake::with(
            |call| {
                let words = call.words();
                assert_eq!(words[..3], [u64::from(GET_AXIS_INFO), 5, 2]);
                // Two structures of six words of 32 bits.
                let mut out = [0u64; 7];
                out[0] = 2;
                out[1] = 11;
                out[4] = 22;
                call.reply(0, &out)
            },
            || l4re_event_get_axis_info(SERVER, 5, 2, axes.as_ptr(), infos.as_mut_ptr()),
        );
        assert_eq!(asked, 0);
        assert_eq!(infos.map(|info| info.value), [11, 22, -1]);
    }

    #[test]
    fn what_makes_no_sense_is_an_error() {
        let nothing = core::ptr::null();
        let mut info = core::mem::MaybeUninit::uninit();
        let bad = l4re_event_get_axis_info(SERVER, 5, 2, nothing, info.as_mut_ptr());
        assert_eq!(i64::from(bad), -err::EINVAL);
        let streams = fake::with(
            |call| {
                assert_eq!(call.words()[0], u64::from(GET_NUM_STREAMS));
                fake::Reply::label(3)
            },
            || l4re_event_get_num_streams(SERVER),
        );
        assert_eq!(streams, 3);
    }
}
