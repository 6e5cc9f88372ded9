//! The machine: amd64 PCs.

pub mod apic;
pub mod clock;
pub mod cpu;
pub mod entry;
pub mod ioapic;
pub mod paging;
mod ports;
pub mod serial;
mod trap;
pub mod window;

use core::arch::global_asm;
use x86_64::instructions::port::Port;

global_asm!(include_str!("boot.S"), options(att_syntax));

/// Where the kernel's image lies in physical memory. All are page-aligned.
pub struct Image {
    /// The first address.
    pub phys_start: u64,
    /// Where the text begins.
    pub text_phys_start: u64,
    /// Where the text ends and the constants begin.
    pub text_phys_end: u64,
    /// Where the constants end and the data begins.
    pub rodata_phys_end: u64,
    /// The first address behind.
    pub phys_end: u64,
    /// The page below the kernel's stack.
    pub stack_guard_phys: u64,
}

unsafe extern "C" {
    static _image_phys_start: u8;
    static _text_start: u8;
    static _text_end: u8;
    static _rodata_end: u8;
    static _image_end: u8;
    static _boot_stack_guard: u8;
    static _boot_stack_top: u8;
}

impl Image {
    /// The image as it was linked.
    pub fn own() -> Self {
        let phys = |symbol: *const u8| symbol as u64 - paging::KERNEL_OFFSET;
        Self {
            phys_start: &raw const _image_phys_start as u64,
            text_phys_start: phys(&raw const _text_start),
            text_phys_end: phys(&raw const _text_end),
            rodata_phys_end: phys(&raw const _rodata_end),
            phys_end: phys(&raw const _image_end),
            stack_guard_phys: phys(&raw const _boot_stack_guard),
        }
    }
}

/// The end of the kernel's stack.
pub fn stack_top() -> u64 {
    &raw const _boot_stack_top as u64
}

/// The line of the first serial port, which the kernel's log has.
pub const SERIAL_LINE: u8 = 4;

/// QEMU's `isa-debug-exit` device: ends the emulator with twice the value plus one.
const DEBUG_EXIT_PORT: u16 = 0xf4;
/// What is written there at the end of a run without kernel errors (QEMU ends with 33).
const DEBUG_EXIT_DONE: u32 = 0x10;
/// What is written there when the kernel stops by an error (QEMU ends with 35).
const DEBUG_EXIT_PANIC: u32 = 0x11;

fn debug_exit(code: u32) {
    // SAFETY: the port belongs to no device on a machine without this one.
    unsafe { Port::new(DEBUG_EXIT_PORT).write(code) };
}

/// Switches the machine off: by QEMU's exit device, else by the power control of QEMU's
/// chipsets; else it stands still.
pub fn power_off() -> ! {
    debug_exit(DEBUG_EXIT_DONE);
    // SAFETY: PM1a control of QEMU's PIIX4 and ICH9: sleep type 0 and sleep enable.
    unsafe {
        Port::<u16>::new(0x604).write(0x2000);
        Port::<u16>::new(0xb004).write(0x2000);
    }
    stand_still()
}

/// Stops after an error of the kernel.
pub fn stop_after_panic() -> ! {
    debug_exit(DEBUG_EXIT_PANIC);
    stand_still()
}

fn stand_still() -> ! {
    loop {
        x86_64::instructions::interrupts::disable();
        x86_64::instructions::hlt();
    }
}

/// Starts the machine anew.
pub fn reboot() -> ! {
    // SAFETY: the keyboard controller's reset line, and the reset register of PCI
    // chipsets.
    unsafe {
        Port::<u8>::new(0x64).write(0xfe);
        Port::<u8>::new(0xcf9).write(0x06);
    }
    stand_still()
}
