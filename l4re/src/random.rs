//! Random numbers.

use crate::cap::{Cap, Object};
use crate::error::Result;
use crate::icu::Icu;
use crate::services;
use alloc::vec::Vec;
use l4re_sys::proto;

/// A source of random numbers, of little bandwidth (`L4Re::Random`, `l4/re/random`).
///
/// It may have an interrupt, of number 0, that tells of more random bytes when there were fewer
/// than asked for: [`Cap::icu`].
#[derive(Debug)]
pub enum Random {}

impl Object for Random {
    // The label of requests; it is no other protocol's number.
    const PROTOCOL: i64 = proto::NONE;
}

impl Cap<Random> {
    /// Up to `size` random bytes: as many as there are now and fit into a message.
    ///
    /// ```
    /// use l4re::random::Random;
    /// use l4re::sys::{CapIdx, fake};
    /// use l4re::Cap;
    ///
    /// let random: Cap<Random> = Cap::new(CapIdx::from_index(9));
    /// let bytes = fake::with(
    ///     |call| call.reply(3, &[3, 0x33_22_11]),
    ///     || random.get(8),
    /// );
    /// assert_eq!(bytes.unwrap(), [0x11, 0x22, 0x33]);
    /// ```
    ///
    /// # Errors
    /// The error "input or output failed" if there will never be any; an IPC error.
    pub fn get(self, size: usize) -> Result<Vec<u8>> {
        let (_, mut bytes) =
            services::Random::get_random(&self.cast::<dyn services::Random>(), size as u64)?;
        bytes.truncate(size);
        Ok(bytes)
    }

    /// Its interrupts.
    pub fn icu(self) -> Cap<Icu> {
        self.cast()
    }
}
