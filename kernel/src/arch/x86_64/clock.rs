//! Time: the time stamp counter, measured once against the old timer chip.

use super::{apic, cpu};
use core::cell::Cell;
use x86_64::instructions::port::Port;

/// Frequency of the 8254 in Hz.
const PIT_HZ: u64 = 1_193_182;
/// How long to measure: 1/50 s.
const MEASURE_TICKS: u64 = PIT_HZ / 50;

struct Clock {
    /// Microseconds a tick, as a binary fraction with 64 bits behind the point.
    us_per_tick: Cell<u64>,
    /// Nanoseconds a tick, with 32 bits behind the point.
    ns_per_tick: Cell<u64>,
    /// Timer ticks a microsecond, with 32 bits behind the point.
    timer_per_us: Cell<u64>,
    khz: Cell<u64>,
}

// SAFETY: one processor, interrupts off: no two accesses overlap (`util::global`).
unsafe impl Sync for Clock {}

static CLOCK: Clock = Clock {
    us_per_tick: Cell::new(0),
    ns_per_tick: Cell::new(0),
    timer_per_us: Cell::new(0),
    khz: Cell::new(0),
};

fn scale(value: u64, factor: u64) -> u64 {
    ((u128::from(value) * u128::from(factor)) >> 32) as u64
}

/// Measures the counter and the APIC's timer.
pub fn init() {
    let (mut control, mut mode, mut data) = (
        Port::<u8>::new(0x61),
        Port::<u8>::new(0x43),
        Port::<u8>::new(0x42),
    );
    // SAFETY: channel 2 of the 8254 and its gate: it counts down once, without sound.
    let (tsc, timer) = unsafe {
        let gate = control.read() & !3;
        control.write(gate);
        mode.write(0xb0);
        data.write(MEASURE_TICKS as u8);
        data.write((MEASURE_TICKS >> 8) as u8);
        apic::start_measuring();
        control.write(gate | 1);
        let from = cpu::tsc();
        while control.read() & 0x20 == 0 {}
        let result = (cpu::tsc() - from, u64::from(apic::measured()));
        control.write(gate);
        result
    };
    // Below 2 MHz the fractions would not fit; no processor is that slow.
    let tsc_hz = (tsc * PIT_HZ / MEASURE_TICKS).max(2_000_000);
    let timer_hz = timer * PIT_HZ / MEASURE_TICKS;
    let hz = u128::from(tsc_hz);
    CLOCK.us_per_tick.set(((1_000_000u128 << 64) / hz) as u64);
    CLOCK
        .ns_per_tick
        .set((((1_000_000_000u128 << 32) + hz / 2) / hz) as u64);
    CLOCK
        .timer_per_us
        .set(((timer_hz << 32) / 1_000_000).max(1));
    CLOCK.khz.set(tsc_hz / 1000);
}

/// The frequency of the time stamp counter in kHz.
pub fn khz() -> u64 {
    CLOCK.khz.get()
}

/// The factors by which user code turns ticks into micro- and nanoseconds.
pub fn factors() -> (u64, u64) {
    (CLOCK.us_per_tick.get(), CLOCK.ns_per_tick.get())
}

/// Ticks as microseconds.
pub fn to_us(ticks: u64) -> u64 {
    ((u128::from(ticks) * u128::from(CLOCK.us_per_tick.get())) >> 64) as u64
}

/// Microseconds since the machine started.
#[inline]
pub fn now_us() -> u64 {
    to_us(cpu::tsc())
}

/// Lets the timer interrupt at a point in time, or somewhat earlier if that is far.
pub fn interrupt_at(deadline: u64) {
    if deadline == u64::MAX {
        return;
    }
    let us = deadline.saturating_sub(now_us()).min(1_000_000) + 1;
    let ticks = scale(us, CLOCK.timer_per_us.get()) + 1;
    apic::interrupt_after(u32::try_from(ticks).unwrap_or(u32::MAX));
}
