//! Device registers by message.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::services;
use l4re_sys::proto;

/// Device registers that are not mapped, but read and written by message (`L4Re::Mmio_space`,
/// `l4/re/mmio_space`): the server says who may do what.
#[derive(Debug)]
pub enum MmioSpace {}

impl Object for MmioSpace {
    const PROTOCOL: i64 = proto::MMIO_SPACE;
}

mod sealed {
    pub trait Sealed {}
}

/// A value that a register can hold: `u8` to `u64`.
pub trait Register: Copy + sealed::Sealed {
    /// The logarithm of its size in bytes.
    #[doc(hidden)]
    const WIDTH: u8;
    #[doc(hidden)]
    fn from_word(word: u64) -> Self;
    #[doc(hidden)]
    fn to_word(self) -> u64;
}

macro_rules! register {
    ($($ty:ty),*) => { $(
        impl sealed::Sealed for $ty {}
        impl Register for $ty {
            const WIDTH: u8 = size_of::<$ty>().ilog2() as u8;
            #[inline(always)]
            fn from_word(word: u64) -> Self {
                word as $ty
            }
            #[inline(always)]
            fn to_word(self) -> u64 {
                self.into()
            }
        }
    )* };
}
register!(u8, u16, u32, u64);

impl Cap<MmioSpace> {
    /// Reads the register at `address`, a multiple of its size.
    ///
    /// ```
    /// use l4re::mmio_space::MmioSpace;
    /// use l4re::sys::{CapIdx, fake};
    /// use l4re::Cap;
    ///
    /// let device: Cap<MmioSpace> = Cap::new(CapIdx::from_index(9));
    /// let status: u16 = fake::with(
    ///     |call| {
    ///         // Operation 0, the address, and the logarithm of the width.
    ///         let words = call.words();
    ///         assert_eq!((words[0] as u32, words[1], words[2] as u8), (0, 0x14, 1));
    ///         call.reply(0, &[0xbeef])
    ///     },
    ///     || device.read(0x14),
    /// )?;
    /// assert_eq!(status, 0xbeef);
    /// # Ok::<(), l4re::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::INVALID`](crate::Error::INVALID) if there is no such register,
    /// [`Error::NO_PERMISSION`](crate::Error::NO_PERMISSION) if it may not be read; an IPC error.
    #[inline(always)]
    pub fn read<T: Register>(self, address: u64) -> Result<T> {
        let space: Cap<dyn services::MmioSpace> = self.cast();
        services::MmioSpace::mmio_read(&space, address, T::WIDTH).map(T::from_word)
    }

    /// Writes the register at `address`, a multiple of its size.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    #[inline(always)]
    pub fn write<T: Register>(self, address: u64, value: T) -> Result<()> {
        let space: Cap<dyn services::MmioSpace> = self.cast();
        services::MmioSpace::mmio_write(&space, address, T::WIDTH, value.to_word())
    }
}
