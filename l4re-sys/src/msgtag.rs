//! The message tag.

abi_flags! {
    /// Flags of a message tag.
    #[doc(alias = "L4_msgtag_flags")]
    pub struct TagFlags: u16 in "l4/sys/types.h" {
        /// Set by the kernel: the operation failed and the error is in the UTCB.
        ERROR = 0x8000 => "L4_MSGTAG_ERROR";
        /// Pass the reply on to the receiver (not implemented by any kernel).
        PROPAGATE = 0x4000 => "L4_MSGTAG_PROPAGATE";
        /// Do not donate the time slice to the receiver: schedule.
        SCHEDULE = 0x2000 => "L4_MSGTAG_SCHEDULE";
        /// Transfer the state of the floating-point unit if the receiver wants it.
        TRANSFER_FPU = 0x1000 => "L4_MSGTAG_TRANSFER_FPU";
        /// All flags.
        MASK = 0xf000 => "L4_MSGTAG_FLAGS";
    }
}

/// What a message consists of: label (a protocol in a request, a result in a reply), the number
/// of untyped words, the number of typed items behind them, and flags.
///
/// ```
/// use l4re_sys::{MsgTag, TagFlags, proto};
///
/// let tag = MsgTag::new(proto::TASK, 3, 1, TagFlags::empty());
/// assert_eq!((tag.label(), tag.words(), tag.items()), (-11, 3, 1));
/// assert!(!tag.has_error());
/// ```
#[doc(alias = "l4_msgtag_t")]
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MsgTag(pub u64);

impl MsgTag {
    /// The bits of the number of words, and, shifted, of items.
    pub const WORDS_MASK: u64 = 0x3f;
    /// The lowest bit of the number of items.
    pub const ITEMS_SHIFT: u32 = 6;
    /// The lowest bit of the label.
    pub const LABEL_SHIFT: u32 = 16;

    /// A tag. `words` and `items` are cut to six bits, as the C function does; a label keeps its
    /// lower 48 bits.
    #[doc(alias = "l4_msgtag")]
    pub const fn new(label: i64, words: usize, items: usize, flags: TagFlags) -> Self {
        MsgTag(
            ((label as u64) << Self::LABEL_SHIFT)
                | (words as u64 & Self::WORDS_MASK)
                | ((items as u64 & Self::WORDS_MASK) << Self::ITEMS_SHIFT)
                | (flags.bits() & TagFlags::MASK.bits()) as u64,
        )
    }

    /// The protocol of a request, or the result of a reply.
    #[doc(alias = "l4_msgtag_label")]
    pub const fn label(self) -> i64 {
        (self.0 as i64) >> Self::LABEL_SHIFT
    }

    /// The number of untyped words, 0 to 63.
    #[doc(alias = "l4_msgtag_words")]
    pub const fn words(self) -> usize {
        (self.0 & Self::WORDS_MASK) as usize
    }

    /// The number of typed items (of two words each) behind the untyped words, 0 to 63.
    #[doc(alias = "l4_msgtag_items")]
    pub const fn items(self) -> usize {
        ((self.0 >> Self::ITEMS_SHIFT) & Self::WORDS_MASK) as usize
    }

    /// The flags.
    #[doc(alias = "l4_msgtag_flags")]
    pub const fn flags(self) -> TagFlags {
        TagFlags::from_bits_retain(self.0 as u16 & TagFlags::MASK.bits())
    }

    /// Whether the operation failed; the reason is [`UtcbRef::error`](crate::UtcbRef::error).
    #[doc(alias = "l4_msgtag_has_error")]
    pub const fn has_error(self) -> bool {
        // One instruction: each system call pays for it.
        self.0 & TagFlags::ERROR.bits() as u64 != 0
    }
}

impl core::fmt::Debug for MsgTag {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MsgTag")
            .field("label", &self.label())
            .field("words", &self.words())
            .field("items", &self.items())
            .field("flags", &self.flags())
            .finish()
    }
}
