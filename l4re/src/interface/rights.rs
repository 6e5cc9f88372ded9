//! The sender's rights.

use super::arg::In;
use super::wire::{Decoder, Encoder};
use crate::error::{Error, Result};
use l4re_sys::ObjRights;

/// The sender's rights to the capability that a request has come by: an argument that is not sent, but
/// told to the server by the kernel. So a method's rights can depend on what is asked for, and the
/// object that it returns on the rights.
///
/// ```
/// use l4re::interface::Rights;
/// use l4re::sys::ObjRights;
/// use l4re::{Cap, Result};
///
/// #[l4re::interface(protocol = 0x44)]
/// trait Counter {
///     /// The number; and sets it.
///     fn value(&self, rights: Rights, set: Option<u64>) -> Result<u64>;
///     /// The same, where the attribute says what is required.
///     #[rights(W if set.is_some())]
///     fn same(&self, set: Option<u64>) -> Result<u64>;
/// }
///
/// struct Always(u64);
///
/// impl Counter for Always {
///     fn value(&self, rights: Rights, set: Option<u64>) -> Result<u64> {
///         if set.is_some() {
///             rights.require(ObjRights::W)?;
///         }
///         Ok(set.unwrap_or(self.0))
///     }
///     fn same(&self, set: Option<u64>) -> Result<u64> {
///         Ok(set.unwrap_or(self.0))
///     }
/// }
///
/// // A client has nothing to say about them.
/// fn ask(counter: Cap<dyn Counter>) -> Result<u64> {
///     counter.value(Rights::SENT, None)
/// }
/// ```
///
/// Kernels tell two of them: `W` and `S`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rights(pub(super) ObjRights);

impl Rights {
    /// What a client passes: the rights are those of its capability.
    pub const SENT: Rights = Rights(ObjRights::empty());
    /// All rights: what an object passes that asks another one in its own name.
    pub const ALL: Rights = Rights(ObjRights::W.union(ObjRights::S));

    /// Whether the sender has these rights.
    pub fn has(self, rights: ObjRights) -> bool {
        let told = rights & Self::ALL.0;
        self.0.contains(told)
    }

    /// Goes on only if the sender has these rights.
    ///
    /// # Errors
    /// [`Error::NO_PERMISSION`] if one is missing.
    pub fn require(self, rights: ObjRights) -> Result<()> {
        if self.has(rights) {
            Ok(())
        } else {
            Err(Error::NO_PERMISSION)
        }
    }
}

impl In<'_> for Rights {
    #[inline(always)]
    fn put(&self, _to: &mut Encoder) {}

    #[inline(always)]
    fn get(from: &mut Decoder<'_>) -> Result<Self> {
        Ok(Rights(from.rights()))
    }
}
