//! Arguments of a factory's `create`, each behind a word that tells its type and size.

abi! {
    in "l4/sys/types.h" {
        /// No argument.
        NIL: u8 = 0 => "L4_VARG_TYPE_NIL";
        /// A word without sign.
        UMWORD: u8 = 1 => "L4_VARG_TYPE_UMWORD";
        /// A word with sign.
        MWORD: u8 = 0x81 => "L4_VARG_TYPE_MWORD";
        /// A string.
        STRING: u8 = 2 => "L4_VARG_TYPE_STRING";
        /// A flexpage.
        FPAGE: u8 = 3 => "L4_VARG_TYPE_FPAGE";
        /// The bit of types with sign.
        SIGN: u8 = 0x80 => "L4_VARG_TYPE_SIGN";
    }
}

/// The word in front of an argument (`l4_factory_create_add_uint()` and its kind): the type in
/// the lower 8 bits, the size in bytes from bit 16 on.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VargTag(pub u64);

impl VargTag {
    const SIZE_SHIFT: u32 = 16;

    /// A tag.
    pub const fn new(kind: u8, size: usize) -> Self {
        VargTag(kind as u64 | ((size as u64) << Self::SIZE_SHIFT))
    }

    /// The type.
    pub const fn kind(self) -> u8 {
        self.0 as u8
    }

    /// The size of the argument in bytes; it takes whole words.
    pub const fn size(self) -> usize {
        (self.0 >> Self::SIZE_SHIFT) as usize
    }
}
