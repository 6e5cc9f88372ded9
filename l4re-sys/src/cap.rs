//! Capability selectors.

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// A capability selector: an index into the task's table of capabilities, shifted left by
/// [`SHIFT`], or into its table of reply capabilities, or no capability at all.
///
/// ```
/// use l4re_sys::CapIdx;
///
/// let log = CapIdx::LOG;
/// assert_eq!((log.0, log.index()), (0x5000, 5));
/// assert!(log.is_valid() && !CapIdx::INVALID.is_valid());
/// ```
#[doc(alias = "l4_cap_idx_t")]
#[repr(transparent)]
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, FromBytes, Immutable, IntoBytes,
)]
pub struct CapIdx(pub u64);

abi! {
    in "l4/sys/consts.h" {
        /// Bits below the index in a selector.
        SHIFT: u32 = 12 => "L4_CAP_SHIFT";
        /// The distance of neighbouring selectors.
        OFFSET: u64 = 0x1000 => "L4_CAP_OFFSET";
        /// The distance of neighbouring selectors, by another name.
        SIZE: u64 = OFFSET => "L4_CAP_SIZE";
        /// The bit that makes a selector invalid.
        INVALID_BIT: u64 = 0x800 => "L4_INVALID_CAP_BIT";
        /// The bit that makes a selector an index into the table of reply capabilities.
        REPLY_BIT: u64 = 0x400 => "L4_REPLY_CAP_BIT";
        /// The bits that a selector consists of; those below may carry flags.
        MASK: u64 = !0x3ff => "L4_CAP_MASK";
    }
    in "l4/sys/consts.h" for CapIdx {
        /// No capability. To the system call it means the calling thread itself.
        INVALID: CapIdx = CapIdx(!0x7ff) => "L4_INVALID_CAP";
        /// The implicit reply capability of the calling thread.
        INVALID_REPLY: CapIdx = CapIdx(!0x3ff) => "L4_INVALID_REPLY_CAP";
        /// A task's own task object.
        TASK: CapIdx = CapIdx(1 << SHIFT) => "L4_BASE_TASK_CAP";
        /// The kernel's factory (sigma0 and root task).
        FACTORY: CapIdx = CapIdx(2 << SHIFT) => "L4_BASE_FACTORY_CAP";
        /// The first thread (sigma0 and root task).
        THREAD: CapIdx = CapIdx(3 << SHIFT) => "L4_BASE_THREAD_CAP";
        /// The pager: sigma0 (root task).
        PAGER: CapIdx = CapIdx(4 << SHIFT) => "L4_BASE_PAGER_CAP";
        /// The kernel's log (sigma0 and root task).
        LOG: CapIdx = CapIdx(5 << SHIFT) => "L4_BASE_LOG_CAP";
        /// The interrupt controller, also the platform control (sigma0 and root task).
        ICU: CapIdx = CapIdx(6 << SHIFT) => "L4_BASE_ICU_CAP";
        /// The scheduler (sigma0 and root task).
        SCHEDULER: CapIdx = CapIdx(7 << SHIFT) => "L4_BASE_SCHEDULER_CAP";
        /// The I/O memory management units (sigma0 and root task).
        IOMMU: CapIdx = CapIdx(8 << SHIFT) => "L4_BASE_IOMMU_CAP";
        /// The kernel debugger (sigma0 and root task).
        DEBUGGER: CapIdx = CapIdx(10 << SHIFT) => "L4_BASE_DEBUGGER_CAP";
        /// ARM's secure monitor calls.
        ARM_SMCCC: CapIdx = CapIdx(11 << SHIFT) => "L4_BASE_ARM_SMCCC_CAP";
        /// The last of the fixed selectors.
        BASE_LAST: CapIdx = CapIdx(11 << SHIFT) => "L4_BASE_CAPS_LAST";
    }
}

impl CapIdx {
    /// The selector of the capability at `index`.
    pub const fn from_index(index: u64) -> Self {
        CapIdx(index << SHIFT)
    }

    /// The selector of the reply capability at `index`.
    pub const fn reply(index: u64) -> Self {
        CapIdx((index << SHIFT) | REPLY_BIT)
    }

    /// The index; of a reply selector, the index among the reply capabilities.
    pub const fn index(self) -> u64 {
        self.0 >> SHIFT
    }

    /// Whether the selector names a slot. Whether that slot holds a capability is another
    /// question, which the kernel answers ([`op::task::CAP_INFO`](crate::op::task::CAP_INFO)).
    #[doc(alias = "l4_is_valid_cap")]
    pub const fn is_valid(self) -> bool {
        self.0 & INVALID_BIT == 0
    }

    /// Whether the selector names a slot for reply capabilities.
    pub const fn is_reply(self) -> bool {
        self.0 & REPLY_BIT != 0
    }

    /// The selector of the slot behind this one.
    #[doc(alias = "l4_capability_next")]
    pub const fn next(self) -> Self {
        CapIdx(self.0.wrapping_add(OFFSET))
    }
}
