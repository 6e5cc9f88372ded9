//! Numbers of L4Re's small helpers for C.

abi! {
    in "l4/util/rand.h" {
        /// The largest number of `l4util_rand()`.
        RAND_MAX: u32 = 0xffff => "L4_RAND_MAX";
    }
}
