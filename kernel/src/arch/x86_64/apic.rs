//! The local APIC: its timer, and the end of interrupts.

use super::paging::DEVICE_BASE;
use x86_64::instructions::port::Port;

const LAPIC: u64 = 0xfee0_0000;

/// Pages of registers that the kernel maps.
pub const MMIO_PAGES: [u64; 2] = [LAPIC, super::ioapic::IOAPIC];

/// Where a device writes to interrupt the first processor.
pub const MSI_ADDRESS: u64 = LAPIC;

/// Vector of the timer.
pub const TIMER_VECTOR: u8 = 0xe0;
/// Vector of interrupts that were none.
pub const SPURIOUS_VECTOR: u8 = 0xff;

const EOI: u64 = 0xb0;
const SPURIOUS: u64 = 0xf0;
const LVT_TIMER: u64 = 0x320;
const TIMER_INITIAL: u64 = 0x380;
const TIMER_CURRENT: u64 = 0x390;
const TIMER_DIVIDE: u64 = 0x3e0;

const ENABLE: u32 = 1 << 8;
const MASKED: u32 = 1 << 16;
const DIVIDE_BY_16: u32 = 3;

fn register(offset: u64) -> *mut u32 {
    (DEVICE_BASE + LAPIC + offset) as *mut u32
}

fn write(offset: u64, value: u32) {
    // SAFETY: `paging::init` maps the registers there, uncached; the offsets are those
    // of the manual.
    unsafe { register(offset).write_volatile(value) };
}

fn read(offset: u64) -> u32 {
    // SAFETY: `paging::init` maps the registers there, uncached; the offsets are those of the
    // manual.
    unsafe { register(offset).read_volatile() }
}

/// Turns the old interrupt controllers off and the local APIC on.
pub fn init() {
    // SAFETY: the data ports of the two 8259s: all lines masked.
    unsafe {
        Port::<u8>::new(0x21).write(0xff);
        Port::<u8>::new(0xa1).write(0xff);
    }
    write(SPURIOUS, ENABLE | u32::from(SPURIOUS_VECTOR));
    write(TIMER_DIVIDE, DIVIDE_BY_16);
    write(LVT_TIMER, MASKED | u32::from(TIMER_VECTOR));
}

/// Tells the APIC that an interrupt was taken.
pub fn end_of_interrupt() {
    write(EOI, 0);
}

/// Lets the timer count down from its largest value, to be measured.
pub fn start_measuring() {
    write(TIMER_INITIAL, u32::MAX);
}

/// How far it has counted since.
pub fn measured() -> u32 {
    u32::MAX - read(TIMER_CURRENT)
}

/// Lets the timer interrupt once after so many of its ticks.
pub fn interrupt_after(ticks: u32) {
    write(LVT_TIMER, u32::from(TIMER_VECTOR));
    write(TIMER_INITIAL, ticks.max(1));
}
