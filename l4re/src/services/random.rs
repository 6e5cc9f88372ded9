//! Random numbers.

use super::Icu;
use crate::error::Result;
use alloc::vec::Vec;
use l4re_sys::proto;
use l4re_sys::re::random;

/// A source of random numbers (`L4Re::Random`, `l4/re/random`). If it has an interrupt, that of
/// number 0 tells that there are more.
#[l4re::interface(unsafe, protocol = proto::NONE, name = "L4Re::Random")]
pub trait Random: Icu {
    /// Up to `size` random bytes, as many as there are without waiting: their number, and they.
    ///
    /// # Errors
    /// The error "input or output failed" if there will never be any.
    #[op = random::GET_RANDOM]
    #[label]
    #[len(u64)]
    fn get_random(&self, size: u64) -> Result<(i64, Vec<u8>)>;
}
