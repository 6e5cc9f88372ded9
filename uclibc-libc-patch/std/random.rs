//! Random data: the C library's, else the processor's, else its clock's unsteadiness.

use core::arch::x86_64::{__cpuid, _rdtsc};

pub fn fill_bytes(mut bytes: &mut [u8]) {
    while !bytes.is_empty() {
        // SAFETY: the library writes no more than the slice takes.
        let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        // L4Re's own library has no source and answers a negative number.
        match usize::try_from(got) {
            Ok(got) if got > 0 && got <= bytes.len() => bytes = &mut bytes[got..],
            _ => return from_processor(bytes),
        }
    }
}

fn from_processor(bytes: &mut [u8]) {
    let has_rdrand = __cpuid(1).ecx & 1 << 30 != 0;
    for chunk in bytes.chunks_mut(8) {
        let word = has_rdrand.then(rdrand).flatten().unwrap_or_else(jitter);
        chunk.copy_from_slice(&word.to_ne_bytes()[..chunk.len()]);
    }
}

/// The processor's generator may be exhausted for a moment.
fn rdrand() -> Option<u64> {
    for _ in 0..16 {
        let (word, done): (u64, u8);
        // SAFETY: the processor has the instruction.
        unsafe { core::arch::asm!("rdrand {}", "setc {}", out(reg) word, out(reg_byte) done) };
        if done != 0 {
            return Some(word);
        }
    }
    None
}

/// Not for keys of cryptography: how long the same few instructions take, many times.
fn jitter() -> u64 {
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..256 {
        // SAFETY: user programs may read the counter.
        word ^= unsafe { _rdtsc() };
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        crate::thread::yield_now();
    }
    word
}
