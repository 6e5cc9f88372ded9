//! Memory that a system call's caller names by an address.

use crate::errno::{EFAULT, EINVAL, Result, fail};
use core::ffi::CStr;

/// Writes a value, unless the address is null.
///
/// # Safety
/// `address` is 0 or a valid place for a `T` of the program's.
pub unsafe fn put<T>(address: u64, value: T) {
    let place = core::ptr::with_exposed_provenance_mut::<T>(address as usize);
    if !place.is_null() {
        // SAFETY: `address` is a valid place for a `T` (contract of this function). uClibc's types
        // may be less aligned.
        unsafe { place.write_unaligned(value) };
    }
}

/// Reads a value; an error if the address is null.
///
/// # Safety
/// As [`put`]; what is there is a `T`.
pub unsafe fn get<T>(address: u64) -> Result<T> {
    let place = core::ptr::with_exposed_provenance::<T>(address as usize);
    if place.is_null() {
        return fail(EFAULT);
    }
    // SAFETY: a `T` is at `address` (contract of this function). uClibc's types may be less
    // aligned.
    Ok(unsafe { place.read_unaligned() })
}

/// A buffer to be written.
///
/// # Safety
/// As [`put`], for `len` bytes, which nobody else uses while the slice lives.
pub unsafe fn buffer<'a>(address: u64, len: u64) -> Result<&'a mut [u8]> {
    let len = usize::try_from(len).or_else(|_| fail(EINVAL))?;
    if len == 0 {
        return Ok(&mut []);
    }
    if address == 0 || len > isize::MAX as usize {
        return fail(EFAULT);
    }
    let place = core::ptr::with_exposed_provenance_mut(address as usize);
    // SAFETY: the buffer has `len` bytes and is the caller's own meanwhile (contract of this
    // function).
    Ok(unsafe { core::slice::from_raw_parts_mut(place, len) })
}

/// Bytes to be read.
///
/// # Safety
/// `address` is 0 or that of `len` bytes that can be read, and that nobody writes while the slice
/// lives.
pub unsafe fn bytes<'a>(address: u64, len: u64) -> Result<&'a [u8]> {
    let len = usize::try_from(len).or_else(|_| fail(EINVAL))?;
    if len == 0 {
        return Ok(&[]);
    }
    if address == 0 || len > isize::MAX as usize {
        return fail(EFAULT);
    }
    let place = core::ptr::with_exposed_provenance(address as usize);
    // SAFETY: `len` bytes at `address` can be read, and are not written while the slice lives
    // (caller's contract). They may lie in memory that cannot be written.
    Ok(unsafe { core::slice::from_raw_parts(place, len) })
}

/// A string.
///
/// # Safety
/// `address` is 0 or that of a string that ends with 0 and that nobody changes meanwhile.
pub unsafe fn string<'a>(address: u64) -> Result<&'a [u8]> {
    let place = core::ptr::with_exposed_provenance(address as usize);
    if address == 0 {
        return fail(EFAULT);
    }
    // SAFETY: the string ends with 0, and nobody changes it meanwhile (contract of this function).
    Ok(unsafe { CStr::from_ptr(place) }.to_bytes())
}
