//! Inhibitors.

use crate::ctypes::*;
use crate::re::rpc::{code, done};
use core::ffi::c_char;
use l4re::inhibitor::Inhibitor;
use l4re::{Cap, Error, services};

/// Takes a lock that holds off what the machine is about to do; `reason` is for people. 0, or a
/// negative error code: `-L4_ENODEV` if there is no such lock.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_inhibitor_acquire(
    cap: l4_cap_idx_t,
    id: l4_umword_t,
    reason: Str,
) -> l4_ret_t {
    let reason = reason.text().ok_or(Error::INVALID);
    done(reason.and_then(|reason| Cap::<Inhibitor>::new(cap).acquire(id, reason)))
}

/// Gives a lock up. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_inhibitor_release(cap: l4_cap_idx_t, id: l4_umword_t) -> l4_ret_t {
    done(Cap::<Inhibitor>::new(cap).release(id))
}

/// The name of the lock behind the lock `current_id`, or of the first if that is -1, in `len`
/// bytes (`L4Re::Inhibitor` has names of at most 20). Returns its number; `-L4_ENODEV` if there
/// are no more, or another negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_inhibitor_next_lock_info(
    cap: l4_cap_idx_t,
    name: *mut c_char,
    len: c_uint,
    current_id: l4_mword_t,
) -> l4_ret_t {
    let mut id = current_id;
    let service = Cap::<dyn services::Inhibitor>::new(cap);
    code(
        services::Inhibitor::next_lock_info(&service, &mut id).map(|found| {
            copy_string(room(name, len as usize), found.as_bytes());
            id
        }),
    ) as l4_ret_t
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ffi::CStr;
    use l4re_sys::{err, fake};

    const SERVER: l4_cap_idx_t = l4_cap_idx_t::from_index(9);

    #[test]
    fn locks_are_listed_with_their_names() {
        let mut name = [0x55; 8];
        let at = name.as_mut_ptr();
        let answer = |call: fake::Call| match call.words()[1] as i64 {
            -1 => call.reply(0, &[4, 8, u64::from_le_bytes(*b"suspend\0")]),
            _ => fake::Reply::label(-err::ENODEV),
        };
        let next = |last| {
            fake::with(answer, || {
                l4re_inhibitor_next_lock_info(SERVER, at, 5, last)
            })
        };
        assert_eq!(next(-1), 4);
        assert_eq!(i64::from(next(4)), -err::ENODEV);
        // Cut to the room, and no more is written.
        let bytes: std::vec::Vec<u8> = name.iter().map(|b| *b as u8).collect();
        let text = CStr::from_bytes_until_nul(&bytes).unwrap();
        assert_eq!(text, c"susp");
        assert_eq!(bytes[5..], [0x55; 3]);
    }

    #[test]
    fn a_lock_is_taken_by_its_number_and_with_a_reason() {
        let taken = fake::with(
            |call| {
                assert_eq!(call.words()[1], 7);
                assert!(call.bytes().windows(4).any(|w| w == b"disk"));
                fake::Reply::label(0)
            },
            || l4re_inhibitor_acquire(SERVER, 7, Str::of(c"disk")),
        );
        assert_eq!(taken, 0);
        let given = fake::with(
            |_| fake::Reply::label(-err::ENODEV),
            || l4re_inhibitor_release(SERVER, 7),
        );
        assert_eq!(i64::from(given), -err::ENODEV);
    }
}
