//! Name spaces.

use crate::cap::{Cap, OwnedCap};
use crate::error::Result;
use crate::interface::Rights;
use l4re_sys::proto;
use l4re_sys::re::namespace;

/// A name space (`L4Re::Namespace`, `l4/re/namespace`).
#[l4re::interface(server, protocol = proto::NAMESPACE, name = "L4Re::Namespace")]
pub trait Namespace {
    /// The object of a name, for a client with these rights to the name space: 0 and the object; or [`PARTLY_RESOLVED`](namespace::PARTLY_RESOLVED),
    /// the name space to go on with, 0, and the rest of the name.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`](crate::Error::NOT_FOUND); the error "not ready yet" of a name that
    /// is announced only.
    #[op = namespace::QUERY]
    #[label]
    #[len(u64)]
    #[allow(clippy::type_complexity)]
    fn query(
        &self,
        rights: Rights,
        #[len(u64)] name: &[u8],
    ) -> Result<(i64, OwnedCap<()>, Option<u32>, Option<alloc::vec::Vec<u8>>)>;

    /// Gives an object a name, or announces the name.
    ///
    /// # Errors
    /// The error "exists already" unless `flags` have
    /// [`REGISTER_OVERWRITE`](namespace::REGISTER_OVERWRITE).
    #[op = namespace::REGISTER_OBJ]
    #[rights(W)]
    fn register_obj(
        &self,
        flags: u32,
        #[len(u64)] name: &[u8],
        object: Option<Cap<()>>,
    ) -> Result<()>;

    /// Removes a name.
    ///
    /// # Errors
    /// [`Error::NOT_FOUND`](crate::Error::NOT_FOUND).
    #[op = namespace::UNLINK]
    #[rights(W)]
    fn unlink(&self, #[len(u64)] name: &[u8]) -> Result<()>;
}
