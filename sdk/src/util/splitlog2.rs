//! Ranges as flexpages.

use crate::ctypes::*;
use l4re_sys::consts::PAGE_SHIFT;
use l4re_sys::err;

/// The logarithm (base 2) of the largest aligned power of two that starts at `start` and ends at
/// `end` (the last byte) at the latest; 0 if there is none.
#[unsafe(no_mangle)]
pub const extern "C" fn l4util_splitlog2_size(start: l4_addr_t, end: l4_addr_t) -> l4_addr_t {
    match order(start, end) {
        Some(order) => order as l4_addr_t,
        None => 0,
    }
}

const fn order(start: u64, end: u64) -> Option<u32> {
    if end < start {
        return None;
    }
    // The whole address space has no size in 64 bits, but half of it has.
    let by_size = match (end - start).checked_add(1) {
        Some(size) => size.ilog2(),
        None => u64::BITS - 1,
    };
    let by_start = start.trailing_zeros();
    Some(if by_start < by_size {
        by_start
    } else {
        by_size
    })
}

/// Calls `handler(start, end, order)` for each aligned power of two that the pages from `start`
/// to `end` (the last byte) consist of, until one returns what is not 0, which is returned.
/// `-L4_EINVAL` if these are not whole pages.
#[unsafe(no_mangle)]
pub extern "C" fn l4util_splitlog2_hdl(
    start: l4_addr_t,
    end: l4_addr_t,
    handler: fn_l4util_splitlog2,
) -> c_long {
    let below = (1 << PAGE_SHIFT) - 1;
    if start & below != 0 || end & below != below || end < start {
        return -err::EINVAL;
    }
    let mut at = start;
    loop {
        let Some(order) = order(at, end) else {
            return 0;
        };
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
