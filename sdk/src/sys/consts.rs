//! Rounding.

use crate::ctypes::*;
use l4re_sys::consts::PAGE_SHIFT;

/// All bits from `bits` on; none if there are no such.
const fn mask(bits: c_uchar) -> u64 {
    match u64::MAX.checked_shl(bits as u32) {
        Some(mask) => mask,
        None => 0,
    }
}

/// The start of the page that holds the address.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_trunc_page(address: l4_addr_t) -> l4_addr_t {
    l4_trunc_size(address, PAGE_SHIFT as u8)
}

/// The start of the page behind the address, or the address if it is one.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_round_page(address: l4_addr_t) -> l4_addr_t {
    l4_round_size(address, PAGE_SHIFT as u8)
}

/// The next lower multiple of `1 << bits`.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_trunc_size(address: l4_addr_t, bits: c_uchar) -> l4_addr_t {
    address & mask(bits)
}

/// The next higher multiple of `1 << bits`; 0 where there is none.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_round_size(value: l4_addr_t, bits: c_uchar) -> l4_addr_t {
    value.wrapping_add(!mask(bits)) & mask(bits)
}

/// How many words hold `size` bytes.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_bytes_to_mwords(size: c_uint) -> c_uint {
    size.div_ceil(size_of::<l4_umword_t>() as c_uint)
}
