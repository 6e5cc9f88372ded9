//! A machine of nothing, for tests of the kernel's pure parts on the host.
//!
//! Page tables are a map, the clock goes on when a test says so or all threads wait, and
//! the current thread does what a test makes it do.

/// Address spaces, as far as the mapping database needs them.
pub mod paging;
/// Where kernel objects are seen.
pub mod window;

/// Time goes on when it is told to.
pub mod clock {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    static NOW: AtomicU64 = AtomicU64::new(1);
    static ALARM: AtomicU64 = AtomicU64::new(u64::MAX);

    /// Microseconds.
    pub fn now_us() -> u64 {
        NOW.load(Relaxed)
    }
    /// Lets so many microseconds pass. True if the timer interrupts then.
    pub fn pass(us: u64) -> bool {
        let now = NOW.fetch_add(us, Relaxed) + us;
        let due = ALARM.load(Relaxed) <= now;
        if due {
            ALARM.store(u64::MAX, Relaxed);
        }
        due
    }
    /// Lets time pass until the timer interrupts. False if it never will.
    pub fn pass_to_alarm() -> bool {
        let alarm = ALARM.swap(u64::MAX, Relaxed);
        if alarm != u64::MAX {
            NOW.fetch_max(alarm, Relaxed);
        }
        alarm != u64::MAX
    }
    /// Ticks as microseconds.
    pub fn to_us(ticks: u64) -> u64 {
        ticks
    }
    /// The timer is to interrupt at this time.
    pub fn interrupt_at(deadline: u64) {
        ALARM.store(deadline, Relaxed);
    }
}

/// How a thread would be resumed.
pub mod entry {
    use crate::obj::thread::Thread;
    /// See the amd64 one.
    #[repr(C)]
    pub enum Leave {
        /// The caller, with this tag.
        AtOnce(u64),
        /// This one.
        With(&'static Thread),
    }
    impl Leave {
        /// Who goes on, if it is not the caller at once.
        pub fn next(&self) -> Option<&'static Thread> {
            match self {
                Self::AtOnce(_) => None,
                Self::With(next) => Some(next),
            }
        }
        /// The tag that the caller goes on with, if it does at once.
        pub fn at_once_tag(&self) -> Option<u64> {
            match self {
                Self::AtOnce(tag) => Some(*tag),
                Self::With(_) => None,
            }
        }
        /// The caller goes on.
        pub fn at_once(tag: u64) -> Self {
            Self::AtOnce(tag)
        }
        /// Another one goes on.
        pub fn with(next: &'static Thread, _caller: &'static Thread) -> Self {
            Self::With(next)
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
        /// By going on in the kernel.
        Continue = 4,
    }
}

/// A processor that never runs anything.
pub mod cpu {
    use crate::obj::thread::Thread;
    use crate::util::global::Global;

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

    static CURRENT: Global<Option<&'static Thread>> = Global::new(None);

    /// The thread last switched to.
    pub fn current() -> Option<&'static Thread> {
        *CURRENT.borrow()
    }
    /// None.
    pub fn forget_current() {
        *CURRENT.borrow() = None;
    }
    /// Only noted.
    pub fn switch_to(next: &'static Thread) {
        *CURRENT.borrow() = Some(next);
    }
    /// No registers.
    pub fn copy_fpu(_from: &'static Thread, _to: &'static Thread) {}
    /// Nothing to load.
    pub fn io_changed(_bitmap: core::ptr::NonNull<u8>, _bytes: core::ops::Range<usize>) {}
    /// Nothing to load.
    pub fn reload_io(_thread: &Thread) {}
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
    /// Waits for the timer: nothing else interrupts.
    pub fn wait_for_interrupt() {
        assert!(
            super::clock::pass_to_alarm(),
            "no thread is ready, and on the host none will be"
        );
        crate::sched::timer_interrupt();
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
