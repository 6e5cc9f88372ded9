//! Ranges as aligned powers of two.

use crate::ctypes::*;
use l4re_sys::err;

/// The logarithm (base 2) of the largest aligned power of two that starts at `start` and ends at
/// `end` (the last byte) at the latest; -1 for all of the address space, whose size has none.
#[unsafe(no_mangle)]
pub const extern "C" fn l4util_splitlog2_size(start: l4_addr_t, end: l4_addr_t) -> l4_addr_t {
    match order(start, end) {
        Some(order) => order as l4_addr_t,
        None => l4_addr_t::MAX,
    }
}

/// None if the size has no logarithm: it is 2^64.
const fn order(start: u64, end: u64) -> Option<u32> {
    let size = end.wrapping_sub(start).wrapping_add(1);
    let Some(by_size) = size.checked_ilog2() else {
        return None;
    };
    // Of 0, as many as there are: any power of two fits there.
    let by_start = start.trailing_zeros();
    Some(if by_start < by_size {
        by_start
    } else {
        by_size
    })
}

/// Calls `handler(start, end, order)` for each aligned power of two that the range from `start`
/// to `end` (the last byte) consists of, until one returns what is not 0, which is returned.
/// `-L4_EINVAL` if the range ends before it starts. (All of the address space is two halves.)
#[unsafe(no_mangle)]
pub extern "C" fn l4util_splitlog2_hdl(
    start: l4_addr_t,
    end: l4_addr_t,
    handler: fn_l4util_splitlog2,
) -> c_long {
    if end < start {
        return -err::EINVAL;
    }
    let mut at = start;
    loop {
        let order = order(at, end).unwrap_or(u64::BITS - 1);
        let last = at + ((1 << order) - 1);
        let result = handler(at, last, order as c_int);
        if result != 0 {
            return result;
        }
        match last.checked_add(1) {
            Some(next) if next <= end => at = next,
            _ => return 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::vec::Vec;

    std::thread_local! {
        static PIECES: RefCell<Vec<(u64, u64, c_int)>> = const { RefCell::new(Vec::new()) };
    }

    extern "C" fn note(start: l4_addr_t, end: l4_addr_t, order: c_int) -> c_long {
        PIECES.with_borrow_mut(|pieces| pieces.push((start, end, order)));
        if start == 0xbad { 7 } else { 0 }
    }

    fn pieces(start: u64, end: u64) -> (c_long, Vec<(u64, u64, c_int)>) {
        let result = l4util_splitlog2_hdl(start, end, note);
        (result, PIECES.take())
    }

    #[test]
    fn a_range_is_split_byte_by_byte_to_its_end() {
        const TOP: u64 = u64::MAX;
        assert_eq!(pieces(0x1234, 0x1234), (0, [(0x1234, 0x1234, 0)].to_vec()));
        assert_eq!(pieces(0, 0), (0, [(0, 0, 0)].to_vec()));
        assert_eq!(
            pieces(3, 9),
            (0, [(3, 3, 0), (4, 7, 2), (8, 9, 1)].to_vec())
        );
        assert_eq!(
            pieces(0x3000, 0x8fff),
            (
                0,
                [
                    (0x3000, 0x3fff, 12),
                    (0x4000, 0x7fff, 14),
                    (0x8000, 0x8fff, 12)
                ]
                .to_vec()
            )
        );
        assert_eq!(pieces(TOP, TOP), (0, [(TOP, TOP, 0)].to_vec()));
        let half = 1 << 63;
        assert_eq!(
            pieces(0, TOP),
            (0, [(0, half - 1, 63), (half, TOP, 63)].to_vec())
        );
        assert_eq!(pieces(5, 4), (-err::EINVAL, Vec::new()));
        assert_eq!(pieces(0xbad, 0xbff), (7, [(0xbad, 0xbad, 0)].to_vec()));
    }

    #[test]
    fn sizes_are_those_of_l4re() {
        assert_eq!(l4util_splitlog2_size(0, u64::MAX), u64::MAX);
        assert_eq!(l4util_splitlog2_size(0, 0xffff), 16);
        assert_eq!(l4util_splitlog2_size(0x4000, 0xbfff), 14);
        assert_eq!(l4util_splitlog2_size(7, 7), 0);
    }
}
