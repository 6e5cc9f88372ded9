//! Numbers at random, for tests and the like: each number follows from the one before.

use crate::ctypes::*;
use core::sync::atomic::{AtomicU32, Ordering};
use l4re_sys::util::RAND_MAX;

static STATE: AtomicU32 = AtomicU32::new(1);

/// The next number, 0 to `L4_RAND_MAX`.
#[unsafe(no_mangle)]
pub extern "C" fn l4util_rand() -> l4_uint32_t {
    // The factors are L4Re's: programs may count on the sequence.
    let next = |state: u32| state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
    let mut state = STATE.load(Ordering::Relaxed);
    while let Err(now) =
        STATE.compare_exchange_weak(state, next(state), Ordering::Relaxed, Ordering::Relaxed)
    {
        state = now;
    }
    // The lower bits repeat soon.
    (next(state) >> 16) & RAND_MAX
}

/// Sets what the numbers begin with.
#[unsafe(no_mangle)]
pub extern "C" fn l4util_srand(seed: l4_uint32_t) {
    STATE.store(seed, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_l4re() {
        let numbers = [l4util_rand(), l4util_rand()];
        assert_eq!(numbers, [16_838, 38_526]);
        l4util_srand(1);
        assert_eq!(l4util_rand(), 16_838);
    }
}
