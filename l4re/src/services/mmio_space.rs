//! Device registers by message.

use crate::error::Result;
use l4re_sys::proto;
use l4re_sys::re::mmio_space;

/// Device registers, read and written by message (`L4Re::Mmio_space`, `l4/re/mmio_space`). Widths
/// are logarithms: 0 for a byte, 3 for eight.
#[l4re::interface(unsafe, protocol = proto::MMIO_SPACE, name = "L4Re::Mmio_space")]
pub trait MmioSpace {
    /// Reads; what is beyond the width is 0.
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if there is no such register of this width,
    /// [`Error::NO_PERMISSION`](crate::Error::NO_PERMISSION).
    #[op = mmio_space::READ]
    fn mmio_read(&self, address: u64, width: u8) -> Result<u64>;

    /// Writes; what is beyond the width counts for nothing.
    ///
    /// # Errors
    /// As [`mmio_read`](Self::mmio_read).
    #[op = mmio_space::WRITE]
    fn mmio_write(&self, address: u64, width: u8, value: u64) -> Result<()>;
}
