//! A machine of nothing, for tests of the kernel's pure parts on the host.
//!
//! Page tables are a map, the clock stands still, and no thread ever runs.

/// Address spaces, as far as the mapping database needs them.
pub mod paging;

/// Time stands still.
pub mod clock {
    /// Microseconds.
    pub fn now_us() -> u64 {
        0
    }
    /// Ticks as microseconds.
    pub fn to_us(ticks: u64) -> u64 {
        ticks
    }
    /// No timer.
    pub fn interrupt_at(_deadline: u64) {}
}

/// How a thread would be resumed.
pub mod entry {
    use crate::obj::thread::Thread;
    /// See the amd64 one.
    #[repr(C)]
    pub struct Leave(Option<&'static Thread>);
    impl Leave {
        /// The caller goes on.
        pub fn at_once(_tag: u64) -> Self {
            Self(None)
        }
        /// Another one goes on.
        pub fn with(next: &'static Thread, _caller: &'static Thread) -> Self {
            Self(Some(next))
        }
    }
    /// There are no registers.
    pub fn save_caller(_caller: &Thread) {}
    /// See the amd64 one.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    #[repr(u8)]
    pub enum Exit {
        /// By `sysret`.
        Sysret = 0,
        /// By `iret`.
        Iret = 1,
        /// By an exception.
        Exception = 2,
        /// With other registers.
        Replaced = 3,
    }
}

/// A processor that never runs anything.
pub mod cpu {
    use crate::obj::thread::Thread;
    use std::cell::Cell;
    use std::thread_local;

    /// Selectors and flags have no meaning here.
    pub const USER_CS: u16 = 0x2b;
    /// See above.
    pub const USER_CS32: u16 = 0x1b;
    /// See above.
    pub const USER_DS: u16 = 0x23;
    /// See above.
    pub const FIRST_FREE_SEGMENT: u64 = 8;
    /// See above.
    pub const USER_FLAGS: u64 = 0;
    /// See above.
    pub const USER_FLAGS_SET: u64 = 0x202;

    thread_local! {
        static CURRENT: Cell<Option<&'static Thread>> = const { Cell::new(None) };
    }

    /// The thread last switched to.
    pub fn current() -> Option<&'static Thread> {
        CURRENT.get()
    }
    /// None.
    pub fn forget_current() {
        CURRENT.set(None);
    }
    /// Only noted.
    pub fn switch_to(next: &'static Thread) {
        CURRENT.set(Some(next));
    }
    /// No registers.
    pub fn copy_fpu(_from: &'static Thread, _to: &'static Thread) {}
    /// Nothing to load.
    pub fn io_changed(_bitmap: core::ptr::NonNull<u8>) {}
    /// Nothing to forget.
    pub fn io_gone(_bitmap: core::ptr::NonNull<u8>) {}
    /// Nothing to load.
    pub fn reload_bases(_thread: &Thread) {}
    /// Nobody runs.
    pub fn charge() {}
    /// Nobody runs.
    pub fn charge_nobody() {}
    /// A number.
    pub fn tsc() -> u64 {
        0x9e37_79b9_7f4a_7c15
    }
    /// None come.
    pub fn let_interrupts_in() {}
    /// Nothing can happen any more.
    pub fn wait_for_interrupt() {
        panic!("no thread is ready, and on the host none will be");
    }
}

/// No interrupt lines.
pub mod ioapic {
    /// See the amd64 one.
    pub const FIRST_VECTOR: u8 = 0x30;
    /// See the amd64 one.
    #[derive(Clone, Copy)]
    pub struct Trigger {
        /// Level.
        pub level: bool,
        /// Low.
        pub low: bool,
    }
    /// None.
    pub fn lines() -> usize {
        0
    }
    /// Nothing to do.
    pub fn set_up(_line: usize, _trigger: Trigger) {}
    /// Nothing to do.
    pub fn set_masked(_line: usize, _masked: bool) {}
}

/// No local APIC.
pub mod apic {
    /// Nowhere.
    pub const MSI_ADDRESS: u64 = 0;
    /// Nothing to end.
    pub fn end_of_interrupt() {}
}

/// See the amd64 one.
pub const SERIAL_LINE: u8 = 4;

/// The serial line: what the kernel prints in a test.
pub mod serial {
    /// Printed.
    pub fn put(byte: u8) {
        std::print!("{}", byte as char);
    }
    /// Nothing comes.
    pub fn get() -> Option<u8> {
        None
    }
}

/// Ends the test.
pub fn power_off() -> ! {
    panic!("power off");
}

/// Ends the test.
pub fn reboot() -> ! {
    panic!("reboot");
}

/// Writes to the log.
#[macro_export]
macro_rules! log {
    ($($arg:tt)*) => { std::print!($($arg)*) };
}
