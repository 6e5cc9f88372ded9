//! Caches. On amd64 the hardware keeps them coherent, so there is nothing to do.

use crate::ctypes::*;

/// Writes changed data back to memory. Always 0: amd64's caches are coherent.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_cache_clean_data(_start: c_ulong, _end: c_ulong) -> c_int {
    0
}

/// Writes changed data back, and drops what is cached. Always 0.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_cache_flush_data(_start: c_ulong, _end: c_ulong) -> c_int {
    0
}

/// Drops what is cached. Always 0.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_cache_inv_data(_start: c_ulong, _end: c_ulong) -> c_int {
    0
}

/// Makes code that has been written visible to execution. Always 0.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_cache_coherent(_start: c_ulong, _end: c_ulong) -> c_int {
    0
}

/// Makes memory coherent with devices. Always 0.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_cache_dma_coherent(_start: c_ulong, _end: c_ulong) -> c_int {
    0
}

/// Makes all memory coherent with devices. Always 0.
#[unsafe(no_mangle)]
pub const extern "C" fn l4_cache_dma_coherent_full() -> c_int {
    0
}
