//! How long the kernel keeps interrupts off, for tests: in ticks of the time stamp counter, from the
//! begin of a stay in the kernel to its end. Built with the feature `stays`; else nothing of it is
//! there. What the assembler code before and behind it takes is not counted: some 60 instructions.

#[cfg(feature = "stays")]
mod kept {
    use crate::arch::cpu;
    use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

    static BEGIN: AtomicU64 = AtomicU64::new(0);
    static LONGEST: AtomicU64 = AtomicU64::new(0);

    /// Interrupts are off from now on.
    pub fn begin() {
        BEGIN.store(cpu::tsc(), Relaxed);
    }

    /// Interrupts will be on, or something goes on that tells its own end.
    pub fn end() {
        LONGEST.fetch_max(cpu::tsc() - BEGIN.load(Relaxed), Relaxed);
    }

    /// Tells the longest stay.
    pub fn report() {
        crate::log!("[kernel] longest stay: {} ticks\n", LONGEST.load(Relaxed));
    }
}

#[cfg(not(feature = "stays"))]
mod kept {
    #[inline(always)]
    pub fn begin() {}
    #[inline(always)]
    pub fn end() {}
    #[inline(always)]
    pub fn report() {}
}

pub use kept::{begin, end, report};
