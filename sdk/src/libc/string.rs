//! `string.h`.

use crate::ctypes::c_int;
use core::ffi::c_char;

weak!(
    memchr, strcat, strchr, strcmp, strcpy, strncat, strncmp, strncpy, strnlen, strrchr, strstr
);

// SAFETY (of all functions here): C's standard says what the caller must keep: strings are ended
// by 0, and there is room for what is written.

/// The byte at `i`.
fn at(s: *const c_char, i: usize) -> u8 {
    // SAFETY: the C caller passes a string that ends with 0; no caller in this file goes beyond its
    // end.
    unsafe { s.add(i).read() as u8 }
}

fn len(s: *const c_char) -> usize {
    (0..).find(|i| at(s, *i) == 0).unwrap_or(0)
}

/// Copies `count` bytes, and an end if there is one to be.
fn copy(to: *mut c_char, from: *const c_char, count: usize, ended: bool) {
    // SAFETY: the C caller passes places for that many bytes, which do not overlap.
    unsafe {
        to.copy_from(from, count);
        if ended {
            to.add(count).write(0);
        }
    }
}

extern "C" fn strnlen(s: *const c_char, max: usize) -> usize {
    (0..max).find(|i| at(s, *i) == 0).unwrap_or(max)
}

extern "C" fn strcmp(a: *const c_char, b: *const c_char) -> c_int {
    strncmp(a, b, usize::MAX)
}

extern "C" fn strncmp(a: *const c_char, b: *const c_char, max: usize) -> c_int {
    for i in 0..max {
        let (a, b) = (at(a, i), at(b, i));
        if a != b || a == 0 {
            return c_int::from(a) - c_int::from(b);
        }
    }
    0
}

extern "C" fn strcpy(to: *mut c_char, from: *const c_char) -> *mut c_char {
    copy(to, from, len(from), true);
    to
}

extern "C" fn strncpy(to: *mut c_char, from: *const c_char, max: usize) -> *mut c_char {
    let count = strnlen(from, max);
    copy(to, from, count, false);
    // SAFETY: the C caller passes a place for `max` bytes, and `count` is at most that.
    unsafe { to.add(count).write_bytes(0, max - count) };
    to
}

extern "C" fn strcat(to: *mut c_char, from: *const c_char) -> *mut c_char {
    copy(to.wrapping_add(len(to)), from, len(from), true);
    to
}

extern "C" fn strncat(to: *mut c_char, from: *const c_char, max: usize) -> *mut c_char {
    copy(to.wrapping_add(len(to)), from, strnlen(from, max), true);
    to
}

extern "C" fn strchr(s: *const c_char, c: c_int) -> *mut c_char {
    let found = (0..=len(s)).find(|i| at(s, *i) == c as u8);
    found.map_or(core::ptr::null_mut(), |i| s.wrapping_add(i).cast_mut())
}

extern "C" fn strrchr(s: *const c_char, c: c_int) -> *mut c_char {
    let found = (0..=len(s)).rev().find(|i| at(s, *i) == c as u8);
    found.map_or(core::ptr::null_mut(), |i| s.wrapping_add(i).cast_mut())
}

extern "C" fn memchr(s: *const c_char, c: c_int, max: usize) -> *mut c_char {
    let found = (0..max).find(|i| at(s, *i) == c as u8);
    found.map_or(core::ptr::null_mut(), |i| s.wrapping_add(i).cast_mut())
}

extern "C" fn strstr(s: *const c_char, part: *const c_char) -> *mut c_char {
    let size = len(part);
    let found = (0..=len(s)).find(|i| strncmp(s.wrapping_add(*i), part, size) == 0);
    found.map_or(core::ptr::null_mut(), |i| s.wrapping_add(i).cast_mut())
}
