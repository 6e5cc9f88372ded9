//! The I/O APIC: the interrupt lines of devices.

use super::paging::DEVICE_BASE;
use crate::util::global::Global;

/// Where PCs have their first I/O APIC.
pub const IOAPIC: u64 = 0xfec0_0000;

/// Vector of line 0; the others follow.
pub const FIRST_VECTOR: u8 = 0x30;

const VERSION: u32 = 1;
const TABLE: u32 = 0x10;
const MASKED: u32 = 1 << 16;
const LEVEL: u32 = 1 << 15;
const LOW: u32 = 1 << 13;

/// The select and the data register: two accesses belong together.
static ACCESS: Global<()> = Global::new(());

fn read(index: u32) -> u32 {
    let _access = ACCESS.borrow();
    let base = (DEVICE_BASE + IOAPIC) as *mut u32;
    // SAFETY: `paging::init` maps the registers there, uncached.
    unsafe {
        base.write_volatile(index);
        base.add(4).read_volatile()
    }
}

fn write(index: u32, value: u32) {
    let _access = ACCESS.borrow();
    let base = (DEVICE_BASE + IOAPIC) as *mut u32;
    // SAFETY: `paging::init` maps the registers there, uncached; `ACCESS` keeps index and data
    // together.
    unsafe {
        base.write_volatile(index);
        base.add(4).write_volatile(value);
    }
}

/// How many lines there are.
pub fn lines() -> usize {
    (read(VERSION) >> 16 & 0xff) as usize + 1
}

/// How a line signals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trigger {
    /// By its level, not by an edge.
    pub level: bool,
    /// Low, or falling.
    pub low: bool,
}

fn low_word(line: usize) -> u32 {
    TABLE + 2 * line as u32
}

/// Leads a line to its vector on the first processor, masked.
pub fn set_up(line: usize, trigger: Trigger) {
    let mut word = (u32::from(FIRST_VECTOR) + line as u32) | MASKED;
    if trigger.level {
        word |= LEVEL;
    }
    if trigger.low {
        word |= LOW;
    }
    write(low_word(line) + 1, 0);
    write(low_word(line), word);
}

/// Keeps a line from interrupting, or lets it.
pub fn set_masked(line: usize, masked: bool) {
    let word = read(low_word(line));
    write(
        low_word(line),
        if masked {
            word | MASKED
        } else {
            word & !MASKED
        },
    );
}

/// Masks all lines.
pub fn init() {
    for line in 0..lines() {
        set_up(
            line,
            Trigger {
                level: false,
                low: false,
            },
        );
    }
}
