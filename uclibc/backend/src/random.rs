//! Random bytes.
//!
//! From the processor's generator (`RDSEED`, else `RDRAND`) where it has one, as it is. Should
//! that give nothing for long, the log says so once, and the words that it owes, no more, are made
//! as where there is none: bytes then come from a hash that is seeded with the time stamp counter's jitter
//! around sleeps of a timer that runs on another clock: no two boots of a machine are alike,
//! but nobody should make keys of it. On an emulator that counts instructions in place of
//! time, boots are alike.

use crate::errno::Result;
use crate::text::Line;
use crate::user;
use core::arch::x86_64::{__cpuid, __cpuid_count, _rdtsc};
use core::time::Duration;
use l4re::sync::SpinLock;

/// What the processor has.
#[derive(Clone, Copy)]
struct Hardware {
    seed: bool,
    rand: bool,
}

struct Source {
    /// None before the first use.
    hardware: Option<Hardware>,
    /// The state of the hash; none before its first use.
    jitter: Option<[u64; 4]>,
    /// Whether the log has been told that the processor's generator failed.
    told: bool,
}

static SOURCE: SpinLock<Source> = SpinLock::new(Source {
    hardware: None,
    jitter: None,
    told: false,
});

/// How often jitter is measured; each time is taken for a few bits.
const MEASURES: usize = 64;

fn detect() -> Hardware {
    Hardware {
        seed: __cpuid(0).eax >= 7 && __cpuid_count(7, 0).ebx & 1 << 18 != 0,
        rand: __cpuid(1).ecx & 1 << 30 != 0,
    }
}

fn tsc() -> u64 {
    // SAFETY: every x86-64 processor has the counter, and L4Re lets programs read it.
    unsafe { _rdtsc() }
}

/// One step of the hash (xoshiro256's, its state stirred by what is measured).
fn step(state: &mut [u64; 4], stir: u64) -> u64 {
    let [a, b, c, d] = *state;
    let result = (b.wrapping_mul(5)).rotate_left(7).wrapping_mul(9);
    let (c1, d1) = (c ^ a, d ^ b);
    *state = [a ^ d1, b ^ c1, c1 ^ b << 17, d1.rotate_left(45) ^ stir];
    result
}

fn jitter() -> [u64; 4] {
    let place = &raw const SOURCE as u64;
    let clock = crate::time::now().as_nanos() as u64;
    let mut state = [tsc(), clock, place ^ 0x9e37_79b9_7f4a_7c15, !tsc()];
    for _ in 0..MEASURES {
        let before = tsc();
        l4re::time::sleep(Duration::from_micros(1));
        let stir = tsc() ^ before.rotate_left(32) ^ crate::time::now().as_nanos() as u64;
        for _ in 0..8 {
            step(&mut state, stir);
        }
    }
    state
}

/// The processor's generator may have nothing for a moment.
const PATIENCE: usize = 1000;

macro_rules! hardware {
    ($name:ident, $instruction:literal) => {
        fn $name() -> Option<u64> {
            (0..PATIENCE).find_map(|_| {
                let (value, ok): (u64, u8);
                // SAFETY: `detect` has found that the processor has the instruction.
                unsafe {
                    core::arch::asm!(
                        concat!($instruction, " {}"), "setc {}",
                        out(reg) value, out(reg_byte) ok, options(nomem, nostack),
                    );
                }
                (ok != 0).then_some(value)
            })
        }
    };
}
hardware!(rdseed, "rdseed");
hardware!(rdrand, "rdrand");

fn word(source: &mut Source) -> u64 {
    let Hardware { seed, rand } = *source.hardware.get_or_insert_with(detect);
    let hardware = (seed.then(rdseed).flatten()).or_else(|| rand.then(rdrand).flatten());
    if let Some(word) = hardware {
        return word;
    }
    if (seed || rand) && !source.told {
        source.told = true;
        let mut line = Line::new();
        line.text("libc: the processor's random generator fails; random bytes are weak");
        line.print();
    }
    step(source.jitter.get_or_insert_with(jitter), tsc())
}

/// Fills a buffer with random bytes.
pub fn fill(buffer: &mut [u8]) {
    let mut source = SOURCE.lock();
    for chunk in buffer.chunks_mut(size_of::<u64>()) {
        let word = word(&mut source).to_le_bytes();
        for (to, from) in chunk.iter_mut().zip(word) {
            *to = from;
        }
    }
}

/// `getrandom`.
///
/// # Safety
/// `to` and `len` are of a buffer of the caller's.
pub unsafe fn get(to: u64, len: u64) -> Result {
    // SAFETY: `to` is the address of a buffer of so many bytes, which is the caller's own meanwhile
    // (contract of this function).
    let to = unsafe { user::buffer(to, len)? };
    fill(to);
    Ok(to.len() as i64)
}
