//! `inttypes.h`.

use super::*;

functions! {
    fn strtoimax(nptr: *const c_char, endptr: *mut *mut c_char, base: c_int) -> intmax_t;
    fn strtoumax(nptr: *const c_char, endptr: *mut *mut c_char, base: c_int) -> uintmax_t;
}
