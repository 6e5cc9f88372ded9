//! Message tags and capability selectors.

use crate::ctypes::*;
use l4re_sys::{TagFlags, cap, proto};

/// A message tag: label, words, items and flags (`L4_MSGTAG_*`), each cut to its bits.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag(
    label: c_long,
    words: c_uint,
    items: c_uint,
    flags: c_uint,
) -> l4_msgtag_t {
    let flags = TagFlags::from_bits_retain(flags as u16);
    l4_msgtag_t::new(label, words as usize, items as usize, flags)
}

/// The label: a protocol in a request, a result in a reply.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag_label(t: l4_msgtag_t) -> c_long {
    t.label()
}

/// The number of untyped words.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag_words(t: l4_msgtag_t) -> c_uint {
    t.words() as c_uint
}

/// The number of items.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag_items(t: l4_msgtag_t) -> c_uint {
    t.items() as c_uint
}

/// The flags.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag_flags(t: l4_msgtag_t) -> c_uint {
    t.flags().bits() as c_uint
}

/// Not 0 if the system call failed; the UTCB tells why.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag_has_error(t: l4_msgtag_t) -> c_uint {
    t.0 as c_uint & TagFlags::ERROR.bits() as c_uint
}

/// Whether this is a page fault, sent to a pager.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag_is_page_fault(t: l4_msgtag_t) -> c_uint {
    (t.label() == proto::PAGE_FAULT) as c_uint
}

/// Whether this is an exception, sent to an exception handler.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag_is_exception(t: l4_msgtag_t) -> c_uint {
    (t.label() == proto::EXCEPTION) as c_uint
}

/// Whether this is a request of sigma0's protocol.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag_is_sigma0(t: l4_msgtag_t) -> c_uint {
    (t.label() == proto::SIGMA0) as c_uint
}

/// Whether this is a fault of access to a port, sent to a pager.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_msgtag_is_io_page_fault(t: l4_msgtag_t) -> c_uint {
    (t.label() == proto::IO_PAGE_FAULT) as c_uint
}

/// Not 0 if the selector names no slot.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_is_invalid_cap(c: l4_cap_idx_t) -> c_uint {
    (c.0 & cap::INVALID_BIT) as c_uint
}

/// Whether the selector names a slot (which may be empty).
#[unsafe(no_mangle)]
pub const extern "C" fn l4_is_valid_cap(c: l4_cap_idx_t) -> c_uint {
    c.is_valid() as c_uint
}

/// Whether two selectors name the same slot.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_capability_equal(c1: l4_cap_idx_t, c2: l4_cap_idx_t) -> c_uint {
    (c1.index() == c2.index()) as c_uint
}

/// The selector of the slot behind this one.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_capability_next(c: l4_cap_idx_t) -> l4_cap_idx_t {
    c.next()
}
