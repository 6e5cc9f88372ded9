//! Error codes.

use crate::ctypes::*;
use alloc::ffi::CString;
use core::ffi::c_char;
use core::sync::atomic::{AtomicPtr, Ordering};
use l4re_sys::err;

/// Sentences that have been asked for, kept for ever: C's callers keep the pointers.
static SENTENCES: [AtomicPtr<c_char>; CODES] =
    [const { AtomicPtr::new(core::ptr::null_mut()) }; CODES];

/// One more than the largest code that has a sentence.
const CODES: usize = err::EIPC_HI as usize + 1;

/// What an error code (negative or not) means, in words.
#[unsafe(no_mangle)]
pub extern "C" fn l4sys_errtostr(err: c_long) -> *const c_char {
    let code = err.unsigned_abs() as usize;
    let Some(place) = SENTENCES.get(code) else {
        return c"unknown error".as_ptr();
    };
    let known = place.load(Ordering::Acquire);
    if !known.is_null() {
        return known;
    }
    let sentence = match code as i64 {
        0 => alloc::string::String::from("no error"),
        code @ err::EIPC_LO..=err::EIPC_HI => {
            let raw = (code - err::EIPC_LO) as u64;
            alloc::format!("{}", l4re::IpcError::from_raw(raw))
        }
        code => alloc::format!("{}", l4re::ErrorCode(code)),
    };
    let Ok(sentence) = CString::new(sentence) else {
        return c"unknown error".as_ptr();
    };
    let sentence = sentence.into_raw();
    let null = core::ptr::null_mut();
    match place.compare_exchange(null, sentence, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => sentence,
        Err(first) => {
            // SAFETY: made by `into_raw` above, and nobody else has it.
            drop(unsafe { CString::from_raw(sentence) });
            first
        }
    }
}
