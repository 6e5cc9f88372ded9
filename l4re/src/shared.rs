//! Access to memory that others may access at the same time.
//!
//! Byte by byte, by atomic operations: whoever else writes there, in this program or another one,
//! what is read is some bytes.
#![allow(unsafe_code)]

use core::sync::atomic::AtomicU8;
use core::sync::atomic::Ordering::Relaxed;

/// Copies bytes out.
///
/// # Safety
/// As many bytes can be read at `from` as `to` has; all who access them meanwhile do so by atomic
/// operations, or are other programs.
pub(crate) unsafe fn read(from: *mut u8, to: &mut [u8]) {
    for (i, byte) in to.iter_mut().enumerate() {
        // SAFETY: the byte can be read, and is accessed by such operations (the caller's contract).
        *byte = unsafe { AtomicU8::from_ptr(from.add(i)) }.load(Relaxed);
    }
}

/// Copies bytes in.
///
/// # Safety
/// As many bytes can be written at `to` as `bytes` has; all who access them meanwhile do so by
/// atomic operations, or are other programs.
pub(crate) unsafe fn write(to: *mut u8, bytes: &[u8]) {
    for (i, byte) in bytes.iter().enumerate() {
        // SAFETY: the byte can be written, and is accessed by such operations (the caller's
        // contract).
        unsafe { AtomicU8::from_ptr(to.add(i)) }.store(*byte, Relaxed);
    }
}
