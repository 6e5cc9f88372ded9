//! Device registers by message ([`proto::MMIO_SPACE`](crate::proto::MMIO_SPACE)).

abi! {
    in "l4/re/mmio_space" {
        /// In: address (8, word), logarithm of the width in bytes (16, 1 byte). Out: value (0,
        /// word).
        READ: u32 = 0 => "L4Re::Mmio_space::mmio_read";
        /// In: address (8, word), logarithm of the width in bytes (16, 1 byte), value (24, word).
        WRITE: u32 = 1 => "L4Re::Mmio_space::mmio_write";
    }
}
