//! The system call.

#[cfg(not(target_os = "l4re"))]
pub use crate::fake::{ipc, kip_clock_ns, kip_clock_us, utcb};
#[cfg(target_os = "l4re")]
pub use native::{ipc, kip_clock_ns, kip_clock_us, utcb};

#[cfg(target_os = "l4re")]
mod native {
    use crate::{CapIdx, KernelInfo, MsgTag, Sysf, Timeout, UtcbRef, kip};
    use core::arch::asm;

    /// The system call (`l4_ipc()`, `l4/sys/arch/ipc.h`): sends to and receives from `dest` as
    /// `flags` say, with the registers of the calling thread's UTCB. `label` is what the
    /// receiver sees when no gate stands between. Returns the tag and, of a receive phase, the
    /// sender's label.
    ///
    /// # Safety
    /// What the message makes the kernel do must be sound: a receive window in the buffer
    /// registers may replace memory and capabilities, a request may unmap them or start threads
    /// anywhere. No reference into the UTCB may live across the call.
    #[doc(alias = "l4_ipc")]
    #[inline(always)]
    pub unsafe fn ipc(
        dest: CapIdx,
        flags: Sysf,
        label: u64,
        tag: MsgTag,
        timeout: Timeout,
    ) -> (MsgTag, u64) {
        let tag_out;
        let label_out;
        // SAFETY: the registers are those of the interface; the kernel keeps all others.
        // What the message makes the kernel do is sound (contract of this function).
        unsafe {
            asm!(
                "syscall",
                inlateout("rax") tag.0 => tag_out,
                inlateout("rdx") dest.0 | flags.bits() => _,
                inlateout("rsi") label => label_out,
                in("r8") u64::from(timeout.0),
                lateout("rdi") _,
                lateout("rcx") _,
                lateout("r11") _,
                lateout("r15") _,
                options(nostack),
            );
        }
        (MsgTag(tag_out), label_out)
    }

    /// The UTCB of the calling thread (`l4_utcb_direct()`, `l4/sys/arch/utcb.h`).
    #[doc(alias = "l4_utcb")]
    #[doc(alias = "l4_utcb_direct")]
    #[inline(always)]
    pub fn utcb() -> UtcbRef {
        let ptr;
        // SAFETY: the kernel keeps the UTCB's address at gs:0, and it never changes for a
        // thread; the UTCB is mapped as long as the thread runs.
        unsafe {
            asm!(
                "mov {}, gs:[0]",
                out(reg) ptr,
                options(pure, nomem, nostack, preserves_flags),
            );
            UtcbRef::new(ptr)
        }
    }

    /// # Safety
    /// As [`kip_clock_us`]; `offset` is that of a function of the page.
    unsafe fn call_kip(kip: *const KernelInfo, offset: usize) -> u64 {
        // SAFETY: the page holds a function of this type there (`l4/sys/kip.h`).
        unsafe {
            let code = kip.cast::<u8>().add(offset);
            let read: extern "C" fn() -> u64 = core::mem::transmute(code);
            read()
        }
    }

    /// The time since the start of the system in microseconds, by the page's own code
    /// (`l4_kip_clock()`).
    ///
    /// # Safety
    /// `kip` is a kernel information page, mapped readable and executable.
    #[doc(alias = "l4_kip_clock")]
    pub unsafe fn kip_clock_us(kip: *const KernelInfo) -> u64 {
        // SAFETY: `kip` is the address of the kernel information page (contract of this function).
        unsafe { call_kip(kip, kip::OFFSET_READ_US) }
    }

    /// The time since the start of the system in nanoseconds, by the page's own code
    /// (`l4_kip_clock_ns()`).
    ///
    /// # Safety
    /// `kip` is a kernel information page, mapped readable and executable.
    #[doc(alias = "l4_kip_clock_ns")]
    pub unsafe fn kip_clock_ns(kip: *const KernelInfo) -> u64 {
        // SAFETY: `kip` is the address of the kernel information page (contract of this function).
        unsafe { call_kip(kip, kip::OFFSET_READ_NS) }
    }
}
