//! Factories.

use crate::cap::OwnedCap;
use crate::error::Result;
use crate::interface::Varg;
use l4re_sys::proto;

/// A factory: makes an object for who asks (`L4::Factory`, `l4/sys/factory`), as a rule a
/// [session](crate::server::Registry::session).
#[l4re::interface(server, protocol = proto::FACTORY, opcode = none, name = "L4::Factory")]
pub trait Factory {
    /// Makes an object that speaks `protocol`.
    ///
    /// # Errors
    /// [`Error::NO_OPERATION`](crate::Error::NO_OPERATION) if the factory makes no such objects,
    /// [`Error::NO_MEMORY`](crate::Error::NO_MEMORY) if the client's share is used up.
    #[rights(S)]
    fn create(&self, protocol: i64, args: Varg<'_>) -> Result<OwnedCap<()>>;
}
